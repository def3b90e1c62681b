"""The search page in a real browser: what a person sees and does there."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from tests.served import served

pytest_plugins = ("tests.browser_fixtures", "tests.service_fixtures")


@pytest.fixture(scope="module")
def address(shop: Flask) -> Iterator[str]:
    with served(shop) as url:
        yield url


def test_a_person_types_and_sees_products(tab: Page, address: str) -> None:
    tab.goto(address)
    tab.get_by_role("searchbox").fill("red")
    tab.get_by_role("searchbox").press("Enter")
    expect(tab.get_by_role("listitem").first).to_contain_text("red-dress")


def test_axe_finds_no_violation(tab: Page, address: str) -> None:
    tab.goto(address)
    assert Axe().run(tab).response["violations"] == []
