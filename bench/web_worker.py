"""How soon a web worker answers after its start, and what memory it takes: `python -m bench.web_worker`.

Starts a store, fills it with one item, then gunicorn as in production with one worker, and asks it: a first
text, then texts and pictures from 8 clients at once. The times are from gunicorn's start to the first search
by words that came back with 200, and from the killing of its worker to the next one.
"""

import http.client
import io
import os
import signal
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.machine import machine
from catalog.encoders import probes
from tests.processes import free_port, run_program, running, wait_until_ready

_ROUNDS = 5


def main() -> None:
    print(machine())
    run_program("-m", "catalog", "export").check_returncode()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = free_port()
        environ = {"QDRANT_URL": f"http://127.0.0.1:{port}", "STATE_DIR": name, "THUMBNAIL_DIR": name}
        with running(
            "-m", "vectorstore", "--path", folder / "store", "--port", port, log=folder / "store.log"
        ) as store:
            wait_until_ready(f"{environ['QDRANT_URL']}/readyz", store)
            feed = folder / "feed" / "dresses"
            feed.mkdir(parents=True)
            probes.pictures()[4].save(feed / "a.jpg")
            run_program("-m", "ingest", "run", folder / "feed", environ=environ).check_returncode()
            names = ("first answer s", "new worker s", "RSS MB", "after load", "PSS MB", "torch")
            print(*(f"{name:>14}" for name in names))
            for _ in range(_ROUNDS):
                _measure(folder, environ)


def _measure(folder: Path, environ: dict[str, str]) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/v1/search"
    environ = {**environ, "PORT": str(port), "WEB_CONCURRENCY": "1"}
    started = time.perf_counter()
    with running("-m", "gunicorn", log=folder / "web.log", environ=environ) as master:
        seconds = _answered(url) - started
        worker = _child_of(master.pid)
        at_first = _memory_mb(worker)["Rss"]
        _load(url)
        after = _memory_mb(worker)
        maps = Path(f"/proc/{worker}/maps").read_text()
        torch = "yes" if "libtorch" in maps else "no"
        os.kill(worker, signal.SIGKILL)
        started = time.perf_counter()
        again = _answered(url) - started
        figures = (f"{one:14.2f}" for one in (seconds, again))
        memory = (f"{one:14.0f}" for one in (at_first, after["Rss"], after["Pss"]))
        print(*figures, *memory, f"{torch:>14}", flush=True)


def _answered(url: str) -> float:
    """When the first search came back with 200."""
    while True:
        try:
            urllib.request.urlopen(f"{url}?text=red+dress", timeout=10).close()
            return time.perf_counter()
        except (OSError, http.client.HTTPException):  # nobody listens yet, or whoever did was killed
            time.sleep(0.005)


def _load(url: str) -> None:
    buffer = io.BytesIO()
    probes.pictures()[4].resize((600, 800)).save(buffer, "JPEG")

    def ask(number: int) -> None:
        if number % 2:
            urllib.request.urlopen(f"{url}?text=dress+{number}", timeout=30).close()
        else:
            head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
            body = head + buffer.getvalue() + b"\r\n--x--\r\n"
            kind = {"Content-Type": "multipart/form-data; boundary=x"}
            urllib.request.urlopen(urllib.request.Request(url, body, kind), timeout=30).close()

    with ThreadPoolExecutor(8) as clients:
        list(clients.map(ask, range(400)))


def _child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def _memory_mb(pid: int) -> dict[str, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.endswith("kB")}


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    main()
