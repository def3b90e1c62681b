"""The application factory: builds the parts that it is not given and joins them to the routes."""

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from catalog.collection import connect
from catalog.confidence import cutoffs_for
from catalog.encoder import Encoder, warm
from catalog.errors import IndexRefused, IndexUnavailable, ModelMismatch, StoreUnsupported
from catalog.images import ImageLimits
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders, warn_of_another_model
from catalog.log import set_up_logging
from catalog.settings import Settings, read_settings
from catalog.versions import Versions
from catalog.writes.queue import WriteQueue
from service import (
    access,
    admin,
    body,
    caching,
    catalogue,
    compression,
    cross_origin,
    docs,
    headers,
    health,
    ingests,
    items,
    limits,
    metrics,
    overload,
    pages,
    problems,
    pushing,
    request_log,
    search,
    static_files,
    thumbnails,
    time_limit,
    writes,
)
from service.converters import ItemIdConverter, Sha256Converter
from service.following import Follower
from service.searcher import Searcher, install

# What a body may hold beside one picture in base64: the other fields, and multipart's own lines.
_BODY_SLACK_BYTES = 64 * 1024

_log = logging.getLogger(__name__)


class _Service(Flask):
    """Flask asks of each function at each request whether it is a coroutine; none of ours is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(
    settings: Settings | None = None, encoder: Encoder | None = None, index: ItemIndex | None = None
) -> Flask:
    """Build the service. It starts without the store, but not without the model.

    Raises SettingInvalid, EncoderUnavailable when the model cannot be loaded, and StoreUnsupported when the
    store is there and of a version that cannot work.
    """
    settings = settings or read_settings()
    if not logging.getLogger().handlers:  # gunicorn sets up its own loggers only
        set_up_logging(settings.log_level, settings.log_format)
    encoders = KnownEncoders(settings, encoder)
    if encoder is None or index is None:
        encoder, index = _connected(settings, encoders, encoder)

    # Files come by the routes of static_files and docs, which say who may have them as every route does.
    app = _Service(__name__, static_folder=None)
    _configure(app, settings)
    image_limits = ImageLimits(settings.max_image_bytes, settings.max_image_pixels)

    def open_searcher(encoder: Encoder, index: ItemIndex, cutoffs: str) -> Searcher:
        return Searcher(encoder, index, image_limits, cutoffs_for(encoder.name, cutoffs))

    follower = Follower(encoder, index, encoders, open_searcher)
    install(app, follower.current, follower.last)
    queue = WriteQueue(settings)  # opened by the first call that needs it
    pushing.install(app, queue)
    _install_concerns(app, settings, queue)
    for room in (search, catalogue, items, writes, ingests, thumbnails, health, metrics, docs, static_files):
        app.register_blueprint(room.blueprint)
    admin.install(app, settings)
    if settings.search_page == "on" or (settings.search_page == "auto" and not settings.api_keys):
        app.register_blueprint(pages.blueprint)
    return app


def _install_concerns(app: Flask, settings: Settings, queue: WriteQueue) -> None:
    """What goes for every request. Before a view they run in this order, after it in the opposite one."""
    headers.install(app)
    request_log.install(app)
    time_limit.install(app, settings)
    metrics.install(app, queue)
    compression.install(app)
    caching.install(app, settings)
    cross_origin.install(app, settings)
    body.install(app)
    limits.install(app, settings)
    access.install(app, settings)
    overload.install(app, settings)  # last: only what may be answered takes a turn
    problems.install(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]


def _connected(
    settings: Settings, encoders: KnownEncoders, encoder: Encoder | None
) -> tuple[Encoder, ItemIndex]:
    client = connect(settings)
    if encoder is None:
        versions = Versions(client, settings.qdrant_url, settings.index_alias)
        encoder = _first_encoder(settings, encoders, versions)
        warm(encoder)
    return encoder, ItemIndex(client, settings.qdrant_url, settings.index_alias, encoder)


def _first_encoder(settings: Settings, encoders: KnownEncoders, versions: Versions) -> Encoder:
    """The model of the live collection; that of CLIP_MODEL where none is live or its model is not here."""
    try:
        live = versions.live()
        if live is None or encoders.is_own(live):
            return encoders.own()
        encoder = encoders.of(live)
    except StoreUnsupported:
        raise
    except (IndexUnavailable, IndexRefused) as error:  # the service starts without the store
        _log.warning("starting with the model of CLIP_MODEL: %s", error)
        return encoders.own()
    except ModelMismatch as error:
        _log.error("%s", error)
        return encoders.own()
    warn_of_another_model(settings, live)
    encoders.keep_only(encoder)
    return encoder


def _configure(app: Flask, settings: Settings) -> None:
    body_bytes = settings.max_image_bytes * 4 // 3 + _BODY_SLACK_BYTES
    app.config["MAX_CONTENT_LENGTH"] = body_bytes
    # The field `request` of an upload may hold a picture in base64, as a JSON body may.
    app.config["MAX_FORM_MEMORY_SIZE"] = body_bytes
    app.config["THUMBNAIL_DIR"] = settings.thumbnail_dir.resolve()
    # An item's id may hold `//`.
    app.url_map.merge_slashes = False
    app.url_map.converters["item_id"] = ItemIdConverter
    app.url_map.converters["sha256"] = Sha256Converter
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
