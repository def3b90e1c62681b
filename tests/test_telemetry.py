"""ONNX Runtime sends figures to its makers, unless the catalogue is imported first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

_WHATEVER_MUTES = {"CI", "GITHUB_ACTIONS", "TF_BUILD", "CIRCLECI", "TRAVIS", "ORT_DISABLE_TELEMETRY"}
_WITHOUT_NETWORK = ["unshare", "--map-root-user", "--net"]


def kept_at_home(home: Path, program: str, prefix: list[str]) -> list[Path]:
    """What the program leaves in a home folder of its own: an id, and the figures that are to be sent."""
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in _WHATEVER_MUTES}
    environ = {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    subprocess.run([*prefix, sys.executable, "-c", program], cwd=ROOT, env=environ, check=True)
    return [path for path in home.rglob("*") if "onnxruntime" in path.name]


@pytest.mark.parametrize("module", ["catalog.encoders.onnx_runtime", "bench.threads"])
def test_nothing_is_kept_for_the_makers_of_onnx_runtime(module: str, tmp_path: Path) -> None:
    assert kept_at_home(tmp_path / "home", f"import {module}", []) == []


def test_it_would_be_seen(tmp_path: Path) -> None:
    try:
        subprocess.run([*_WITHOUT_NETWORK, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a namespace without a network, since it would send its figures")
    assert kept_at_home(tmp_path / "home", "import onnxruntime", _WITHOUT_NETWORK)
