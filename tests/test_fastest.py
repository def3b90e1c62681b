"""catalog/encoders/fastest.py: the faster form is found, and found again without measuring."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.encoders.fastest import RECORD, fastest


def work(form: Path) -> Callable[[], object]:
    """What stands for a form: as many steps as its file says."""
    steps = int(form.read_text())
    return lambda: sum(range(steps))


def unopened(form: Path) -> Callable[[], object]:
    pytest.fail(f"{form} was opened")


@pytest.fixture
def forms(tmp_path: Path) -> list[Path]:
    slow, fast = tmp_path / "image.onnx", tmp_path / "image.blocks.onnx"
    slow.write_text("400000")
    fast.write_text("20000")
    return [slow, fast]


def test_the_fastest_is_found_once(forms: list[Path]) -> None:
    assert fastest(forms, work) == forms[1]
    assert fastest(forms, unopened) == forms[1]
    assert {path.name for path in forms[0].parent.iterdir()} == {RECORD, *(form.name for form in forms)}


def test_another_processor_measures_for_itself(forms: list[Path]) -> None:
    record = forms[0].with_name(RECORD)
    record.write_text(json.dumps({"another": {forms[0].name: forms[0].name}}))
    assert fastest(forms, work) == forms[1]
    assert json.loads(record.read_text())["another"] == {forms[0].name: forms[0].name}


@pytest.mark.parametrize("content", ["", "[1]", '{"any": 1}', "{"])
def test_a_damaged_record_is_replaced(forms: list[Path], content: str) -> None:
    forms[0].with_name(RECORD).write_text(content)
    assert fastest(forms, work) == forms[1]
    assert fastest(forms, unopened) == forms[1]


def test_a_form_that_is_no_longer_there_is_not_taken(forms: list[Path]) -> None:
    fastest(forms, work)
    other = Path(forms[1].rename(forms[1].with_name("image.other.onnx")))
    assert fastest([forms[0], other], work) == other


def test_a_folder_that_cannot_be_written_is_no_fault(forms: list[Path]) -> None:
    forms[0].with_name(RECORD).mkdir()  # even root cannot replace a folder by a file
    assert fastest(forms, work) == forms[1]


def test_one_form_is_not_measured(forms: list[Path]) -> None:
    assert fastest(forms[:1], unopened) == forms[0]
