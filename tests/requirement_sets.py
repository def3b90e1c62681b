"""What a requirements file installs, told from the environment that has all; and a Python without the rest.

A child process that is started with `environ_without` finds no module of any other package, as if it ran
where that file alone was installed.
"""

import re
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

from tests.processes import ROOT

_BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
"""


def pins(file: str) -> dict[str, str]:
    """Version by package."""
    lines = (ROOT / file).read_text().splitlines()
    found = [re.match(r"([\w-]+)(?:\[[\w,]+\])?==(\S+)", line) for line in lines]
    return {match[1]: match[2] for match in found if match}


def installed_by(file: str) -> set[str]:
    """The packages that come with it, by their normalised names."""
    left = [Requirement(name) for name in pins(file)]
    found: set[str] = set()
    while left:
        name = _plain(left.pop().name)
        if name in found:
            continue
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        found.add(name)
        wanted = [Requirement(need) for need in needs]
        left += [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def environ_without(file: str, folder: Path) -> dict[str, str]:
    """Of a process that finds only what the requirements file installs, and the standard library."""
    known = installed_by(file)
    others = {
        module
        for module, packages in packages_distributions().items()
        if not {_plain(one) for one in packages} & known
    }
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(f"BLOCKED = {sorted(others)!r}\n{_BLOCKER}")
    return {"PYTHONPATH": str(folder)}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
