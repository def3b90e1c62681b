"""Keeps exports of models for ONNX Runtime: one a fingerprint, made once, checked whenever it is opened."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from filelock import FileLock

from catalog.encoders.export_record import FORMAT, read_record
from catalog.encoders.onnx_runtime import Export
from catalog.errors import EncoderUnavailable
from catalog.model_files import fingerprint_of

# The exit codes of catalog/encoders/export_child.py; its last line on standard error says why.
DONE, IMPOSSIBLE, UNLOADABLE = 0, 3, 4

_ROOT = Path(__file__).resolve().parent.parent.parent
_REFUSAL = "impossible.txt"

_log = logging.getLogger(__name__)


def exported(model: Path, cache_dir: Path, again: bool = False) -> Export | None:
    """The export of the sentence-transformers folder `model`, made now if there is none or it is damaged.

    None, with a line in the log, where the model cannot be exported; that is remembered, and tried anew only
    if `again`. Raises EncoderUnavailable if the model cannot be loaded or `cache_dir` not be written.
    """
    fingerprint = fingerprint_of(model)
    folder = cache_dir / f"{fingerprint[:16]}-{FORMAT}"
    if record := read_record(folder, fingerprint):
        return Export(folder, record)
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):  # another worker may be at it: then this one finds it done
            if not again and (folder / _REFUSAL).is_file():
                _log.warning("PyTorch runs %s: %s", model.name, (folder / _REFUSAL).read_text("utf-8"))
                return None
            if not read_record(folder, fingerprint):
                _make(model, folder)
    except OSError as error:
        raise EncoderUnavailable(f"ENCODER_CACHE_DIR: {cache_dir}: {error.strerror or error}") from error
    if record := read_record(folder, fingerprint):
        return Export(folder, record)
    if (folder / _REFUSAL).is_file():
        return None
    raise EncoderUnavailable(f"The export in {folder} cannot be read back: is the disk sound?")


def _make(model: Path, folder: Path) -> None:
    """Export into a folder aside and put it in place: nobody ever sees half an export."""
    for left_over in folder.parent.glob(f"{folder.name}.*.part"):  # of an export that was killed
        shutil.rmtree(left_over)
    started = time.perf_counter()
    _log.info("exporting %s for ONNX Runtime: once, some seconds", model.name)
    with tempfile.TemporaryDirectory(
        dir=folder.parent, prefix=f"{folder.name}.", suffix=".part", ignore_cleanup_errors=True
    ) as name:
        aside = Path(name) / folder.name
        aside.mkdir()
        done = _run_child(model, aside)
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        if done.returncode == IMPOSSIBLE:
            (aside / _REFUSAL).write_text(reason, "utf-8")
            _log.warning("PyTorch runs %s, which cannot be exported for ONNX Runtime: %s", model.name, reason)
        elif done.returncode == UNLOADABLE:
            raise EncoderUnavailable(reason)
        elif done.returncode != DONE:
            raise EncoderUnavailable(f"The export of {model.name} ended with {done.returncode}: {reason}")
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        aside.rename(folder)
    _log.info("exported %s: seconds=%.1f", model.name, time.perf_counter() - started)


def _run_child(model: Path, aside: Path) -> subprocess.CompletedProcess[str]:
    # A process of its own: PyTorch's 600 MB go with it, and a web worker stays without them.
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "catalog.encoders.export_child", str(model), str(aside)],
        env={**os.environ, "PYTHONPATH": path}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", check=False,
    )  # fmt: skip
