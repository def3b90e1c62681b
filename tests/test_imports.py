"""The import table of the architecture: which room may use which."""

import ast
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.processes import ROOT

ROOMS = ("catalog", "service", "ingest", "vectorstore")
MAY_USE = {"catalog": set(), "service": {"catalog"}, "ingest": {"catalog"}, "vectorstore": set()}
CLIENT_HOMES = {"catalog/collection.py", "catalog/index.py", "catalog/making.py", "catalog/versions.py"}


def imports_of(room: str) -> Iterator[tuple[str, str, str]]:
    """File, module, imported name of every import in the room, those inside functions too."""
    for path in sorted((ROOT / room).rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file} imports relatively; imports are absolute here"
                yield from ((file, node.module or "", alias.name) for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_one_way(room: str) -> None:
    used = {(file, module.split(".")[0]) for file, module, _ in imports_of(room)}
    wrong = [(file, top) for file, top in used if top in ROOMS and top != room and top not in MAY_USE[room]]
    assert wrong == []


def test_only_these_files_use_the_client_of_qdrant() -> None:
    users = {
        file
        for room in ROOMS
        for file, module, name in imports_of(room)
        if module.split(".")[0] == "qdrant_client"
        and name in ("QdrantClient", "AsyncQdrantClient", "qdrant_client")
    }
    assert users == CLIENT_HOMES


def test_only_the_vectorstore_uses_the_engine() -> None:
    users = {
        file.split("/")[0]
        for room in ROOMS
        for file, module, _ in imports_of(room)
        if "qdrant_edge" in module
    }
    assert users == {"vectorstore"}


def test_flask_is_used_by_the_service_alone() -> None:
    users = {
        file.split("/")[0] for room in ROOMS for file, module, _ in imports_of(room) if module == "flask"
    }
    assert users == {"service"}


@pytest.mark.parametrize("module", ["service.app", "ingest.__main__", "vectorstore.__main__"])
def test_nothing_heavy_happens_at_import(module: str) -> None:
    program = (
        f"import {module}, logging, sys; "
        "assert 'torch' not in sys.modules, 'torch'; "
        "assert not logging.getLogger().handlers, 'logging is set up'"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_embedding_with_onnx_runtime_imports_no_pytorch() -> None:
    program = (
        "import sys; from PIL import Image; from catalog.settings import Settings; "
        "from catalog.encoder import open_encoder; encoder = open_encoder(Settings(_env_file=None)); "
        "encoder.encode_texts(['dress']); encoder.encode_images([Image.new('RGB', (300, 400))]); "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'onnx'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
