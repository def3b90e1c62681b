"""The search page under hasty hands and on a slow network: what is shown is what the address says."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect

from tests.browsing import PATIENCE_MS
from tests.served import served

pytest_plugins = ("tests.page_fixtures",)
expect.set_options(timeout=PATIENCE_MS)


class Held(list[Route]):
    """Requests that get no answer until they are let go."""

    def wait_for_one(self, page: Page) -> None:
        while not self:
            page.wait_for_timeout(20)

    def let_go(self) -> None:
        for route in self:
            route.continue_()


@contextmanager
def holding(page: Page, address: str) -> Iterator[Held]:
    held, pattern = Held(), re.compile(re.escape(address))
    page.route(pattern, lambda route: held.append(route))
    yield held
    page.unroute(pattern)


def heading_is(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def is_done(page: Page) -> None:
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")


def search_for(page: Page, words: str) -> None:
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("searchbox").press("Enter")


def test_whoever_turns_round_on_the_way_back_stays_where_the_address_says(page: Page) -> None:
    page.goto("/?text=blue+jeans")
    search_for(page, "red shoes")
    heading_is(page, "Red shoes")
    with holding(page, "?text=blue+jeans") as held:
        page.evaluate("history.back()")
        held.wait_for_one(page)
        page.evaluate("history.forward()")
        page.wait_for_url("**/?text=red+shoes")
        held.let_go()
    is_done(page)
    heading_is(page, "Red shoes")
    expect(page.get_by_role("searchbox")).to_have_value("red shoes")


def test_what_is_typed_while_a_search_is_under_way_stays_in_the_box(page: Page) -> None:
    page.goto("/")
    with holding(page, "?text=hat") as held:
        search_for(page, "hat")
        held.wait_for_one(page)
        page.get_by_role("searchbox").fill("hat in straw")
        held.let_go()
    heading_is(page, "Hat")
    expect(page.get_by_role("searchbox")).to_have_value("hat in straw")


def test_the_second_click_of_a_double_one_does_nothing(page: Page) -> None:
    page.goto("/?text=black+skater+dress")
    more = page.get_by_role("link", name="More like this: Brindlewick skater dress, black")
    box = more.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 10)
    page.mouse.down(click_count=1)
    page.mouse.up(click_count=1)
    heading_is(page, "Like Brindlewick skater dress, black – black skater dress")
    # By now the picture of another product lies there, and leads to the shop's own page of it.
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    is_done(page)
    heading_is(page, "Like Brindlewick skater dress, black – black skater dress")


def test_the_way_forward_finds_the_place_too(page: Page) -> None:
    page.goto("/")
    search_for(page, "dress")
    heading_is(page, "Dress")
    page.mouse.wheel(0, 1_500)
    page.wait_for_function("() => history.state.scroll > 1000")
    page.go_back()
    heading_is(page, "New in")
    page.wait_for_function("() => scrollY === 0")
    page.go_forward()
    heading_is(page, "Dress")
    page.wait_for_function("() => scrollY > 1000")


def test_a_dropped_file_that_is_no_picture_is_told(browser: Browser, sample_app: Flask) -> None:
    with served(sample_app) as address:
        page = browser.new_page(base_url=address)
        page.goto("/?text=dress")
        page.evaluate("""() => {
          const held = new DataTransfer();
          held.items.add(new File(["%PDF"], "list.pdf", { type: "application/pdf" }));
          const how = { dataTransfer: held, bubbles: true, cancelable: true };
          document.body.dispatchEvent(new DragEvent("drop", how));
        }""")
        expect(page.locator("#trouble")).to_contain_text("Not a picture")
        heading_is(page, "Dress")
        page.close()


def test_pictures_that_cannot_be_had_are_told_though_they_fail_before_the_scripts_come(
    browser: Browser, sample_app: Flask
) -> None:
    with served(sample_app) as address:
        page = browser.new_page(base_url=address)
        page.route("**/v1/thumbnails/**", lambda route: route.fulfill(status=404))
        with holding(page, "/page.js") as held:
            page.goto("/?category=watches", wait_until="commit")
            held.wait_for_one(page)
            page.wait_for_function("() => [...document.images].every((image) => image.complete)")
            held.let_go()
        cards = page.locator("#grid > li")
        assert cards.count() < 8  # all of them are in sight, and no further page is fetched
        expect(page.locator("#grid img.absent")).to_have_count(cards.count())
        page.close()
