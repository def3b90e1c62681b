"""Thumbnails by content."""

import io
import resource
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from catalog.images import image_sha256
from catalog.thumbnails import thumbnail_path, write_thumbnail
from tests.assertions import assert_problem
from tests.service_doubles import picture_bytes, plain

pytest_plugins = ["tests.service_fixtures"]


def test_a_thumbnail_is_found_by_the_address_in_an_answer(shop: Flask, client: FlaskClient) -> None:
    sha256 = image_sha256(picture_bytes(plain("red")))
    path = thumbnail_path(shop.config["THUMBNAIL_DIR"], sha256)
    write_thumbnail(plain("red"), path, 32)

    address = client.get("/v1/items/red-dress").json["image"]
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/jpeg"
    with Image.open(io.BytesIO(response.data)) as thumbnail:
        assert thumbnail.size == (24, 32)
    cache_control = response.headers["Cache-Control"]
    assert all(word in cache_control for word in ("public", "immutable", "max-age=31536000"))
    again = client.get(address, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    response.close()
    again.close()


def test_its_address_lies_below_the_path_that_a_proxy_serves_us_at(client: FlaskClient) -> None:
    for path in ("", "/shop", ""):
        item = client.get("/v1/items/red-dress", environ_overrides={"SCRIPT_NAME": path})
        assert item.json["image"].startswith(f"{path}/v1/thumbnails/")


@pytest.mark.parametrize(
    ("size", "written"),
    [((2000, 3000), (320, 480)), ((401, 601), (320, 480)), ((400, 600), (400, 600)), ((60, 80), (60, 80))],
)
def test_only_what_is_much_larger_is_shrunk(
    size: tuple[int, int], written: tuple[int, int], tmp_path: Path
) -> None:
    write_thumbnail(plain("red", size), tmp_path / "a.jpg", 480)
    with Image.open(tmp_path / "a.jpg") as thumbnail:
        assert thumbnail.size == written


@pytest.mark.parametrize("lacking", [100, 100_000], ids=["for its last bytes", "for most of it"])
def test_a_disk_without_room_for_it_leaves_no_half_of_one(tmp_path: Path, lacking: int) -> None:
    """A limit on the size of files ends a write as a full disk does: what fits is written."""
    noise = Image.effect_noise((480, 480), 100).convert("RGB")
    whole = tmp_path / "whole.jpg"
    write_thumbnail(noise, whole, 480)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (whole.stat().st_size - lacking, hard))
    try:
        with pytest.raises(OSError, match="No space left|File too large"):
            write_thumbnail(noise, tmp_path / "a.jpg", 480)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == [whole]


def test_an_unknown_thumbnail_is_a_problem(client: FlaskClient) -> None:
    assert_problem(client.get(f"/v1/thumbnails/{'0' * 64}"), 404, "thumbnail_not_found")


def test_only_a_sha256_names_a_thumbnail(client: FlaskClient) -> None:
    for name in (
        "0" * 63,
        "0" * 65,
        "F" * 64,
        "..%2f..%2fetc%2fpasswd",
        f"{'0' * 64}.jpg",
        f"{'0' * 61}/..",
    ):
        assert_problem(client.get(f"/v1/thumbnails/{name}"), 404, "not_found")
