"""Audits the packages of this environment by pip-audit, and takes no silence for an all-clear."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

_FINE, _WEAK, _NOT_ASKED = 0, 1, 2
_TIMEOUT_S = 300


def main() -> int:
    packages, said = _audited()
    if packages is None:
        print(f"Not audited: the advisory service (pypi.org) does not answer. {said}")
        return _NOT_ASKED
    weak = [one for one in packages if one.get("vulns")]
    # A mirror without advisories answers as if it knew no package at all.
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    for one in weak:
        for found in one["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "no release"
            print(f"{one['name']} {one['version']}: {found['id']}, fixed in {fixed}")
    if unknown:
        named = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        share = f"{len(unknown)} of {len(packages)} packages"
        print(f"Not audited: the advisory service knows nothing of {share}: {named}")
    if weak:
        return _WEAK
    if unknown:
        return _NOT_ASKED
    print(f"{len(packages)} packages audited, no known weakness.")
    return _FINE


def _audited() -> tuple[list[dict[str, Any]] | None, str]:
    """What pip-audit found of each package; None, and its last words, if it could not."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "audit.json"
        command = [sys.executable, "-m", "pip_audit", "--local", "--progress-spinner", "off"]
        command += ["--format", "json", "--output", str(report)]
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return None, f"It was waited for {_TIMEOUT_S} s."
        try:
            return list(json.loads(report.read_text())["dependencies"]), ""
        except (OSError, json.JSONDecodeError):
            return None, (done.stderr.strip().splitlines() or [""])[-1][:300]


if __name__ == "__main__":
    sys.exit(main())
