"""GET /v1/thumbnails/{sha256}: small copies of ingested pictures, which ingest has written."""

from flask import Blueprint, Response, current_app, send_file
from werkzeug.exceptions import NotFound

from catalog.thumbnails import MIME_TYPE, thumbnail_path
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
    if not path.is_file():
        raise ThumbnailNotFound("No picture with this SHA-256 has a thumbnail.")
    response = send_file(path, mimetype=MIME_TYPE, max_age=_YEAR_S)
    # The address names the content, so what it answers can never change.
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response
