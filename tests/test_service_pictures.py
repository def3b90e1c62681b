"""Pictures that come in through HTTP: the odd ones are read right, the bad ones are refused by name."""

import base64
import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from tests.assertions import assert_problem
from tests.pictures import huge_png_header
from tests.service_doubles import COLOURS, ColourEncoder, picture_bytes, plain

pytest_plugins = ["tests.service_fixtures"]

RED = COLOURS["red"]


def upload(client: FlaskClient, content: bytes) -> Any:
    return client.post("/v1/search", data={"image": (io.BytesIO(content), "picture")})


def best_colour(response: Any) -> str:
    assert response.status_code == 200, response.json
    return str(response.json["items"][0]["id"])


def _deep(colour: int) -> Image.Image:
    return Image.new("I;16", (60, 80), colour)


def _over(background: tuple[int, int, int, int]) -> Image.Image:
    return Image.new("RGBA", (60, 80), background)


def _animated() -> bytes:
    return picture_bytes(plain("red"), "GIF", save_all=True, append_images=[plain("blue"), plain("green")])


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(picture_bytes(plain("red"), "JPEG"), "red-dress", id="jpeg"),
        pytest.param(picture_bytes(plain("red").convert("CMYK"), "JPEG"), "red-dress", id="cmyk"),
        pytest.param(picture_bytes(plain("red").convert("P")), "red-dress", id="palette"),
        pytest.param(picture_bytes(plain("red"), "WEBP"), "red-dress", id="webp"),
        pytest.param(picture_bytes(plain("red"), "BMP"), "red-dress", id="bmp"),
        pytest.param(picture_bytes(plain("red"), "TIFF"), "red-dress", id="tiff"),
        pytest.param(_animated(), "red-dress", id="animated, whose first frame counts"),
        pytest.param(picture_bytes(_deep(65535)), STRANGE := "A/1//50% ü?#", id="16-bit white"),
        pytest.param(picture_bytes(_deep(2000)), "black-bag", id="16-bit near black"),
        pytest.param(picture_bytes(_over((0, 0, 0, 0))), STRANGE, id="transparent, which lies over white"),
        pytest.param(picture_bytes(_over((*RED, 255))), "red-dress", id="opaque with alpha"),
        pytest.param(picture_bytes(plain("black").convert("1")), "black-bag", id="1-bit"),
        pytest.param(picture_bytes(plain("black").convert("LA")), "black-bag", id="grey with alpha"),
    ],
)
def test_an_odd_picture_is_read_right(client: FlaskClient, content: bytes, found: str) -> None:
    assert best_colour(upload(client, content)) == found


def test_a_rotated_picture_is_turned_upright(client: FlaskClient, colours: ColourEncoder) -> None:
    lying = plain("red", (80, 40))
    lying.paste(COLOURS["blue"], (0, 0, 40, 40))  # blue left of red
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees, which puts the left side on top
    assert upload(client, picture_bytes(lying, "JPEG", quality=95, exif=exif)).status_code == 200
    upright = colours.images[-1]
    assert upright.size == (40, 80)
    assert upright.getpixel((20, 10))[2] > 150 and upright.getpixel((20, 70))[0] > 150


JPEG = picture_bytes(Image.effect_noise((200, 200), 80).convert("RGB"), "JPEG")

BAD_PICTURES = [
    pytest.param(b"", 415, "image_not_an_image", id="empty"),
    pytest.param(b"just words", 415, "image_not_an_image", id="text"),
    pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "image_not_an_image", id="svg"),
    pytest.param(b"%PDF-1.7\n", 415, "image_not_an_image", id="pdf"),
    pytest.param(JPEG[: len(JPEG) // 2], 422, "image_undecodable", id="truncated jpeg"),
    pytest.param(picture_bytes(plain("red"))[:60], 422, "image_undecodable", id="truncated png"),
    pytest.param(huge_png_header(2000, 2000), 422, "image_too_large_pixels", id="too many pixels"),
    pytest.param(huge_png_header(), 422, "image_too_large_pixels", id="a bomb"),
    pytest.param(b"\xff" * 200_001, 413, "image_too_many_bytes", id="too many bytes"),
]


@pytest.mark.parametrize(("content", "status", "code"), BAD_PICTURES)
def test_a_bad_upload_is_refused_by_name(client: FlaskClient, content: bytes, status: int, code: str) -> None:
    problem = assert_problem(upload(client, content), status, code)
    assert [error["field"] for error in problem["errors"]] == ["image"]


@pytest.mark.parametrize(("content", "status", "code"), BAD_PICTURES)
def test_a_bad_picture_in_json_is_refused_by_name(
    client: FlaskClient, colours: ColourEncoder, content: bytes, status: int, code: str
) -> None:
    embedded = len(colours.texts)
    parts = [{"text": "red"}, {"image": base64.b64encode(content).decode()}]
    problem = assert_problem(client.post("/v1/search", json={"query": parts}), status, code)
    assert [error["field"] for error in problem["errors"]] == ["query.1.image"]
    assert len(colours.texts) == embedded, "nothing is searched in place of what failed"


def test_a_body_over_the_limit_is_refused_unread(client: FlaskClient) -> None:
    for content_type in ("application/json", "multipart/form-data; boundary=x"):
        response = client.post("/v1/search", data=b"x" * 400_000, content_type=content_type)
        assert_problem(response, 413, "body_too_large")


def test_the_largest_allowed_picture_fits_into_json(client: FlaskClient) -> None:
    picture = picture_bytes(plain("red")).ljust(200_000, b"\0")  # PNG readers stop at its end mark
    body = {"query": [{"image": base64.b64encode(picture).decode()}]}
    assert best_colour(client.post("/v1/search", json=body)) == "red-dress"
