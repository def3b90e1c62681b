"""The sample catalogue, drawn once for all tests of a run, since drawing it takes a while."""

from pathlib import Path

import pytest
from filelock import FileLock
from xdist import is_xdist_worker

from ingest.sample import products
from tests.processes import run_program


def drawn_sample(request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> Path:
    """Its folder, which nobody may write to; drawn by the command that scripts/demo.py draws it by."""
    base = factory.getbasetemp()
    shared = base.parent if is_xdist_worker(request) else base
    folder = shared / "drawn-sample"
    with FileLock(shared / "drawn-sample.lock"):
        if not (folder / "products.csv").exists():  # which is written last
            done = run_program("-m", "ingest", "sample", folder, timeout_s=300)
            assert done.returncode == 0, done.stderr
            assert f"{len(products())} products" in done.stdout, done.stdout
    return folder
