"""ingest/pictures.py: pictures that a feed names as local files."""

import os
from pathlib import Path

import pytest

from catalog.errors import ImageMissing, ImageTooManyBytes
from ingest.pictures import read_picture


def test_a_file_is_read_whole_by_its_relative_and_its_absolute_name(tmp_path: Path) -> None:
    content = os.urandom(300_000)
    (tmp_path / "a.jpg").write_bytes(content)
    assert read_picture(tmp_path, "a.jpg", 300_000) == content
    assert read_picture(Path("/elsewhere"), str(tmp_path / "a.jpg"), 300_000) == content


def test_an_empty_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    assert read_picture(tmp_path, "a.jpg", 10) == b""


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x" * 11)
    with pytest.raises(ImageTooManyBytes, match="11 bytes"):
        read_picture(tmp_path, "a.jpg", 10)


@pytest.mark.parametrize("source", ["missing.jpg", "folder", "pipe", "/dev/zero", "a\0b.jpg", "loop"])
def test_what_is_no_file_is_refused_by_its_name_without_waiting_for_it(tmp_path: Path, source: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ImageMissing) as refused:
        read_picture(tmp_path, source, 1_000)
    assert source in str(refused.value)
