"""tests/fuzz: no damaged picture or feed is too much for its reader. The short form."""

from pathlib import Path

import pytest

from tests.fuzz.fuzzing import fuzz
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_damaged_input_raises_nothing_but_a_catalog_error(target: str, tmp_path: Path) -> None:
    fuzzed = fuzz(target, 150, tmp_path, seed=7)
    assert fuzzed.inputs >= 150
    assert fuzzed.findings == []
