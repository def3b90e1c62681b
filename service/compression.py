"""Gzip for answers that it makes smaller; pictures are small already."""

from flask import Flask, Response
from flask_compress import Compress

# Measured on the sample: 24 items are 15.4 kB, and 2.8 kB at level 4 in 0.06 ms; level 6 saves 3 % more and
# takes a quarter longer, for 100 items 4 % and 60 %. Below a kilobyte one packet is sent either way.
_LEVEL = 4
_MIN_BYTES = 1000
_TYPES = {
    "application/json", "application/problem+json", "text/css", "text/html", "text/javascript", "text/plain",
}  # fmt: skip


def install(app: Flask) -> None:
    app.config["COMPRESS_REGISTER"] = False
    app.config["COMPRESS_MIMETYPES"] = sorted(_TYPES)
    app.config["COMPRESS_ALGORITHM"] = ["gzip"]
    app.config["COMPRESS_STREAMS"] = False
    app.config["COMPRESS_LEVEL"] = _LEVEL
    app.config["COMPRESS_MIN_SIZE"] = _MIN_BYTES
    compress = Compress(app)

    def shrink(response: Response) -> Response:
        # Only here, since it would say Vary of a picture too.
        return compress.after_request(response) if response.mimetype in _TYPES else response

    app.after_request(shrink)
