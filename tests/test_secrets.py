"""No secret of a setting or of a feed's address in any log, answer or file, whatever goes wrong."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from tests.feed_server import answering
from tests.processes import free_port, run_program, running, wait_until_ready
from tests.pushing import eventually

SECRETS = {
    "API_KEYS": "admin-key-4f1c9d7be2a0", "QDRANT_API_KEY": "store-key-8d3e5a90c1b7",
    "REDIS_URL": "redis-word-71c2e9f0ab", "password": "feed-word-5b0d82e6f3",
    "token": "feed-token-e94a17cc20",
    "signature": "feed-signature-03ffab1c",
}  # fmt: skip
FEED = b"id,title,category,image\nA1,Dress,dresses,none.jpg\nA2,,dresses,none.jpg\n"


@pytest.fixture(scope="module")
def feed() -> Iterator[str]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(FEED)))
        handler.end_headers()
        handler.wfile.write(FEED)

    with answering(answer) as address:
        query = f"shop=7&access_token={SECRETS['token']}&X-Amz-Signature={SECRETS['signature']}"
        yield address.replace("://", f"://shop:{SECRETS['password']}@") + f"?{query}"


@pytest.fixture(scope="module")
def environ(store_url: str, feed: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    state = tmp_path_factory.mktemp("state")
    return {
        "QDRANT_URL": store_url, "QDRANT_API_KEY": SECRETS["QDRANT_API_KEY"], "INDEX_ALIAS": "secrets",
        "API_KEYS": f"admin:{SECRETS['API_KEYS']}", "STATE_DIR": str(state), "FEEDS": feed,
        "THUMBNAIL_DIR": str(state / "thumbnails"), "LOG_LEVEL": "DEBUG", "FEED_INTERVAL_S": "0.5",
    }  # fmt: skip


def assert_no_secret(text: str, where: str) -> None:
    for name, secret in SECRETS.items():
        assert secret not in text, (
            f"{name} stands in {where}: {text[max(0, text.index(secret) - 300) :][:600]}"
        )


def test_the_command_line_tells_none(environ: dict[str, str], feed: str, tmp_path: Path) -> None:
    closed = feed.replace(feed.split("@")[1].split("/")[0], f"127.0.0.1:{free_port()}")
    told = [
        run_program("-m", "ingest", *arguments, environ={**environ, **more})
        for arguments, more in (
            (("run", feed, "--rejects", tmp_path / "rejects.jsonl"), {}),
            (("run", closed), {}),
            (("run", feed), {"REDIS_URL": f"redis://:{SECRETS['REDIS_URL']}@127.0.0.1:9"}),
            (("status",), {}),
            (("status",), {"QDRANT_URL": "http://127.0.0.1:9", "LOG_FORMAT": "json"}),
            (("status",), {"API_KEYS": f"nothing:{SECRETS['API_KEYS']}"}),
        )
    ]
    assert [one.returncode for one in told] == [1, 2, 2, 0, 2, 2], [one.stderr for one in told]
    assert "shop=7" in told[3].stdout  # the feed is named all the same
    for one in told:
        assert_no_secret(one.stdout + one.stderr, f"the output of {one.args}")
    assert_no_secret((tmp_path / "rejects.jsonl").read_text(), "the rejects")


@pytest.mark.parametrize("redis", [False, True])
def test_processes_tell_none(environ: dict[str, str], redis: bool, tmp_path: Path) -> None:
    port = str(free_port())
    own = {**environ, "PORT": port}
    if redis:  # which does not answer
        own["REDIS_URL"] = f"redis://:{SECRETS['REDIS_URL']}@127.0.0.1:9"
    logs = [tmp_path / "web.log", tmp_path / "worker.log"]
    with (
        running("-m", "gunicorn", log=logs[0], environ=own) as web,
        running("-m", "ingest", "work", log=logs[1], environ=own),
    ):
        wait_until_ready(f"http://127.0.0.1:{port}/healthz", web)
        answers = drive(f"http://127.0.0.1:{port}")
        eventually(lambda: "127.0.0.1" in logs[1].read_text() or "Redis" in logs[1].read_text(), 60)
    for answer in answers:
        assert_no_secret(f"{answer.headers}{answer.text}", f"the answer of {answer.request.url.path}")
    for log in logs:
        assert_no_secret(log.read_text(), log.name)
    for path in Path(environ["STATE_DIR"]).rglob("*"):
        if path.is_file():
            assert_no_secret(path.read_bytes().decode("latin-1"), path.name)


def drive(url: str) -> list[httpx.Response]:
    """What is right, what is refused, and what fails."""
    key = {"Authorization": f"Bearer {SECRETS['API_KEYS']}"}
    item = {"title": "T", "category": "c", "images": ["http://10.0.0.1/x.jpg"]}
    with httpx.Client(base_url=url, timeout=30, headers=key) as known, httpx.Client(base_url=url) as unknown:
        return [
            known.get("/v1/search?text=red"),
            known.get("/v1/stats"),
            known.put("/v1/items/x", json=item),
            known.post("/v1/search", content=b"{"),
            known.get(f"/v1/search?key={SECRETS['API_KEYS']}"),
            known.get("/metrics"),
            known.get("/admin"),
            unknown.get("/admin"),
            unknown.post("/admin/sign-in", data={"key": SECRETS["API_KEYS"] + "x"}),
            unknown.post("/admin/sign-in", data={"key": SECRETS["API_KEYS"]}),
            unknown.get("/v1/search", headers={"Authorization": f"Bearer {SECRETS['API_KEYS']}x"}),
            unknown.get("/nowhere", headers={"Authorization": f"Basic {SECRETS['API_KEYS']}"}),
        ]
