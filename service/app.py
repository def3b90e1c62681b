"""The application factory: builds the parts that it is not given and joins them to the routes."""

import logging

from flask import Flask
from PIL import Image
from werkzeug.middleware.proxy_fix import ProxyFix

from catalog.collection import connect
from catalog.confidence import cutoffs_for
from catalog.encoder import Encoder, open_encoder
from catalog.images import ImageLimits
from catalog.index import ItemIndex
from catalog.log import set_up_logging
from catalog.settings import Settings, read_settings
from catalog.writes.queue import WriteQueue
from service import (
    access,
    body,
    caching,
    catalogue,
    compression,
    cross_origin,
    docs,
    health,
    ingests,
    items,
    limits,
    metrics,
    pages,
    problems,
    pushing,
    request_log,
    search,
    thumbnails,
    time_limit,
    writes,
)
from service.converters import ItemIdConverter, Sha256Converter
from service.searcher import Searcher, install

# What a body may hold beside one picture in base64: the other fields, and multipart's own lines.
_BODY_SLACK_BYTES = 64 * 1024


def create_app(
    settings: Settings | None = None, encoder: Encoder | None = None, index: ItemIndex | None = None
) -> Flask:
    """Build the service. It starts without the store, but not without the model.

    Raises SettingInvalid, or EncoderUnavailable when the model cannot be loaded.
    """
    settings = settings or read_settings()
    if not logging.getLogger().handlers:  # gunicorn sets up its own loggers only
        set_up_logging(settings.log_level, settings.log_format)
    encoder = encoder or _loaded_encoder(settings)
    index = index or ItemIndex(connect(settings), settings.qdrant_url, settings.index_alias, encoder)

    # Files come by the routes of pages and docs, which say who may have them as every route does.
    app = Flask(__name__, static_folder=None)
    _configure(app, settings)
    image_limits = ImageLimits(settings.max_image_bytes, settings.max_image_pixels)
    cutoffs = cutoffs_for(encoder.name, settings.confidence_cutoffs)
    install(app, Searcher(encoder, index, image_limits, cutoffs))
    queue = WriteQueue(settings)  # opened by the first call that needs it
    pushing.install(app, queue)
    _install_concerns(app, settings, encoder, queue)
    for room in (search, catalogue, items, writes, ingests, thumbnails, health, metrics, docs):
        app.register_blueprint(room.blueprint)
    if settings.search_page == "on" or (settings.search_page == "auto" and not settings.api_keys):
        app.register_blueprint(pages.blueprint)
    return app


def _install_concerns(app: Flask, settings: Settings, encoder: Encoder, queue: WriteQueue) -> None:
    """What goes for every request. Before a view they run in this order, after it in the opposite one."""
    request_log.install(app)
    time_limit.install(app, settings)
    metrics.install(app, encoder, queue)
    compression.install(app)
    caching.install(app, settings)
    cross_origin.install(app, settings)
    body.install(app)
    limits.install(app, settings)
    access.install(app, settings)
    problems.install(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]


def _loaded_encoder(settings: Settings) -> Encoder:
    encoder = open_encoder(settings)
    # Else the first customers would wait for the weights, and for what each half does but once.
    encoder.encode_texts(["dress"])
    encoder.encode_images([Image.new("RGB", (8, 8))])
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
