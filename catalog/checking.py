"""What must be right before any program serves: the model of CLIP_MODEL, and the store's version."""

import logging

from catalog.collection import connect
from catalog.encoder import open_encoder
from catalog.errors import CatalogError, StoreUnsupported
from catalog.settings import Settings
from catalog.versions import Versions


def check(settings: Settings) -> None:
    """Find the model, and export it unless that is done; then look at the store's version.

    Raises CatalogError if one of them cannot be used. A store that is away is none of these: it may come
    later.
    """
    open_encoder(settings)
    client = connect(settings)
    try:
        Versions(client, settings.qdrant_url, settings.index_alias).roles()
    except StoreUnsupported:
        raise
    except CatalogError as error:
        logging.getLogger(__name__).warning("the store was not looked at: %s", error)
    finally:
        client.close()
