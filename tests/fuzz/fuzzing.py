"""Runs a target in child processes until it has seen so many inputs, and keeps what it fell over."""

import os
import re
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.requests import STORE
from tests.fuzz.targets import TARGETS
from tests.processes import ROOT
from tests.vectorstore_process import serving

# For one input. What takes longer, or more memory, is a finding as an exception is.
LIMIT_S, LIMIT_MB, LONGEST_BYTES = 10, 1_500, 20_000
_MOST_FINDINGS = 10
_DONE = re.compile(r"^(?:Done |stat::number_of_executed_units: |#)(\d+)", re.MULTILINE)


@dataclass
class Fuzzed:
    """`findings`: the last lines of what each child said of the input that it fell over."""

    inputs: int = 0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)


def fuzz(name: str, inputs: int, folder: Path, seed: int) -> Fuzzed:
    """`folder` keeps the inputs that led further, and as crash-…, timeout-… or oom-… the findings."""
    result, began = Fuzzed(), time.monotonic()
    corpus = folder / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(TARGETS[name][1]()):
        (corpus / f"seed-{number:03}").write_bytes(content)
    with serving() if name == "requests" else nullcontext() as store:
        while result.inputs < inputs and len(result.findings) < _MOST_FINDINGS:
            left, tried = inputs - result.inputs, len(result.findings)
            run, told = _child(name, left, corpus, folder, seed + tried, store.url if store else "")
            result.inputs += run
            if told is not None:
                result.findings.append(told)
            elif run == 0:
                raise RuntimeError(f"{name}: the child saw no input")
    result.seconds = time.monotonic() - began
    return result


def _child(
    name: str, inputs: int, corpus: Path, folder: Path, seed: int, store: str
) -> tuple[int, str | None]:
    """How many inputs it saw, and what it fell over."""
    options = (
        f"-runs={inputs}", f"-timeout={LIMIT_S}", f"-rss_limit_mb={LIMIT_MB}", f"-max_len={LONGEST_BYTES}",
        f"-seed={seed}", f"-artifact_prefix={folder}/{name}-", "-print_final_stats=1", "-len_control=0",
    )  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.child", name, *options, str(corpus)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), STORE: store},
        capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    output = ended.stderr + ended.stdout
    seen = max((int(count) for count in _DONE.findall(output)), default=0)
    if ended.returncode == 0:
        return seen, None
    return seen, "\n".join(_telling(output.splitlines()))


def _telling(lines: list[str]) -> list[str]:
    """From the exception on, or from where libFuzzer tells of a native library that fell, or of a limit."""
    for sign in ("Uncaught Python exception", "ERROR: "):
        starts = [n for n, line in enumerate(lines) if sign in line]
        if starts:
            return lines[starts[0] :][:40]
    return lines[-25:]
