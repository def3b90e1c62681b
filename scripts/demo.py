"""Starts Vitrine with the sample catalogue, shows one search, and runs until Ctrl-C."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

SAMPLE = Path("var/sample")
LOG = Path("var/demo.log")
QUERY = "red floral dress"
NEEDED_BYTES = 300_000_000
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 40.0

Service = subprocess.Popen[bytes]


def main() -> None:
    store_port = _port("VECTORSTORE_PORT", 6333)
    web_port = _port("PORT", 8000)
    if shutil.disk_usage(".").free < NEEDED_BYTES:
        sys.exit(f"Error: the disk is full: the demo needs {NEEDED_BYTES // 1_000_000} MB.")
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "VECTORSTORE_PORT": str(store_port),
        "QDRANT_URL": f"http://127.0.0.1:{store_port}",
        "HOST": "127.0.0.1",
        "PORT": str(web_port),
        "FEEDS": str(SAMPLE / "products.csv"),
        "PYTHONUNBUFFERED": "1",
    }
    _run(["python", "-m", "ingest", "sample", str(SAMPLE)], environ)
    address = f"http://127.0.0.1:{web_port}"
    print(f"Starting the store and the web service (their output: {LOG})", flush=True)
    LOG.unlink(missing_ok=True)
    # The web service first: honcho gives PORT to its first process, and ports further up to the others.
    services = [_start(["web", "vectorstore"], environ)]
    try:
        _wait_for(f"{environ['QDRANT_URL']}/readyz", services)
        _run(["python", "-m", "ingest", "run", environ["FEEDS"]], environ)
        # Only now, so that it finds the feed unchanged and leaves the first ingest to be seen here.
        services.append(_start(["worker"], environ))
        _wait_for(f"{address}/readyz", services)
        _show_search(address)
        print(f"\nVitrine is at {address}  (Ctrl-C stops it)", flush=True)
        while _all_run(services):
            time.sleep(0.5)
        _give_up(services)
    except KeyboardInterrupt:
        print("\nStopping", flush=True)
    finally:
        _stop(services)
    print("Stopped.")


def _start(names: list[str], environ: dict[str, str]) -> Service:
    with LOG.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own Procfile
            ["honcho", "start", "--no-colour", *names],  # noqa: S607 - of the environment that scripts/demo made
            env=environ, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def _all_run(services: list[Service]) -> bool:
    return all(service.poll() is None for service in services)


def _port(variable: str, default: int) -> int:
    """The port that the variable names, or the default; exits if it is taken."""
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        sys.exit(f"Error: {variable} should be a port from 1 to 65535, not {text!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError:
            sys.exit(f"Error: port {text} is in use: stop what runs there, or set {variable} to a free port.")
    return int(text)


def _run(command: list[str], environ: dict[str, str]) -> None:
    if code := subprocess.run(command, env=environ, check=False).returncode:  # noqa: S603 - our own commands
        sys.exit(f"Error: `{' '.join(command)}` failed (exit code {code}).")


def _wait_for(url: str, services: list[Service]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except OSError:  # not there yet, or there and not ready
            if not _all_run(services) or time.monotonic() > deadline:
                _give_up(services)
            time.sleep(0.2)


def _give_up(services: list[Service]) -> None:
    end = LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
    state = "is not ready" if _all_run(services) else "stopped"
    sys.exit(
        "\n".join([*end, f"Error: one of the services {state}; its last lines are above, all in {LOG}."])
    )


def _show_search(address: str) -> None:
    parameters = urllib.parse.urlencode({"text": QUERY, "limit": 5})
    url = f"{address}/v1/search?{parameters}"
    with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310 - our own address
        answer = json.load(response)
    print(f"\n$ curl '{url}'")
    for item in answer["items"]:
        price = f"{item['price']:.2f} {item['currency']}"
        print(f"  {item['score']:.3f}  {item['title']:<60.60} {price:>11}")
    print(f"  {answer['total']} items in {answer['took_ms']['total']:.0f} ms")


def _stop(services: list[Service]) -> None:
    # Ctrl-C again, while they stop, must not leave them behind.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for service in reversed(services):  # the store last: the others wait for it, where it went before them
        service.terminate()
        try:
            service.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            service.kill()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # even where the caller had it ignored
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
