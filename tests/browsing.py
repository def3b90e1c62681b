"""How tests look at a page: in a tab that watches what the page does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Request

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# The machine may be busy with other tests.
PATIENCE_MS = 30_000


@contextmanager
def looking(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """A tab of a session of its own that fails at its end if the page did what it must not: ask any other
    host, break its own Content-Security-Policy, or leave an error in the console."""
    context = browser.new_context(**{"viewport": DESKTOP, "base_url": address, **options})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    wrong: list[str] = []

    def look_at(request: Request) -> None:
        if not request.url.startswith((address, "data:")):
            wrong.append(f"asked {request.url}")

    page.on("request", look_at)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
    yield page
    context.close()
    assert wrong == []
