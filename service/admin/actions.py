"""What an operator may do about dead letters: try them again, or drop them."""

from collections.abc import Sequence

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from catalog.writes.dead import drop, find
from service.admin.forms import limit_form, require_token
from service.operations import operation
from service.pushing import current_queue

blueprint = Blueprint("actions", __name__)


@blueprint.post("/dead-letters")
@operation("admin", answer=None, session=True)
def settle_dead_letters() -> Response:
    """The buttons of one letter name it; those for all mean the ones that the page showed."""
    limit_form()
    require_token()
    form = request.form
    shown = form.getlist("shown")
    retried = dropped = None
    if ids := form.getlist("retry") or (shown if "retry_shown" in form else []):
        retried = _retry(ids)
    elif ids := form.getlist("drop") or (shown if "drop_shown" in form else []):
        dropped = _drop(ids)
    place = url_for("admin.operator_page", retried=retried, dropped=dropped, _anchor="dead-letters")
    return redirect(place, 303)


def _retry(ids: Sequence[str]) -> int:
    """How many of them there still were. Raises QueueFull and QueueUnavailable."""
    queue = current_queue()
    found = find(queue.parts.dead, ids)
    if found:
        queue.retry(found)
    return len(found)


def _drop(ids: Sequence[str]) -> int:
    dead = current_queue().parts.dead
    found = [letter.id for letter in find(dead, ids)]
    drop(dead, found)
    return len(found)
