"""What /admin tells: real ingests, writes, dead letters and collections, and what stands in its way."""

import os
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.runs import Reindexing, Run
from catalog.settings import Settings
from catalog.under_way import telling, under_way
from ingest.run import RunOptions, run_feeds
from service.app import create_app
from tests.processes import free_port, running
from tests.pushing import Shop, eventually, shop_over
from tests.service_doubles import ColourEncoder
from tests.service_keys import API_KEYS, KEYS, bearer
from tests.service_shop import SHOP, fill, settings_for

pytest_plugins = ("tests.browser_fixtures", "tests.service_fixtures")

ODD = "<b>odd</b>&"
# A picture is waited for as long as the test lets it.
SETTINGS = {"API_KEYS": API_KEYS, "INGEST_BATCH_ITEMS": "2", "IMAGE_TIMEOUT_S": "300"}

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def shop(store_url: str, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A service with keys; what the tests need is in its index before the first of them."""
    folder = tmp_path_factory.mktemp("admin")
    with shop_over(store_url, encoder, folder, **SETTINGS) as shop:
        shop.http.headers.update(bearer(KEYS["admin"]))
        ingest_with_rejects(shop, folder)
        yield shop


def ingest_with_rejects(shop: Shop, folder: Path) -> None:
    rows = [{**shop.item(f"{n}0-20-40"), "id": f"A{n}", "in_stock": n < 2} for n in range(3)]
    rows += [{"id": ODD, "title": ODD, "category": ODD, "images": []}, {"id": "no-title"}]
    rows[0]["category"] = ODD
    feed = folder / "shop.jsonl"
    feed.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
    run_feeds([str(feed)], shop.settings, lambda report: None, RunOptions(rejects=folder / "rejects.jsonl"),
              KnownEncoders(shop.settings, shop.index.encoder))  # fmt: skip


@pytest.fixture(scope="module")
def worker(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with shop.worker(tmp_path_factory.mktemp("worker") / "worker.log"):
        yield


@pytest.fixture
def signed_in(tab: Page, shop: Shop) -> Page:
    tab.goto(f"{shop.http.base_url}/admin")
    tab.get_by_label("Key").fill(KEYS["admin"])
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("heading", name="Software")).to_be_visible()
    return tab


def section(page: str, name: str) -> str:
    return page.split(f'<section id="{name}"')[1].split("</section>")[0]


def text_of(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def test_it_tells_what_is_indexed_and_by_what(shop: Shop) -> None:
    page = shop.http.get("/admin").text
    index = text_of(section(page, "index"))
    for told in ("Items 3", "Pictures 3", "In stock 2 1 sold out, 0 not told"):
        assert told in index
    categories = text_of(section(page, "categories"))
    assert "things 2 1" in categories and "&lt;b&gt;odd&lt;/b&gt;&amp; 1 1" in categories
    model = section(page, "model")
    assert shop.index.encoder.fingerprint in model and "ONNX Runtime" in model and "256 dimensions" in model
    assert shop.index.version() in model and "all that this release wants" in model
    software = text_of(section(page, "software"))
    assert re.search(r"vectorstore \d+\.\d+", software) and re.search(r"qdrant-client \d+\.\d+", software)


def test_a_past_ingest_is_told_with_its_rejects(shop: Shop) -> None:
    page = shop.http.get("/admin").text
    ingests, rejects = text_of(section(page, "ingests")), text_of(section(page, "rejects"))
    assert "3 embedded, 2 failed" in ingests and "shop.jsonl" in ingests
    assert "2 rows of" in rejects and "rejects.jsonl" in rejects
    assert "shop.jsonl line 4 images:" in rejects and "shop.jsonl line 5 title:" in rejects
    assert ODD not in page  # but only escaped


def test_a_running_ingest_is_told_while_it_runs(shop: Shop, signed_in: Page, tmp_path: Path) -> None:
    held = shop.pictures.held["/9-9-9.jpg"] = threading.Event()
    rows = [{**shop.item(f"{n}1-{n}1-40"), "id": f"B{n}"} for n in range(12)] + [
        {**shop.item("9-9-9"), "id": "held"}
    ]
    feed = tmp_path / "slow.jsonl"
    feed.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
    with running("-m", "ingest", "run", feed, log=tmp_path / "run.log", environ=shop.environ) as process:
        # How far it gets depends on how many batches are under way at once.
        eventually(
            lambda: re.search(r"Running : .*[1-9][0-9]* items read: [0-9]+ embedded", ingests_of(shop)), 90
        )
        assert str(feed) in ingests_of(shop)
        signed_in.reload()
        expect(signed_in.locator(".running")).to_contain_text("items read")
        held.set()
        assert process.wait(timeout=60) == 0
    # The page sees for itself that it has ended.
    expect(signed_in.locator("#ingests")).to_contain_text("None is running.")
    expect(signed_in.locator("#ingests tbody tr").first).to_contain_text("13 embedded")


def ingests_of(shop: Shop) -> str:
    return text_of(section(shop.http.get("/admin").text, "ingests"))


def test_a_dead_letter_is_retried_and_another_dropped(shop: Shop, worker: None, signed_in: Page) -> None:
    good, bad = "good-letter", ODD
    shop.pictures.broken["/7-7-7.jpg"] = "404 Not Found"
    for item_id in (good, bad):
        pushed = shop.put(quote(item_id, safe=""), shop.item("7-7-7"))
        assert shop.outcome(pushed)["outcome"] == "failed"
    shop.pictures.broken.clear()
    signed_in.reload()
    letters = signed_in.locator("#dead-letters")
    expect(letters.locator("tbody tr")).to_have_count(2)
    expect(letters).to_contain_text("answers 404")
    expect(letters).to_contain_text(bad)
    signed_in.get_by_role("button", name=f"Retry put {good}").click()
    expect(signed_in.locator("p.done")).to_have_text("1 queued again.")
    eventually(lambda: shop.stored(good))
    signed_in.get_by_role("button", name=f"Drop put {bad}").click()
    expect(signed_in.locator("p.done")).to_have_text("1 dropped.")
    expect(letters).to_contain_text("There is none.")
    assert shop.stored(bad) is None
    expect(signed_in.locator("#writes tbody tr")).to_have_count(3)


def test_all_letters_that_were_shown_are_settled_at_once(shop: Shop, worker: None) -> None:
    shop.pictures.broken["/8-8-8.jpg"] = "404 Not Found"
    for n in range(3):
        assert shop.outcome(shop.put(f"many-{n}", shop.item("8-8-8")))["outcome"] == "failed"
    shown = re.findall(r'name="shown" value="([^"]+)"', shop.http.get("/admin").text)
    assert len(shown) == 3
    # One that somebody else has settled meanwhile is no trouble.
    done = shop.http.post("/admin/dead-letters", data={"drop_shown": "yes", "shown": [*shown[:2], "gone-0"]})
    assert done.headers["Location"] == "/admin?dropped=2#dead-letters"
    done = shop.http.post("/admin/dead-letters", data={"retry_shown": "yes", "shown": shown})
    assert done.headers["Location"] == "/admin?retried=1#dead-letters"
    shop.pictures.broken.clear()
    eventually(lambda: shop.stored("many-2") or shop.http.post("/admin/dead-letters", data={"drop": shown}))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_violation(browser: Browser, shop: Shop, scheme: str, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page, errors = context.new_page(), []
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(f"{shop.http.base_url}/admin")
    assert Axe().run(page).response["violations"] == []
    page.get_by_label("Key").fill(KEYS["admin"])
    page.get_by_label("Key").press("Enter")
    page.locator("#rejects details").evaluate("one => one.open = true")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [line for line in errors if "401" not in line] == []  # the first answer is one
    context.close()


def test_the_page_is_there_though_the_store_is_not(colours: ColourEncoder, tmp_path: Path) -> None:
    settings = settings_for(f"http://127.0.0.1:{free_port()}", qdrant_timeout_s=1, state_dir=tmp_path)
    page = create_app(settings, colours).test_client().get("/admin")
    assert page.status_code == 200
    assert page.text.count("does not answer") >= 3 and "What is indexed cannot be told now." in page.text
    assert "colours by numpy" in page.text and "No run has ended yet." in page.text


def test_the_page_is_there_before_anything_is_indexed(
    store_url: str, colours: ColourEncoder, tmp_path: Path
) -> None:
    settings = settings_for(store_url, state_dir=tmp_path, index_alias="not-yet-there")
    page = create_app(settings, colours).test_client().get("/admin")
    assert page.status_code == 200 and "Nothing is indexed yet" in page.text


def test_every_collection_is_told_and_how_far_a_reindex_is(
    store_url: str, colours: ColourEncoder, tmp_path: Path
) -> None:
    settings = settings_for(store_url, state_dir=tmp_path, index_alias="told")
    client = connect(settings)
    index = ItemIndex(client, store_url, "told", colours)
    fill(index, colours, SHOP[:4])
    versions, live = index.versions, index.version()
    page = create_app(settings, colours, index).test_client()
    building = versions.create(OtherWeights(), "elsewhere", like=live)
    versions.announce(building)
    interrupted = text_of(section(page.get("/admin").text, "model"))
    assert f"A reindex was interrupted : {building} has 0 of 5 pictures (0 %)" in interrupted
    now = Reindexing(collection=building, model="other", began=datetime.now(UTC))
    with telling(settings, lambda: now):
        eventually(lambda: under_way(settings, Reindexing))
        running = page.get("/admin").text
    assert "A reindex is running" in running and 'data-busy="yes"' in running
    versions.switch(building, timedelta(days=7))
    table = text_of(section(page.get("/admin").text, "model"))
    assert f"{building} live" in table and f"{live} kept" in table and "dropped in 6 days" in table
    for name in (live, building):
        client.delete_collection(name)
    client.close()


class OtherWeights(ColourEncoder):
    name = "other"
    fingerprint = "0" * 64


def test_what_was_killed_is_told_as_interrupted(settings: Settings, tmp_path: Path) -> None:
    """A process that is killed while it tells leaves its file; one that ends takes it away."""
    now = Run(feeds=("a.csv",), began="2026-01-02T03:04:05Z")
    settings.state_dir.mkdir()
    with telling(settings, lambda: now):
        found = eventually(lambda: under_way(settings, Run))
        assert (found.what, found.is_alive) == (now, True)
        assert under_way(settings, Reindexing) is None
        (path,) = settings.state_dir.glob("run-now-*.json")
        left = path.read_bytes()
    assert under_way(settings, Run) is None
    path.write_bytes(left)
    old = path.stat().st_mtime - timedelta(minutes=1).total_seconds()
    os.utime(path, (old, old))
    found = under_way(settings, Run)
    assert found is not None and not found.is_alive
    path.write_bytes(left[:9])
    assert under_way(settings, Run) is None
