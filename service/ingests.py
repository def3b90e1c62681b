"""GET /v1/ingests/{id}: what became of a write."""

from flask import Blueprint, Response

from catalog.errors import IngestNotFound, QueueUnavailable
from service.caching import conditional
from service.operations import operation
from service.pushing import current_queue, ingest_answer
from service.write_answers import IngestAnswer

blueprint = Blueprint("ingests", __name__)


@blueprint.get("/v1/ingests/<ingest_id>")
@operation("write", IngestAnswer, conditional=True, raises=(IngestNotFound, QueueUnavailable))
def ingest(ingest_id: str) -> Response:
    """The state of one write request, and the outcome of each of its operations."""
    return conditional(ingest_answer(current_queue().ingest(ingest_id)))
