"""The versions of what this process runs on, as far as they change what it answers or how fast."""

import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version

# What stores, embeds, decodes, serves and queues.
_PACKAGES = (
    "qdrant-client", "qdrant-edge-py", "onnxruntime", "torch", "transformers", "sentence-transformers",
    "tokenizers", "numpy", "pillow", "flask", "gunicorn", "pydantic", "huey", "redis",
)  # fmt: skip


@dataclass(frozen=True)
class Package:
    """`version`: None if it is not installed here, as PyTorch need not be where ONNX Runtime embeds."""

    name: str
    version: str | None


@cache
def packages() -> tuple[Package, ...]:
    python = Package("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    return (python, *(Package(name, _version(name)) for name in _PACKAGES))


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
