"""The machine that figures were taken on, in one line."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("onnxruntime", "torch", "pillow", "numpy")


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    packages = ", ".join(f"{package} {version(package)}" for package in _PACKAGES)
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}"
