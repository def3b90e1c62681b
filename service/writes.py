"""PUT, PATCH and DELETE of items, one or many: queued here, done by `python -m ingest work`."""

import time
from typing import Any

from flask import Blueprint, Response, request

from catalog.writes.ingests import Asked, Outcome
from catalog.writes.operations import Delete, ItemChanges, Patch, PushedItem, Put, operation_adapter
from catalog.writes.queue import Request
from service.answers import FieldError
from service.body import read_any_json
from service.errors import FieldsInvalid
from service.operations import WRITING, operation
from service.pushing import push
from service.validation import validated, validating
from service.write_answers import IngestAnswer
from service.write_bodies import (
    DeleteParameters,
    ItemPath,
    LooseBatch,
    PatchBody,
    PutBody,
    WriteBatch,
    WriteParameters,
)

blueprint = Blueprint("writes", __name__)

# Far above any product; the texts of one come to 60 kB at most, less its attributes.
_MAX_BYTES = 1_000_000
_MAX_BATCH_BYTES = 16_000_000


@blueprint.put("/v1/items/<item_id:item_id>")
@operation("write", IngestAnswer, parameters=WriteParameters, body=PutBody, queued=True, raises=WRITING)
def put(item_id: str) -> Response:
    """Create an item, or replace all of it.

    Only pictures that are new or changed are embedded; equal fields cost nothing.
    """
    sent = read_any_json(_MAX_BYTES)
    fields = validated(PutBody, sent).model_dump(exclude_unset=True)
    version = fields.pop("version", None)
    item = PushedItem.model_validate({**fields, "id": _id_of(item_id)})
    return _push_one(Put(op="put", item=item, version=version), sent)


@blueprint.patch("/v1/items/<item_id:item_id>")
@operation("write", IngestAnswer, parameters=WriteParameters, body=PatchBody, queued=True, raises=WRITING)
def patch(item_id: str) -> Response:
    """Change some fields of an item, such as its price; its pictures are not looked at.

    null clears a field. Attributes are merged by their names, and null removes one.
    """
    sent = read_any_json(_MAX_BYTES)
    fields = validated(PatchBody, sent).model_dump(exclude_unset=True)
    version = fields.pop("version", None)
    changes = ItemChanges.model_validate(fields)
    return _push_one(Patch(op="patch", id=_id_of(item_id), fields=changes, version=version), sent)


@blueprint.delete("/v1/items/<item_id:item_id>")
@operation("write", IngestAnswer, parameters=DeleteParameters, queued=True, raises=WRITING)
def delete(item_id: str) -> Response:
    """Delete an item; one that is not there is left so."""
    parameters = DeleteParameters.from_address(request.args)
    operation_ = Delete(op="delete", id=_id_of(item_id), version=parameters.version)
    return push(Request({0: operation_}, {}), parameters.version, parameters.wait)


@blueprint.post("/v1/items/batch")
@operation("write", IngestAnswer, parameters=WriteParameters, body=WriteBatch, queued=True, raises=WRITING)
def batch() -> Response:
    """Up to 256 operations in one call.

    Each is judged by itself: a bad one is an outcome `failed` of the answer, and the others go in. Those of
    one item are done in their order.
    """
    parameters = WriteParameters.from_address(request.args)
    sent = read_any_json(_MAX_BATCH_BYTES)
    asked = _judged(validated(LooseBatch, sent).operations)
    return push(asked, sent, parameters.wait)


def _push_one(operation_: Put | Patch, sent: Any) -> Response:
    return push(Request({0: operation_}, {}), sent, WriteParameters.from_address(request.args).wait)


def _id_of(item_id: str) -> str:
    """Raises FieldsInvalid."""
    return validated(ItemPath, {"item_id": item_id}).item_id


def _judged(sent: list[Any]) -> Request:
    """Raises FieldsInvalid if none of the operations is good."""
    good: dict[int, Put | Patch | Delete] = {}
    bad: dict[int, list[FieldError]] = {}
    for index, one in enumerate(sent):
        try:
            with validating():
                good[index] = operation_adapter.validate_python(one)
        except FieldsInvalid as error:
            bad[index] = [_without_op(fault, one) for fault in error.errors]
    if not good:
        raise FieldsInvalid([fault.below(f"operations.{n}") for n, faults in bad.items() for fault in faults])
    refused = {index: (_named(index, sent[index]), _refusal(faults)) for index, faults in bad.items()}
    return Request(good, refused)


def _without_op(fault: FieldError, sent: Any) -> FieldError:
    """pydantic begins the path of a field with the operation that was tried."""
    op = sent.get("op") if isinstance(sent, dict) else None
    return FieldError(field=fault.field.removeprefix(f"{op}."), message=fault.message)


def _named(index: int, sent: Any) -> Asked:
    """What can be told of an operation that is none."""
    fields = sent if isinstance(sent, dict) else {}
    op = fields.get("op") if fields.get("op") in ("put", "patch", "delete") else None
    holder = fields.get("item") if op == "put" else fields
    item_id = holder.get("id") if isinstance(holder, dict) else None
    return Asked(index, op, item_id if isinstance(item_id, str) else None, None)


def _refusal(faults: list[FieldError]) -> Outcome:
    error = FieldsInvalid(faults)
    return Outcome("failed", time.time(), error.code, str(error))
