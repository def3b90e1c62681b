"""GET /v1/thumbnails/{sha256}: small pictures of ingested local files, which ingest has written."""

from flask import Blueprint, Response, current_app, send_file

from catalog.thumbnails import MIME_TYPE, thumbnail_path
from service.errors import ThumbnailNotFound

blueprint = Blueprint("thumbnails", __name__)

_YEAR_S = 365 * 24 * 3600


@blueprint.get("/v1/thumbnails/<sha256:sha256>")
def thumbnail(sha256: str) -> Response:
    path = thumbnail_path(current_app.config["THUMBNAIL_DIR"], sha256)
    if not path.is_file():
        raise ThumbnailNotFound("No picture with this SHA-256 has a thumbnail.")
    response = send_file(path, mimetype=MIME_TYPE, max_age=_YEAR_S)
    # The address names the content, so what it answers can never change.
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response
