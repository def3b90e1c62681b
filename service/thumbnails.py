"""GET /v1/thumbnails/{sha256}: small copies of ingested pictures, which ingest has written."""

from flask import Blueprint, Response, current_app
from werkzeug.exceptions import NotFound

from catalog.thumbnails import MIME_TYPE, thumbnail_path
from service.caching import conditional_bytes
from service.errors import ThumbnailNotFound
from service.operations import Media, operation

blueprint = Blueprint("thumbnails", __name__)

_YEAR_S = 365 * 24 * 3600


@blueprint.get("/v1/thumbnails/<sha256:sha256>")
@operation(
    None,
    Media(MIME_TYPE, "The picture.", binary=True),
    limited=False,
    conditional=True,
    raises=(ThumbnailNotFound, NotFound),  # NotFound: of an address that holds no SHA-256
)
def thumbnail(sha256: str) -> Response:
    """A small copy of an ingested picture. Its address names its content, so it never changes."""
    path = thumbnail_path(current_app.config["THUMBNAIL_DIR"], sha256)
    try:
        response = conditional_bytes(path.read_bytes(), MIME_TYPE)
    except FileNotFoundError as error:
        raise ThumbnailNotFound("No picture with this SHA-256 has a thumbnail.") from error
    # The address names the content, so what it answers can never change.
    response.cache_control.max_age = _YEAR_S
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response
