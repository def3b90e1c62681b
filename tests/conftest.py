"""Fixtures that several test modules share: real processes and the real bundled model, each started once."""

import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.collection import connect
from catalog.encoder import Encoder, open_encoder
from catalog.index import ItemIndex
from catalog.settings import Settings
from tests.processes import free_port, running, wait_until_ready

SERVER_URL = os.environ.get("QDRANT_URL")

# Begun first, the longest of all at the front: one that began last would hold up the others' end alone.
LONG_FILES = (
    "test_vectorstore_durability", "test_demo", "test_ray_engine", "test_page", "test_export", "test_kills",
    "test_commands", "test_memory", "test_encoder", "test_admin_shown", "test_chaos", "test_fuzz",
    "test_load", "test_service_contract", "test_service_any_request", "test_backup",
    "test_reindex_under_load", "test_vectorstore_optimiser", "test_full_and_verify", "test_reindex",
)  # fmt: skip

# Whoever runs the tests in the background of a script has Ctrl-C ignored, here and in every process that is
# started from here; those are to be stopped by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The environment of the person who runs the tests must not change what they test.
for variable in [name for name in os.environ if name.lower() in Settings.model_fields]:
    del os.environ[variable]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    turn = {name: number for number, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: turn.get(item.path.stem, len(turn)))
    for item in items:
        if SERVER_URL is None and item.get_closest_marker("server"):
            item.add_marker(pytest.mark.skip(reason="needs a real Qdrant server at QDRANT_URL"))
        if "long" not in config.option.markexpr and item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: pytest -m long"))


@pytest.fixture(scope="session")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A vectorstore process of its own, empty at first."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    path = tmp_path_factory.mktemp("vectorstore")
    with running(
        "-m", "vectorstore", "--path", path, "--port", port, log=path.with_suffix(".log")
    ) as process:
        wait_until_ready(f"{url}/readyz", process)
        yield url


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The bundled model, in the runtime that a machine like this one chooses by itself."""
    return open_encoder(Settings(_env_file=None))


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings with an index, thumbnails and locks of the test's own.

    The store is a vectorstore process; for a test marked `server`, the one that QDRANT_URL names.
    """
    on_server = request.node.get_closest_marker("server") is not None
    return Settings(
        _env_file=None,
        qdrant_url=SERVER_URL if on_server else request.getfixturevalue("store_url"),
        index_alias=f"test-{uuid.uuid4().hex[:12]}",
        state_dir=tmp_path / "state",
        thumbnail_dir=tmp_path / "thumbnails",
        ingest_batch_items=8,
    )


@pytest.fixture
def index(settings: Settings, encoder: Encoder) -> Iterator[ItemIndex]:
    """The test's own index; its collection is made by the first `ensure()`."""
    client = connect(settings)
    yield ItemIndex(client, settings.qdrant_url, settings.index_alias, encoder)
    for collection in client.get_collections().collections:  # those that reindex has made, too
        if collection.name.startswith(f"{settings.index_alias}-"):
            client.delete_collection(collection.name)
    client.close()
