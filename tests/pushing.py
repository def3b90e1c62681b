"""A shop that pushes: the service and the worker as processes, a store, and a server of pictures."""

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.settings import Settings
from tests.picture_servers import Exchange, PictureServer, answer, serving_pictures
from tests.pictures import jpeg
from tests.processes import free_port, running, wait_until_ready

_COLOUR = re.compile(r"/(\d+)-(\d+)-(\d+)\.jpg")


def eventually(holds: Callable[[], Any], timeout_s: float = 30) -> Any:
    """What `holds` answers as soon as it is true."""
    deadline = time.monotonic() + timeout_s
    while not (value := holds()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.03)
    return value


class Pictures:
    """Serves /R-G-B.jpg; a path in `broken` gets the status it says there, until it is taken out.

    A path in `held` is answered once its event is set; one in `answers` with these bytes, or as that does.
    """

    def __init__(self) -> None:
        self.broken: dict[str, str] = {}
        self.held: dict[str, threading.Event] = {}
        self.answers: dict[str, bytes | Callable[[Exchange], None]] = {}
        self.server: PictureServer | None = None

    def __call__(self, exchange: Exchange) -> None:
        if exchange.path in self.held:
            self.held[exchange.path].wait(90)
        if said := self.answers.get(exchange.path):
            exchange.send(said) if isinstance(said, bytes) else said(exchange)
        elif status := self.broken.get(exchange.path):
            exchange.send(answer(b"", status))
        elif colour := _COLOUR.fullmatch(exchange.path):
            red, green, blue = map(int, colour.groups())
            exchange.send(answer(jpeg((red, green, blue)), ETag='"1"'))
        else:
            exchange.send(answer(b"no", "404 Not Found"))

    def url(self, path: str) -> str:
        assert self.server is not None
        return self.server.url(path)


@dataclass
class Shop:
    """`http` calls the service."""

    http: httpx.Client
    index: ItemIndex
    pictures: Pictures
    settings: Settings
    environ: dict[str, str]

    def item(self, colour: str = "200-20-40", **fields: Any) -> dict[str, Any]:
        images = [self.pictures.url(f"/{colour}.jpg")]
        return {"title": "Thing", "category": "things", "images": images, "price": 10.0, **fields}

    def put(self, item_id: str, body: dict[str, Any], **options: Any) -> dict[str, Any]:
        return self.accepted(self.http.put(f"/v1/items/{item_id}", json=body, **options))

    def patch(self, item_id: str, body: dict[str, Any], **options: Any) -> dict[str, Any]:
        return self.accepted(self.http.patch(f"/v1/items/{item_id}", json=body, **options))

    def delete(self, item_id: str, **options: Any) -> dict[str, Any]:
        return self.accepted(self.http.delete(f"/v1/items/{item_id}", **options))

    def accepted(self, response: httpx.Response) -> dict[str, Any]:
        assert response.status_code in (200, 202), response.text
        assert response.headers["Location"] == f"/v1/ingests/{response.json()['id']}"
        return dict(response.json())

    def ingest(self, ingest: dict[str, Any]) -> dict[str, Any]:
        return dict(self.http.get(f"/v1/ingests/{ingest['id']}").json())

    def outcome(self, ingest: dict[str, Any], timeout_s: float = 30) -> dict[str, Any]:
        """Of the only operation, once it is done."""
        eventually(lambda: self.ingest(ingest)["state"] == "done", timeout_s)
        (only,) = self.ingest(ingest)["operations"]
        return dict(only)

    def stored(self, item_id: str) -> dict[str, Any] | None:
        points = self.index.points_of([item_id]).get(item_id)
        return points[0].payload if points else None

    @contextmanager
    def worker(self, log: Path, **environ: str) -> Iterator[Any]:
        with running("-m", "ingest", "work", log=log, environ={**self.environ, **environ}) as process:
            yield process


@contextmanager
def shop_over(store_url: str, encoder: Encoder, folder: Path, **environ: str) -> Iterator[Shop]:
    """The service as a process; workers are the test's own affair. `environ` is the service's and theirs."""
    pictures, port = Pictures(), free_port()
    with serving_pictures(pictures) as pictures.server:
        own = {
            "QDRANT_URL": store_url, "INDEX_ALIAS": f"pushed-{uuid.uuid4().hex[:12]}", "PORT": str(port),
            "STATE_DIR": str(folder / "state"), "THUMBNAIL_DIR": str(folder / "thumbnails"),
            "IMAGE_PRIVATE_HOSTS": "127.0.0.1", "IMAGE_PORTS": str(pictures.server.port),
            "RATE_LIMIT": "off", "WRITE_RETRY_S": "0.3", "WRITE_ATTEMPTS": "3", **environ,
        }  # fmt: skip
        chosen = {name.lower(): value for name, value in own.items() if name.lower() in Settings.model_fields}
        settings = Settings(_env_file=None, **chosen)
        client = connect(settings)
        index = ItemIndex(client, store_url, own["INDEX_ALIAS"], encoder)
        log = folder / "web.log"
        with running("-m", "gunicorn", log=log, environ=own) as service:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(f"{url}/healthz", service)
            with httpx.Client(base_url=url, timeout=60) as http:
                yield Shop(http, index, pictures, settings, own)
        client.close()
