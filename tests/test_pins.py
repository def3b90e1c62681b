"""What is imported is pinned, what is pinned is used, every pin says why, and an audit is honest."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import packages_distributions, version

from tests.processes import ROOT, run_program

_LINE = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)(\[[a-z,]+\])?==(?P<version>[^\s#]+)\s+# (?P<why>\S.+)")
_ROOMS = ("catalog", "service", "ingest", "vectorstore")
_RUN_BY_NAME = {
    "gunicorn": "Procfile", "honcho": "scripts/demo.py", "httptools": "vectorstore/server.py",
    "onnx-ir": "catalog/encoders/eight_bits.py",
}  # fmt: skip
# Optional, in requirements-cuda.txt; for types alone; pinned by pydantic itself, to one version.
_NOT_PINNED = {"nvidia", "_typeshed", "pydantic_core"}


def pinned(file: str) -> dict[str, str]:
    """Version by normal name; fails for a line that is no exact pin with a reason."""
    found = {}
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            match = _LINE.fullmatch(line)
            assert match, f"{file}: {line!r} should be NAME==VERSION  # why"
            found[normal(match["name"])] = match["version"]
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def distributions() -> dict[str, list[str]]:
    return {module: list(map(normal, names)) for module, names in packages_distributions().items()}


def imported(*folders: str) -> dict[str, str]:
    """Every module of others that is imported, and the file that does, wherever in it."""
    found = {}
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {name.split(".")[0]: str(path.relative_to(ROOT)) for name in names}
    own = {*_ROOMS, "tests", "bench", "scripts", "gunicorn_conf"} | set(sys.stdlib_module_names)
    return {module: file for module, file in found.items() if module not in own}


def test_what_is_imported_is_pinned() -> None:
    pins = {**pinned("requirements.txt"), **pinned("requirements-ray.txt")}
    for module, file in imported(*_ROOMS).items():
        assert module in _NOT_PINNED or set(distributions().get(module, [])) & set(pins), (
            f"{file} imports {module}: pin it"
        )
    every = {**pins, **pinned("requirements-dev.txt")}
    for module, file in imported("tests").items():
        assert set(distributions().get(module, [])) & set(every), f"{file} imports {module}: pin it"


def test_what_is_pinned_is_used() -> None:
    used = {one for module in imported(*_ROOMS, "scripts") for one in distributions().get(module, [])}
    for name in pinned("requirements.txt"):
        if name not in used:
            named_in = ROOT / _RUN_BY_NAME.get(name, "requirements.txt")
            assert name in _RUN_BY_NAME, f"{name} is pinned and imported nowhere"
            assert named_in.exists()


def test_what_is_pinned_is_installed() -> None:
    for file in ("requirements.txt", "requirements-dev.txt", "requirements-ray.txt"):
        for name, wanted in pinned(file).items():
            assert version(name).split("+")[0] == wanted, f"{file}: {name}"


def test_the_audit_never_takes_silence_for_an_all_clear() -> None:
    """Behind a proxy that nobody runs, which is the same anywhere."""
    nowhere = {name: "http://127.0.0.1:9" for name in ("HTTPS_PROXY", "https_proxy")}
    done = run_program("scripts/audit.py", environ={**nowhere, "NO_PROXY": "", "no_proxy": ""})
    assert done.returncode == 2, done.stdout
    assert done.stdout.startswith("Not audited: ")
