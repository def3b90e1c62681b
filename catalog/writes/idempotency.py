"""Idempotency keys: a request that is sent again has no second effect, and gets the same ingest id."""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from catalog.errors import IdempotencyKeyBusy, IdempotencyKeyReused, QueueFull
from catalog.writes.locks import LockBusy
from catalog.writes.queue import WriteQueue, new_ingest_id

# Keys that share a lock wait for each other's acceptance, which takes milliseconds.
_LOCKS = 16
_WAIT_S = 2.0


@dataclass(frozen=True)
class Claim:
    """`identity`: whose key it is, since two clients may choose the same. `digest`: of the whole request."""

    identity: str
    key: str
    digest: str

    @property
    def name(self) -> str:
        return hashlib.sha256(f"{self.identity}\n{self.key}".encode()).hexdigest()


def once(queue: WriteQueue, claim: Claim, accept: Callable[[str], None]) -> str:
    """Call `accept` with a new ingest id unless the same request did so before; the ingest's id.

    Its lock is held meanwhile, and a crash frees it. A request that finds its key taken and not finished was
    cut off, so it is accepted again under the same ingest id, of which no operation is done twice. Raises
    IdempotencyKeyReused, IdempotencyKeyBusy, and what `accept` raises.
    """
    name = claim.name
    try:
        with queue.locks.hold(f"idempotency-{zlib.crc32(name.encode()) % _LOCKS}", _WAIT_S):
            begun = _begun(queue, claim)
            ingest_id, done = begun or (new_ingest_id(), False)
            if not done:
                _note(queue, claim, ingest_id, False)
                try:
                    accept(ingest_id)
                except QueueFull:
                    if begun is None:  # nothing of it was queued
                        queue.parts.idempotency.delete(claim.name)
                    raise
                _note(queue, claim, ingest_id, True)
            return ingest_id
    except LockBusy as error:
        raise IdempotencyKeyBusy("A request with this Idempotency-Key is being accepted just now.") from error


def _begun(queue: WriteQueue, claim: Claim) -> tuple[str, bool] | None:
    found = queue.parts.idempotency.get(claim.name)
    if found is None:
        return None
    digest, ingest_id, done = orjson.loads(found)
    if digest != claim.digest:
        raise IdempotencyKeyReused("This Idempotency-Key came before with another request: choose a new one.")
    return ingest_id, done


def _note(queue: WriteQueue, claim: Claim, ingest_id: str, done: bool) -> None:
    queue.parts.idempotency.put_many({claim.name: orjson.dumps([claim.digest, ingest_id, done])})
