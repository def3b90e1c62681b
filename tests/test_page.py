"""The search page in a real browser, over the sample catalogue: what a person sees and does there."""

import base64
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from catalog.encoder import Encoder
from catalog.settings import Settings
from service.app import create_app
from tests.browsing import DESKTOP, PATIENCE_MS, PHONE, looking
from tests.served import served
from tests.servers import delayed

pytest_plugins = ("tests.page_fixtures",)
expect.set_options(timeout=PATIENCE_MS)

BLACK_DRESS = "skater-dress-black"
PHOTO = "images/skater-dress-floral-red.jpg"
# Gives a picture to the page as a browser does, from what lies on a clipboard or is let go over it.
GIVE = """([kind, coded]) => {
  const bytes = Uint8Array.from(atob(coded), (letter) => letter.charCodeAt(0));
  const held = new DataTransfer();
  held.items.add(new File([bytes], "dress.jpg", { type: "image/jpeg" }));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true })
    : new DragEvent(kind, { dataTransfer: held, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}"""


def search_for(page: Page, words: str) -> None:
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("searchbox").press("Enter")


def cards(page: Page) -> Locator:
    return page.locator("#grid > li")


def titles(page: Page) -> list[str]:
    return page.locator("#grid h2").all_inner_texts()


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def tally(page: Page) -> int:
    return int(page.locator("#tally").inner_text().split()[0].replace(",", ""))


def state(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def choose(page: Page, field: str, value: str) -> int:
    """Tick a value of a filter; how many products its count promises."""
    box = page.locator(f"input[name={field}][value='{value}']")
    promised = int(box.locator("xpath=..").locator(".count").inner_text())
    box.check()
    page.wait_for_url(re.compile(f"{field}={value}"))
    expect(page.locator(f"input[name={field}][value='{value}']")).to_be_checked()
    return promised


def test_a_person_types_and_sees_products(page: Page) -> None:
    page.goto("/")
    expect(heading(page)).to_have_text("New in")
    search_for(page, "red floral dress")
    expect(heading(page)).to_have_text("Red floral dress")
    assert state(page) == {"text": ["red floral dress"]}
    assert all("floral" in title and "red" in title for title in titles(page)[:4])
    expect(cards(page).first).to_contain_text("€")
    expect(page.get_by_role("status")).to_have_text(page.locator("#tally").inner_text())


def test_filters_narrow_a_search_and_their_counts_follow(page: Page) -> None:
    page.goto("/?text=dress")
    dresses = choose(page, "category", "dresses")
    assert tally(page) == dresses
    red = choose(page, "colour", "red")
    assert tally(page) == red
    navy = choose(page, "colour", "navy")  # a facet counts as if nothing of it had been chosen yet
    assert tally(page) == red + navy
    in_stock = choose(page, "in_stock", "true")
    assert tally(page) == in_stock < red + navy
    page.get_by_role("link", name="Remove navy").click()
    expect(page.locator("input[name=colour][value=navy]")).not_to_be_checked()
    assert all("red" in title for title in titles(page))


def test_the_price_slider_goes_by_keyboard_and_by_its_boxes(page: Page) -> None:
    page.goto("/?category=dresses")
    before = tally(page)
    highest = page.get_by_role("slider", name="Highest price")
    highest.focus()
    for _ in range(4):
        highest.press("ArrowLeft")
    bound = float((highest.get_attribute("aria-valuetext") or "").removeprefix("€"))
    page.wait_for_url(re.compile(f"price_lte={bound:g}$"))  # not that of an earlier step
    expect(page.get_by_role("link", name="Remove up to")).to_be_visible()
    expect(highest).to_be_focused()  # though the whole of the filters was put in anew
    assert highest.get_attribute("aria-valuetext") == f"€{bound:g}"
    assert tally(page) < before
    prices = page.locator("#grid .price").all_inner_texts()
    assert all(float(price.removeprefix("€")) <= bound for price in prices)
    page.get_by_role("spinbutton", name="From").fill("60")
    page.get_by_role("spinbutton", name="From").press("Enter")
    page.wait_for_url(re.compile("price_gte=60"))
    expect(page.get_by_role("link", name=re.compile("Remove €60 to"))).to_be_visible()


def test_a_chosen_picture_is_searched_and_can_be_shared(page: Page, browser: Browser, sample: Path) -> None:
    page.goto("/")
    page.get_by_label("Search with a picture").set_input_files(sample / PHOTO)
    expect(heading(page)).to_have_text("Like your picture")
    assert titles(page)[0] == "Lumenfold floral skater dress, red"
    assert len(page.url) < 450
    expect(page.locator(".own img")).to_have_attribute("src", re.compile("^data:image/jpeg"))
    found = titles(page)
    page.reload()
    expect(page.locator(".own img")).to_be_visible()
    root = page.url.partition("/?")[0]
    with looking(browser, root) as friend:
        friend.goto(page.url)
        assert titles(friend) == found
        expect(friend.locator(".own svg")).to_be_visible()  # the picture itself stayed where it was


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_is_pasted_or_dropped(page: Page, sample: Path, kind: str) -> None:
    page.goto("/?category=dresses")
    coded = base64.b64encode((sample / PHOTO).read_bytes()).decode()
    if kind == "drop":
        page.evaluate(GIVE, ["dragover", coded])
        expect(page.get_by_text("Let go of the picture")).to_be_visible()
    page.evaluate(GIVE, [kind, coded])
    expect(heading(page)).to_have_text("Like your picture")
    assert titles(page)[0] == "Lumenfold floral skater dress, red"
    assert state(page)["category"] == ["dresses"]
    expect(page.get_by_text("Let go of the picture")).to_be_hidden()


def test_a_picture_that_is_none_is_told_and_the_search_stays(browser: Browser, sample_app: Flask) -> None:
    with served(sample_app) as address:
        context = browser.new_context(base_url=address)
        page = context.new_page()
        page.goto("/?text=red+dress")
        before = titles(page)
        page.locator("#choose").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no"})
        expect(page.locator("#trouble")).to_contain_text("not a picture", ignore_case=True)
        assert titles(page) == before
        assert state(page) == {"text": ["red dress"]}
        context.close()


def test_more_like_this_goes_with_words_and_less_like_this(page: Page) -> None:
    page.goto("/?text=black+skater+dress")
    page.get_by_role("link", name="More like this: Brindlewick skater dress, black").click()
    expect(page.get_by_role("list", name="The search is made of")).to_contain_text("More like Brindlewick")
    search_for(page, "in red")
    expect(heading(page)).to_have_text("Like Brindlewick skater dress, black – in red")
    assert state(page) == {"text": ["in red"], "item_id": [BLACK_DRESS]}
    assert titles(page)[0] == "Brindlewick skater dress, red"
    assert sum(title.endswith(", red") for title in titles(page)[:6]) >= 5
    page.get_by_role("link", name="Less like this: Brindlewick skater dress, red").click()
    page.wait_for_url(re.compile("unlike=skater-dress-red"))
    expect(page.locator(".chip.unlike img")).to_be_visible()
    assert "Brindlewick skater dress, red" not in titles(page)
    page.get_by_role("link", name="Remove more like Brindlewick").click()
    expect(heading(page)).to_have_text("In red")


def test_the_picture_that_matched_is_shown_and_said(page: Page, sample: Path) -> None:
    second = next(path for path in sorted((sample / "images").iterdir()) if path.stem.endswith("-2"))
    page.goto("/")
    page.get_by_label("Search with a picture").set_input_files(second)
    expect(cards(page).first).to_contain_text("Picture 2 matches")


def test_nothing_looks_like_that_but_the_nearest_can_be_seen(page: Page) -> None:
    page.goto("/")
    search_for(page, "washing machine")
    expect(page.get_by_text("Nothing in this catalogue looks like that")).to_be_visible()
    expect(cards(page)).to_have_count(0)
    page.get_by_role("link", name="Show the nearest ones").click()
    expect(cards(page).nth(23)).to_be_attached()
    assert state(page) == {"text": ["washing machine"], "nearest": ["true"]}


def test_a_search_that_filters_empty_can_be_had_without_them(page: Page) -> None:
    page.goto("/?text=dress&category=hats&price_lte=5")
    expect(page.get_by_text("Perhaps the filters leave out what you mean")).to_be_visible()
    page.get_by_role("link", name="Search without the filters").click()
    expect(cards(page).first).to_be_visible()
    assert state(page) == {"text": ["dress"]}


def test_back_and_forward_show_what_was_there(page: Page) -> None:
    page.goto("/")
    search_for(page, "blue jeans")
    expect(heading(page)).to_have_text("Blue jeans")
    search_for(page, "red shoes")
    expect(heading(page)).to_have_text("Red shoes")
    page.go_back()
    expect(heading(page)).to_have_text("Blue jeans")
    expect(page.get_by_role("searchbox")).to_have_value("blue jeans")
    page.go_back()
    expect(heading(page)).to_have_text("New in")
    page.go_forward()
    expect(heading(page)).to_have_text("Blue jeans")


def test_scrolling_brings_every_product_once_and_the_way_back_finds_the_place(page: Page) -> None:
    page.goto("/?category=dresses")
    total = tally(page)
    assert total > 48
    expect(cards(page).nth(23)).to_be_attached()
    while cards(page).count() < total:
        before = cards(page).count()
        page.mouse.wheel(0, 20_000)
        expect(cards(page).nth(before)).to_be_attached()
    assert len(set(titles(page))) == len(titles(page)) == total
    expect(page.get_by_role("link", name="More products")).to_have_count(0)
    cards(page).nth(40).get_by_role("link", name="More like this").click()
    expect(heading(page)).to_contain_text("Like ")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(cards(page).nth(total - 1)).to_be_attached()
    page.wait_for_function("() => scrollY > 2000")  # a bare expression would need eval


def test_a_store_that_is_gone_is_told_and_tried_again(
    browser: Browser, sample_settings: Settings, encoder: Encoder
) -> None:
    with delayed(sample_settings.qdrant_url) as (url, store):
        short = sample_settings.model_copy(update={"qdrant_url": url, "qdrant_timeout_s": 1})
        with served(create_app(short, encoder)) as address:
            context = browser.new_context(base_url=address)
            page = context.new_page()
            page.goto("/?category=dresses")
            store.hang()
            search_for(page, "red")
            expect(heading(page)).to_have_text("The shop window is dark for a moment")
            assert Axe().run(page).response["violations"] == []
            search_for(page, "blue")
            page.wait_for_url(re.compile("text=blue"))
            assert state(page) == {"category": ["dresses"], "text": ["blue"]}
            search_for(page, "red")
            page.wait_for_url(re.compile("text=red"))
            store.answer_again()
            page.get_by_role("link", name="Try again").click()
            expect(heading(page)).to_have_text("Red")
            assert state(page) == {"category": ["dresses"], "text": ["red"]}
            context.close()


def test_all_of_it_works_without_a_script(browser: Browser, address: str, sample: Path) -> None:
    with looking(browser, address, java_script_enabled=False) as page:
        page.goto("/")
        search_for(page, "dress")
        expect(heading(page)).to_have_text("Dress")
        page.locator("input[name=colour][value=red]").check()
        page.get_by_role("spinbutton", name="to").fill("80")
        page.get_by_role("button", name="Apply").click()
        page.wait_for_url(re.compile("price_lte=80"))
        assert {"colour": ["red"], "price_lte": ["80"]}.items() <= state(page).items()
        page.get_by_role("link", name="Clear all").click()
        page.get_by_role("link", name="More products").click()
        page.wait_for_url(re.compile("cursor="))
        assert len(titles(page)) == 24
        page.goto("/?text=dress")
        page.locator("#choose").set_input_files(sample / PHOTO)
        page.get_by_role("button", name="Search with it").click()
        expect(heading(page)).to_have_text("Like your picture – dress")
        cards(page).nth(2).get_by_role("link", name="Less like this").click()
        page.wait_for_url(re.compile("unlike="))
        assert state(page).keys() == {"text", "picture", "unlike"}


STATES = {
    "start": "/?limit=8",
    "words": "/?text=red+dress&limit=8",
    "made of much": f"/?text=in+red&item_id={BLACK_DRESS}&unlike=beanie-black&category=dresses&colour=red"
    "&colour=navy&price_gte=30&in_stock=true&limit=8",
    "nothing": "/?text=washing+machine",
    "nothing passes": "/?category=dresses&price_lte=1",
}  # fmt: skip
MOBILE: dict[str, Any] = {"viewport": PHONE, "is_mobile": True, "has_touch": True}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"viewport": DESKTOP}, MOBILE], ids=["desktop", "phone"])
def test_axe_finds_no_violation(browser: Browser, address: str, size: dict[str, Any], scheme: str) -> None:
    with looking(browser, address, color_scheme=scheme, **size) as page:
        for name, path in STATES.items():
            page.goto(path)
            if size is MOBILE and page.locator("#narrow").count():
                page.locator("#narrow > summary").click()
            violations = Axe().run(page).response["violations"]
            assert violations == [], f"{name}: {[(v['id'], v['nodes'][0]['html']) for v in violations]}"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide"


def test_a_phone_takes_a_photo_and_opens_the_filters(browser: Browser, address: str, sample: Path) -> None:
    with looking(browser, address, **MOBILE) as page:
        page.goto("/?text=dress")
        expect(page.locator("label[for=camera]")).to_be_visible()
        assert page.locator("#camera").get_attribute("capture") == "environment"
        page.locator("#narrow > summary").click()
        choose(page, "colour", "red")
        expect(page.locator("input[name=colour][value=navy]")).to_be_attached()
        assert page.locator("#narrow").get_attribute("open") is not None  # it was not shut by the new results
        page.locator("#camera").set_input_files(sample / PHOTO)
        expect(heading(page)).to_have_text("Like your picture – dress")
