"""`python -m tests.fuzz --inputs 100000`: so many damaged inputs a target; exits 1 if one was too much."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fuzz.fuzzing import LIMIT_MB, LIMIT_S, fuzz
from tests.fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--inputs", type=int, default=100_000, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=list(TARGETS), action="append", help="only this one")
    parser.add_argument("--keep", type=Path, help="a folder for the corpus and the findings")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="fuzz-"))
    findings = 0
    for name in options.target or TARGETS:
        fuzzed = fuzz(name, options.inputs, folder, options.seed)
        findings += len(fuzzed.findings)
        told = f"{fuzzed.inputs:,} inputs in {fuzzed.seconds:.0f} s, {len(fuzzed.findings)} findings"
        print(f"{name}: {told} (limits: {LIMIT_S} s, {LIMIT_MB} MB)", flush=True)  # noqa: T201
        for finding in fuzzed.findings:
            print(finding, flush=True)  # noqa: T201
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
