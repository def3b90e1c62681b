"""No secret of a setting or of a feed's address in any log, answer or file, whatever goes wrong."""

import tarfile
import traceback
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from catalog.collection import connect, ping
from catalog.contents import contents_of
from catalog.errors import IndexUnavailable, SettingInvalid
from catalog.settings import Settings, read_settings
from catalog.snapshots import Node
from tests.feed_server import answering
from tests.processes import free_port, run_program, running, wait_until_ready
from tests.pushing import eventually
from tests.servers import serving

SECRETS = {
    "API_KEYS": "admin-key-4f1c9d7be2a0", "QDRANT_API_KEY": "store-key-8d3e5a90c1b7",
    "REDIS_URL": "redis-word-71c2e9f0ab", "QDRANT_URL": "store-word-c05d9e77f1",
    "password": "feed-word-5b0d82e6f3", "token": "feed-token-e94a17cc20",
    "signature": "feed-signature-03ffab1c",
}  # fmt: skip
FEED = b"id,title,category,image\nA1,Dress,dresses,none.jpg\nA2,,dresses,none.jpg\n"


# Nobody answers there.
REDIS_AWAY = f"redis://shop:{SECRETS['REDIS_URL']}@127.0.0.1:9/0"
STORE_AWAY = f"http://shop:{SECRETS['QDRANT_URL']}@127.0.0.1:9"


def with_login(store_url: str) -> str:
    return store_url.replace("://", f"://shop:{SECRETS['QDRANT_URL']}@")


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
        "QDRANT_URL": with_login(store_url), "QDRANT_API_KEY": SECRETS["QDRANT_API_KEY"],
        "INDEX_ALIAS": "secrets", "API_KEYS": f"admin:{SECRETS['API_KEYS']}",
        "STATE_DIR": str(state), "FEEDS": feed,
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
            (("run", feed), {"REDIS_URL": REDIS_AWAY}),
            (("status",), {}),
            (("status",), {"QDRANT_URL": STORE_AWAY, "LOG_FORMAT": "json"}),
            (("status",), {"API_KEYS": f"nothing:{SECRETS['API_KEYS']}"}),
        )
    ]
    assert [one.returncode for one in told] == [1, 2, 2, 0, 2, 2], [one.stderr for one in told]
    assert "http://127.0.0.1:9 does not answer" in told[4].stderr
    assert "shop=7" in told[3].stdout  # the feed is named all the same
    for one in told:
        assert_no_secret(one.stdout + one.stderr, f"the output of {one.args}")
    assert_no_secret((tmp_path / "rejects.jsonl").read_text(), "the rejects")


@pytest.mark.parametrize(
    "away", [{}, {"REDIS_URL": REDIS_AWAY}, {"QDRANT_URL": STORE_AWAY}], ids=["none", "redis", "store"]
)
def test_processes_tell_none(environ: dict[str, str], away: dict[str, str], tmp_path: Path) -> None:
    port = str(free_port())
    own = {**environ, **away, "PORT": port}
    logs = [tmp_path / "web.log", tmp_path / "worker.log"]
    with (
        running("-m", "gunicorn", log=logs[0], environ=own) as web,
        running("-m", "ingest", "work", log=logs[1], environ=own),
    ):
        wait_until_ready(f"http://127.0.0.1:{port}/healthz", web)
        answers = drive(f"http://127.0.0.1:{port}")
        eventually(lambda: "127.0.0.1" in logs[1].read_text() or "Redis" in logs[1].read_text(), 60)
    assert [answer.status_code for answer in answers[:2]] == (
        [503, 503] if "QDRANT_URL" in away else [200, 200]
    )
    for answer in answers:
        assert_no_secret(f"{answer.headers}{answer.text}", f"the answer of {answer.request.url.path}")
    for log in logs:
        assert_no_secret(log.read_text(), log.name)
    for path in Path(environ["STATE_DIR"]).rglob("*"):
        if path.is_file():
            assert_no_secret(path.read_bytes().decode("latin-1"), path.name)


def test_backups_tell_none(environ: dict[str, str], feed: str, tmp_path: Path) -> None:
    archive, node = tmp_path / "a.tar", ("--node", environ["QDRANT_URL"])
    assert run_program("-m", "ingest", "run", feed, environ=environ).returncode == 1, "one row is none"
    told = [
        run_program("-m", "ingest", *arguments, environ={**environ, "LOG_LEVEL": "DEBUG", **more})
        for arguments, more in (
            (("backup", archive, "--no-trial", *node), {}),
            (("restore", archive, *node), {}),
            (("restore", archive), {"QDRANT_URL": STORE_AWAY}),
            (("backup", tmp_path / "b.tar", "--node", STORE_AWAY), {}),
            (("backup", tmp_path / "b.tar"), {"REDIS_URL": REDIS_AWAY}),
        )
    ]
    assert [one.returncode for one in told] == [0, 0, 2, 2, 2], [one.stderr for one in told]
    for one in told:
        assert_no_secret(one.stdout + one.stderr, f"the output of {one.args}")
    with tarfile.open(archive) as tar:
        for member in tar:
            content = tar.extractfile(member)
            assert content is not None
            assert_no_secret(content.read().decode("latin-1"), member.name)


@pytest.mark.parametrize("name", ["QDRANT_URL", "REDIS_URL"])
@pytest.mark.parametrize("mark", ["/", "?", "#", "12#"])
def test_a_password_that_breaks_its_address_is_refused_without_it(
    name: str, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library would take what stands before the mark for a port, and tell it."""
    scheme = "http" if name == "QDRANT_URL" else "redis"
    monkeypatch.setenv(name, f"{scheme}://shop:{mark}word@127.0.0.1:9")
    with pytest.raises(SettingInvalid, match=f"^{name}: should be an address") as refused:
        read_settings()
    trace = "".join(traceback.format_exception(refused.value))
    assert "word" not in trace.replace("password", "")


def test_a_wrong_address_ends_a_start_in_one_line_without_it(environ: dict[str, str]) -> None:
    wrong = environ["QDRANT_URL"].replace("://shop:", "://shop:half/")
    for name in ("gunicorn", "ingest"):
        more = ("status",) if name == "ingest" else ()
        done = run_program("-m", name, *more, environ={**environ, "QDRANT_URL": wrong})
        assert done.returncode != 0 and "QDRANT_URL: should be an address" in done.stderr
        assert_no_secret(done.stdout + done.stderr, name)
        assert "half" not in done.stderr and "Traceback" not in done.stderr, done.stderr
        assert done.stderr.splitlines()[-1].endswith("as %2F %3F %23 %40 %3A %25")


def test_the_login_of_a_store_is_sent_to_it_by_everything_that_asks() -> None:
    """As HTTP basic authentication, with its percent signs read."""
    seen: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    with serving(Handler) as url:
        own = Settings(_env_file=None, qdrant_url=url.replace("://", "://shop:w%2Frd@"))
        client = connect(own)
        for ask in (
            lambda: ping(client, own.qdrant_url),
            lambda: contents_of(own, "items-1"),
            lambda: Node(own.qdrant_url, None).shards("items-1"),
        ):
            with pytest.raises(IndexUnavailable, match="http://127.0.0.1:[0-9]+ cannot answer now") as told:
                ask()
            assert "w/rd" not in str(told.value) and "w%2F" not in str(told.value)
        client.close()
    assert seen == [f"Basic {b64encode(b'shop:w/rd').decode()}"] * 3


def drive(url: str) -> list[httpx.Response]:
    """What is right, what is refused, and what fails."""
    key = {"Authorization": f"Bearer {SECRETS['API_KEYS']}"}
    item = {"title": "T", "category": "c", "images": ["http://10.0.0.1/x.jpg"]}
    with httpx.Client(base_url=url, timeout=30, headers=key) as known, httpx.Client(base_url=url) as unknown:
        return [
            known.get("/v1/search?text=red"),
            known.get("/v1/stats"),
            known.get("/readyz"),
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
