"""The sample catalogue, drawn once for all tests of a run, since drawing it takes a while."""

from pathlib import Path

import pytest
from filelock import FileLock
from xdist import is_xdist_worker

from ingest.sample import draw_catalogue


def drawn_sample(request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> Path:
    """Its folder, which nobody may write to."""
    base = factory.getbasetemp()
    shared = base.parent if is_xdist_worker(request) else base
    folder = shared / "drawn-sample"
    with FileLock(shared / "drawn-sample.lock"):
        if not (folder / "products.csv").exists():  # which is written last
            draw_catalogue(folder)
    return folder
