"""The picture in the page's address: nearly the same vector comes out, and what is garbled is told."""

import base64

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from service.errors import PictureInvalid, PictureOfAnotherModel
from service.page.picture import picture_text, picture_vector
from tests.service_doubles import ColourEncoder

pytest_plugins = ["tests.service_fixtures"]

ENCODER = ColourEncoder()
OWN = ColourEncoder.fingerprint[:8]
NUMBERS = st.floats(-1, 1, width=32, allow_subnormal=False)
VECTORS = arrays.arrays(np.float32, ENCODER.dimension, elements=NUMBERS).filter(
    lambda v: np.abs(v).max() > 1e-3
)
fixed = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class OtherWeights(ColourEncoder):
    fingerprint = "0" * 64


def of_bytes(packed: bytes) -> str:
    return f"{OWN}.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


@given(VECTORS)
def test_nearly_the_same_vector_comes_out(vector: np.ndarray) -> None:
    unit = vector / np.linalg.norm(vector)
    read = picture_vector(picture_text(unit, ENCODER), ENCODER)
    assert read.dtype == np.float32 and np.linalg.norm(read) == pytest.approx(1, abs=1e-5)
    # Rounding moves each number by half a step of 1/127 of the largest at most.
    farthest = np.sqrt(ENCODER.dimension) * 0.5 / 127 * np.abs(unit).max()
    assert read @ unit >= 1 - farthest**2


@given(VECTORS)
def test_the_same_text_is_written_of_what_was_read(vector: np.ndarray) -> None:
    text = picture_text(vector, ENCODER)
    assert picture_text(picture_vector(text, ENCODER), ENCODER) == text


def test_a_picture_of_the_bundled_model_takes_351_characters() -> None:
    class Bundled(ColourEncoder):
        dimension = 256

    unit = np.random.default_rng(3).normal(size=256).astype(np.float32)
    unit /= np.linalg.norm(unit)
    text = picture_text(unit, Bundled())
    assert len(text) == 351
    assert picture_vector(text, Bundled()) @ unit > 0.9995


def test_a_vector_of_another_model_is_never_mixed_in() -> None:
    text = picture_text(np.ones(ENCODER.dimension, np.float32), OtherWeights())
    with pytest.raises(PictureOfAnotherModel, match="give the picture again"):
        picture_vector(text, ENCODER)


@given(st.text(max_size=40) | st.binary(max_size=40).map(of_bytes))
@example(of_bytes(b"\0" * ENCODER.dimension))
@example(of_bytes(b"\1" * (ENCODER.dimension - 1)))
@example(of_bytes(b"\1" * ENCODER.dimension) + "=")
@example(f"{OWN}.A")
def test_garbage_is_refused_or_is_a_unit_vector(text: str) -> None:
    try:
        vector = picture_vector(text, ENCODER)
    except (PictureInvalid, PictureOfAnotherModel) as error:
        assert "give the picture again" in str(error)
    else:
        assert vector.shape == (ENCODER.dimension,)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@fixed
@given(text=st.text(min_size=1, max_size=60).filter(str.strip))
@example(text=of_bytes(b"\0" * ENCODER.dimension))
@example(text=of_bytes(b"\1" * (ENCODER.dimension + 1)))
@example(text="x" * 4_001)
def test_garbage_in_the_address_is_a_page_that_says_so(client: FlaskClient, text: str) -> None:
    response = client.get("/", query_string={"picture": text})
    assert response.status_code == (410 if text[8:9] == "." and text[:8] != OWN else 422)
    assert response.mimetype == "text/html" and "Start again" in response.text


def test_another_models_picture_in_the_address_is_asked_for_again(client: FlaskClient) -> None:
    text = picture_text(np.ones(ENCODER.dimension, np.float32), OtherWeights())
    response = client.get("/", query_string={"picture": text, "text": "red"})
    assert response.status_code == 410 and "give the picture again" in response.text
    assert 'href="/?text=red"' in response.text  # the same without it


def test_a_cursor_belongs_to_its_picture(client: FlaskClient) -> None:
    first, second = (picture_text(row, ENCODER) for row in np.eye(2, ENCODER.dimension, dtype=np.float32))
    page = client.get("/", query_string={"picture": first, "limit": 2, "nearest": "true"}).text
    cursor = page.partition("cursor=")[2].partition('"')[0]
    ours = {"picture": first, "limit": 2, "nearest": "true", "cursor": cursor}
    assert client.get("/", query_string=ours).status_code == 200
    assert client.get("/", query_string={**ours, "picture": second}).status_code == 422
