"""Ingests the sample catalogue into a scratch store, serves it, and photographs the search page."""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

README_PICTURE = Path("docs/search-page.jpg")
START_TIMEOUT_S = 120.0
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2,
}  # fmt: skip
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
LIKE_IN_RED = "/?text=in+red&item_id=skater-dress-black"
NARROWED = "/?text=dress&colour=navy&colour=red&price_lte=80&in_stock=true"


@dataclass(frozen=True)
class Shot:
    """`act`: what is done on the page before it is photographed, given the sample's folder."""

    name: str
    path: str = "/"
    options: dict[str, Any] = field(default_factory=lambda: DESKTOP)
    act: Callable[[Page, Path], object] = lambda page, sample: None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("var/screenshots"))
    parser.add_argument("--readme", action="store_true", help=f"also make {README_PICTURE} anew")
    asked = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Error: this needs Chromium (Debian: apt-get install chromium).")
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        web, store = stack.enter_context(_shop(Path(scratch)))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        stack.callback(browser.close)
        for shot in SHOTS:
            _photograph(browser, web, Path(scratch), shot, asked.folder)
        if asked.readme:
            _photograph_for_readme(browser, web, Path(scratch))
        store.terminate()  # last, for the page that says so
        store.wait()
        _photograph(browser, web, Path(scratch), Shot("error", "/?text=red"), asked.folder)
    print(f"{len(SHOTS) + 1} pictures in {asked.folder}")


def _give_photo(page: Page, sample: Path) -> None:
    page.get_by_label("Search with a picture").set_input_files(
        sample / "images/wrap-midi-dress-floral-white.jpg"
    )
    page.wait_for_url("**picture=**")
    page.locator(".own img").wait_for()


def _open_filters(page: Page, sample: Path) -> None:
    page.locator("#narrow > summary").click()


SHOTS = (
    Shot("start"),
    Shot("words", "/?text=red+floral+dress"),
    Shot("photo", act=_give_photo),
    Shot("more-like-this", LIKE_IN_RED),
    Shot("less-like-this", "/?text=dress&unlike=skater-dress-black"),
    Shot("filters", NARROWED),
    Shot("nothing", "/?text=washing+machine"),
    Shot("dark", LIKE_IN_RED, {**DESKTOP, "color_scheme": "dark"}),
    Shot("phone", "/?text=red+dress", PHONE),
    Shot("phone-photo", "/", PHONE, _give_photo),
    Shot("phone-filters", NARROWED, PHONE, _open_filters),
    Shot("phone-dark", LIKE_IN_RED, {**PHONE, "color_scheme": "dark"}),
    Shot("phone-nothing-dark", "/?text=washing+machine", {**PHONE, "color_scheme": "dark"}),
    Shot("without-script", NARROWED, {**DESKTOP, "java_script_enabled": False}),
)


def _photograph(browser: Browser, web: str, scratch: Path, shot: Shot, folder: Path) -> None:
    with _shown(browser, web, scratch, shot) as page:
        page.screenshot(path=folder / f"{shot.name}.png")


def _photograph_for_readme(browser: Browser, web: str, scratch: Path) -> None:
    with _shown(browser, web, scratch, Shot("readme", LIKE_IN_RED)) as page:
        page.screenshot(path=README_PICTURE, type="jpeg", quality=80)


@contextmanager
def _shown(browser: Browser, web: str, scratch: Path, shot: Shot) -> Iterator[Page]:
    context = browser.new_context(base_url=web, **shot.options)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(shot.path)
    shot.act(page, scratch / "sample")
    page.wait_for_load_state("networkidle")  # pictures, too
    yield page
    context.close()


@contextmanager
def _shop(scratch: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The web service's address and the store's process, with the sample ingested."""
    store_port, web_port = _free_port(), _free_port()
    environ = {
        **os.environ, "PORT": str(web_port), "HOST": "127.0.0.1", "PYTHONPATH": ".", "API_KEYS": "",
        "QDRANT_URL": f"http://127.0.0.1:{store_port}", "SEARCH_PAGE": "on", "RATE_LIMIT": "off",
        "STATE_DIR": str(scratch), "THUMBNAIL_DIR": str(scratch / "thumbnails"),
    }  # fmt: skip
    sample = str(scratch / "sample")
    with ExitStack() as stack:
        store = stack.enter_context(
            _started("vectorstore", "--path", str(scratch / "store"), "--port", str(store_port), env=environ)
        )
        _wait_for(f"{environ['QDRANT_URL']}/readyz", store)
        _run("ingest", "sample", sample, env=environ)
        _run("ingest", "run", f"{sample}/products.csv", env=environ)
        web = stack.enter_context(_started("gunicorn", env=environ))
        address = f"http://127.0.0.1:{web_port}"
        _wait_for(f"{address}/readyz", web)
        yield address, store


def _run(*module: str, env: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-m", *module], env=env, check=True)  # noqa: S603 - our own commands


@contextmanager
def _started(*module: str, env: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    with tempfile.TemporaryFile() as log:  # else it would fill the terminal
        command = [sys.executable, "-m", *module]
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)  # noqa: S603 - our own commands
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except OSError:  # not there yet
            time.sleep(0.2)
    sys.exit(f"Error: {' '.join(map(str, process.args[2:]))} did not become ready.")  # type: ignore[index]


if __name__ == "__main__":
    main()
