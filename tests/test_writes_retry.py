"""Pushed writes whose pictures cannot be had: tried again, in order, and dead letters for what stays so."""

import re
from typing import Any

from ingest.dead import dead_lines
from tests.processes import run_program
from tests.pushing import Shop, eventually

pytest_plugins = ["tests.pushing_fixtures"]


def listed(shop: Shop) -> str:
    return "\n".join(dead_lines(shop.settings, None))


def retried(shop: Shop, ingest: dict[str, Any]) -> dict[str, str]:
    """The ingest that the only operation of this one is now."""
    (line,) = dead_lines(shop.settings, [f"{ingest['id']}-0"], retry=True)
    found = re.fullmatch(r"1 queued again as ingest (\w+)", line)
    assert found, line
    return {"id": found[1]}


def test_a_picture_that_fails_for_now_is_tried_again_and_nothing_overtakes(
    pushed: Shop, item_id: str
) -> None:
    pushed.pictures.broken["/6-6-6.jpg"] = "503 Service Unavailable"
    first = pushed.put(item_id, pushed.item("6-6-6", price=1))
    waiting = eventually(lambda: pushed.ingest(first)["counts"].get("retrying") and pushed.ingest(first))
    (operation,) = waiting["operations"]
    assert (waiting["state"], operation["code"]) == ("working", "image_http_status")
    assert operation["next_attempt_at"] > operation["at"] and "503" in operation["detail"]
    second = pushed.patch(item_id, {"price": 2})
    other = pushed.put(f"{item_id}-other", pushed.item("6-6-7"))
    assert pushed.outcome(other)["outcome"] == "embedded", "it does not hold up other items"
    assert pushed.ingest(second)["state"] == "queued"
    assert pushed.http.get("/v1/stats").json()["writes"]["queued"] >= 2
    del pushed.pictures.broken["/6-6-6.jpg"]
    assert pushed.outcome(first)["outcome"] == "embedded"
    assert pushed.outcome(second)["outcome"] == "payload_updated"
    assert pushed.stored(item_id)["price"] == 2


def test_what_of_an_item_can_be_written_is_not_held_up(pushed: Shop, item_id: str) -> None:
    pushed.outcome(pushed.put(item_id, pushed.item("7-7-7", price=1)))
    pushed.pictures.broken["/7-7-7.jpg"] = pushed.pictures.broken["/7-7-8.jpg"] = "503 Slow Down"
    images = [pushed.pictures.url(path) for path in ("/7-7-7.jpg", "/7-7-8.jpg")]
    ingest = pushed.put(item_id, pushed.item(images=images, price=5))
    eventually(lambda: pushed.ingest(ingest)["counts"] == {"retrying": 1})
    assert pushed.stored(item_id)["price"] == 5
    pushed.pictures.broken.clear()
    assert pushed.outcome(ingest)["outcome"] == "embedded"
    assert len(pushed.index.points_of([item_id])[item_id]) == 2


def test_dead_letters_are_listed_retried_and_dropped(pushed: Shop, item_id: str) -> None:
    gone = pushed.put(item_id, pushed.item(images=[pushed.pictures.url("/11-11-11.jpg?gone")]))
    outcome = pushed.outcome(gone)
    assert (outcome["outcome"], outcome["code"]) == ("failed", "image_http_status")
    told = run_program("-m", "ingest", "dead", environ=pushed.environ)
    (line,) = [line for line in told.stdout.splitlines() if item_id in line]
    expected = rf"{gone['id']}-0  \S+  put '{item_id}': .* answers 404\..* \[image_http_status\]"
    assert re.fullmatch(expected, line)

    again = retried(pushed, gone)
    assert pushed.outcome(again)["outcome"] == "failed"
    assert f"{gone['id']}-0" not in listed(pushed) and f"{again['id']}-0" in listed(pushed)
    dropped = run_program("-m", "ingest", "dead", "--drop", f"{again['id']}-0", environ=pushed.environ)
    assert (dropped.returncode, dropped.stdout) == (0, "1 dropped\n")
    assert item_id not in listed(pushed)
    wrong = run_program("-m", "ingest", "dead", "--retry", environ=pushed.environ)
    assert wrong.returncode == 2 and "--all" in wrong.stderr


def test_tries_end_and_a_retried_letter_loses_against_what_came_later(pushed: Shop, item_id: str) -> None:
    pushed.pictures.broken["/12-12-12.jpg"] = "500 Broken"
    failed = pushed.outcome(first := pushed.put(item_id, pushed.item("12-12-12")))
    assert (failed["outcome"], failed["code"]) == ("failed", "image_http_status"), "after three tries"
    assert len([path for path in pushed.pictures.server.paths if "12-12-12" in path]) >= 3
    pushed.outcome(pushed.put(item_id, pushed.item("13-13-13", price=99)))
    pushed.pictures.broken.clear()
    assert pushed.outcome(retried(pushed, first))["outcome"] == "superseded"
    assert pushed.stored(item_id)["price"] == 99
