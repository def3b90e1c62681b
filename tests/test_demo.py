"""`scripts/demo` from end to end: store, gunicorn, worker and ingest as processes, on the sample."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingest.sample import sample_queries
from tests.drawn_sample import drawn_sample
from tests.processes import ROOT, free_port, running, wait_until_ready

# The first run draws about five hundred pictures and embeds them.
DEMO_TIMEOUT_S = 400.0


@dataclass
class Demo:
    folder: Path
    address: str
    environ: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str, **parameters: Any) -> Any:
        query = urllib.parse.urlencode(parameters, doseq=True)
        with urllib.request.urlopen(f"{self.address}{path}?{query}", timeout=30) as response:
            return json.load(response)

    def search(self, **body: Any) -> Any:
        request = urllib.request.Request(
            f"{self.address}/v1/search",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text: str) -> str:
        deadline = time.monotonic() + DEMO_TIMEOUT_S
        while text not in self.output():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.3)
        return self.output()


@pytest.fixture(scope="module")
def checkout(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the demo runs, so that the test leaves no trace in the checkout.

    The drawing of its sample has been interrupted near its end: to draw all of it takes a while, and is done
    once for all tests, by the same command.
    """
    folder = tmp_path_factory.mktemp("checkout")
    for room in ("catalog", "service", "ingest", "vectorstore", "models", "scripts"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("Procfile", "gunicorn.conf.py"):
        shutil.copy(ROOT / file, folder / file)
    sample = shutil.copytree(drawn_sample(request, tmp_path_factory), folder / "var" / "sample")
    (sample / "products.csv").unlink()
    for picture in sorted((sample / "images").iterdir())[::50]:
        picture.unlink()
    return folder


@pytest.fixture(scope="module")
def demo(checkout: Path) -> Iterator[Demo]:
    """The demo, up and with its catalogue searchable."""
    environ = {"PORT": str(free_port()), "VECTORSTORE_PORT": str(free_port())}
    log = checkout / "demo-output"
    with running("scripts/demo.py", log=log, environ=environ, cwd=checkout) as process:
        demo = Demo(checkout, f"http://127.0.0.1:{environ['PORT']}", environ, process, log)
        demo.wait_for("Ctrl-C stops it")
        yield demo


def test_the_demo_shows_a_report_a_search_and_the_address(demo: Demo) -> None:
    output = demo.output()
    assert re.search(r"products.csv: \d+ items read", output)
    assert re.search(r"failed +0\n", output)
    assert f"$ curl '{demo.address}/v1/search?text=red+floral+dress&limit=5'" in output
    assert re.search(r"floral .*dress.*, red +\d+\.\d\d EUR", output)
    assert f"Vitrine is at {demo.address}" in output


def test_the_first_five_answers_have_the_category_and_colour_asked_for(demo: Demo) -> None:
    right = asked = 0
    poor = []
    for query in sample_queries():
        items = demo.get("/v1/search", text=query.text, limit=5)["items"]
        assert len(items) == 5
        fits = sum(
            item["category"] == query.category and query.colour in (None, item["colour"]) for item in items
        )
        right, asked = right + fits, asked + 5
        poor += [f"{query.text}: {fits} of 5"] if fits < 4 else []
    assert asked >= 200
    assert right / asked >= 0.9, poor


def test_a_picture_finds_its_own_product_and_its_likes(demo: Demo) -> None:
    item = demo.get("/v1/search", text="red floral dress", limit=1)["items"][0]
    path = demo.folder / "var" / "sample" / "images" / f"{item['id']}.jpg"
    boundary = "boundary-of-the-form"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'.encode()
    request = urllib.request.Request(
        f"{demo.address}/v1/search",
        data=head + path.read_bytes() + f"\r\n--{boundary}--\r\n".encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        hits = json.load(response)["items"]
    assert hits[0]["id"] == item["id"]
    assert hits[0]["score"] > 0.99
    assert sum(hit["category"] == "dresses" for hit in hits[:5]) >= 4


def test_similar_items_leave_out_the_item_itself(demo: Demo) -> None:
    item = demo.get("/v1/search", text="navy hoodie", limit=1)["items"][0]
    likes = demo.get(f"/v1/items/{item['id']}/similar", limit=5)["items"]
    assert item["id"] not in [like["id"] for like in likes]
    assert sum(like["category"] == item["category"] for like in likes) >= 4


def test_filters_hold(demo: Demo) -> None:
    answer = demo.search(
        query=[{"text": "dress"}],
        filter={
            "colour": ["red", "navy"],
            "price": {"lte": 60},
            "in_stock": True,
            "category": {"not": "maternity"},
        },
        limit=50,
    )
    assert answer["items"]
    assert answer["total"] == len(answer["items"]) or answer["total"] > 50
    for item in answer["items"]:
        assert item["colour"] in ("red", "navy")
        assert item["price"] <= 60
        assert item["in_stock"] is True
        assert item["category"] != "maternity"


def test_this_dress_but_red_is_red_dresses_before_the_original_colour(demo: Demo) -> None:
    for item_id in ("skater-dress-black", "sheath-dress-navy", "long-sleeved-wrap-midi-dress-navy"):
        answer = demo.search(query=[{"item_id": item_id}, {"text": "red"}], limit=24)
        colour = item_id.rpartition("-")[2]
        dresses = [item["colour"] for item in answer["items"] if item["category"] == "dresses"]
        first_as_it_was = dresses.index(colour) if colour in dresses else len(dresses)
        assert dresses[:5] == ["red"] * 5, item_id
        assert first_as_it_was >= 5


def test_a_negative_floral_removes_florals_from_the_top_ten(demo: Demo) -> None:
    def florals(*parts: dict[str, Any]) -> int:
        items = demo.search(query=list(parts), limit=10)["items"]
        return sum(item["attributes"]["pattern"] == "floral" for item in items)

    assert florals({"text": "summer dress"}) > 0
    assert florals({"text": "summer dress"}, {"text": "floral", "weight": -1}) == 0
    assert florals({"text": "dress"}) > 0
    assert florals({"text": "dress"}, {"text": "floral", "weight": -1}) == 0


def test_what_the_catalogue_has_not_is_not_answered_where_only_confidence_counts(demo: Demo) -> None:
    answer = demo.search(query=[{"text": "washing machine"}], confident_only=True)
    assert (answer["items"], answer["total"], answer["confident"]) == ([], 0, False)
    assert demo.search(query=[{"text": "washing machine"}])["confident"] is False
    answer = demo.search(query=[{"text": "red dress"}], confident_only=True, limit=100)
    assert answer["confident"] is True
    assert {item["colour"] for item in answer["items"]} == {"red"}


def test_every_answer_has_a_thumbnail_that_is_a_picture(demo: Demo) -> None:
    for item in demo.get("/v1/search", text="leather bag", limit=5)["items"]:
        with urllib.request.urlopen(demo.address + item["image"], timeout=30) as response:
            assert response.headers["Content-Type"] == "image/jpeg"
            assert response.read(4) == b"\xff\xd8\xff\xe0"


def test_a_port_in_use_is_one_line(demo: Demo) -> None:
    for variable in ("PORT", "VECTORSTORE_PORT"):
        environ = {
            "PORT": str(free_port()),
            "VECTORSTORE_PORT": str(free_port()),
            variable: demo.environ[variable],
        }
        log = demo.folder / f"second-{variable}"
        with running("scripts/demo.py", log=log, environ=environ, cwd=demo.folder) as process:
            assert process.wait(timeout=30) == 1
        assert log.read_text() == (
            f"Error: port {demo.environ[variable]} is in use: "
            f"stop what runs there, or set {variable} to a free port.\n"
        )


def test_ctrl_c_stops_everything_and_a_second_run_embeds_nothing(demo: Demo) -> None:
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(timeout=60) == 0
    assert demo.output().endswith("Stopping\nStopped.\n")
    for port in (demo.environ["PORT"], demo.environ["VECTORSTORE_PORT"]):
        with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
            probe.connect(("127.0.0.1", int(port)))
    with running("scripts/demo.py", log=demo.log, environ=demo.environ, cwd=demo.folder) as process:
        demo.process = process
        output = demo.wait_for("Ctrl-C stops it")
        assert re.search(r"embedded +0 \(0 pictures", output)
        assert "encoder loaded" not in output
        wait_until_ready(f"{demo.address}/readyz", process)


def test_a_python_that_is_too_old_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    for name in ("demo", "venv"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts" / name)
    (tmp_path / "requirements.txt").write_text("")
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "env", "dirname", "cat", "cksum"):
        (tools / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")  # how a Python before 3.11 answers the question for its version
    old.chmod(0o755)
    done = subprocess.run(
        [str(tmp_path / "scripts" / "demo")],
        env={"PATH": str(tools)}, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "Error: Vitrine needs Python 3.11 or newer; install it, or name one in the variable PYTHON.\n"
    )


def test_a_full_disk_is_one_line(checkout: Path) -> None:
    """On a real file system of one megabyte, where this process may mount one."""
    small = checkout / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        done = subprocess.run(
            [sys.executable, str(checkout / "scripts" / "demo.py")],
            cwd=small, capture_output=True, text=True, check=False, timeout=60,
            env={"PORT": str(free_port()), "VECTORSTORE_PORT": str(free_port())},
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr == "Error: the disk is full: the demo needs 300 MB.\n"
    finally:
        subprocess.run(["umount", small], check=True)
