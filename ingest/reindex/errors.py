"""What ends a reindex before the switch; the live collection is as it was."""

from catalog.errors import CatalogError


class ReindexRefused(CatalogError):
    """It is not begun, or not carried through."""

    code = "reindex_refused"


class PictureLost(CatalogError):
    """No picture with the bytes that the index knows can be had, nor its thumbnail."""

    code = "picture_lost"
