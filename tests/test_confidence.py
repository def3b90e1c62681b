"""catalog/confidence: words tell what a cosine cannot, and nothing is confident that was not measured."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.confidence_cases import QUERIES, fits
from catalog.confidence import (
    MEASURED,
    Cutoffs,
    Scores,
    any_confident,
    confident,
    cutoffs_for,
    evidence,
)
from catalog.encoder import Encoder
from catalog.errors import SettingInvalid
from catalog.points import keywords_of
from catalog.shares import shares_of_words
from ingest.sample.catalogue import picture, products

CUTOFFS = Cutoffs(words=0.5, text=0.7, drop=0.15, picture=0.6)
DRESS = "Ostrelle wrap midi dress, red Ostrelle dresses"


def share(text: str, keywords: str) -> float:
    return float(shares_of_words(text, [keywords])[0])


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=5))
def test_a_share_is_between_none_and_all_of_the_words(text: str, keywords: list[str]) -> None:
    shares = shares_of_words(text, keywords)
    assert shares.shape == (len(keywords),)
    assert ((shares >= 0) & (shares <= 1)).all()


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_more_keywords_never_lower_a_share(text: str, keywords: str, more: str) -> None:
    assert share(text, f"{keywords} {more}") >= share(text, keywords)


@given(st.lists(st.sampled_from(["red", "wrap", "dress", "shoes", "boots"]), min_size=1))
def test_an_item_holds_all_the_words_of_its_own_keywords(words: list[str]) -> None:
    assert share(" ".join(words), " ".join(words)) == pytest.approx(1)


def test_the_thing_itself_counts_double() -> None:
    assert share("red dress", "green dress") == pytest.approx(2 / 3)
    assert share("shoe rack", "brown shoes") == pytest.approx(1 / 3)
    assert share("red dress with long sleeves", "dress") == pytest.approx(2 / 5)
    assert share("wrap midi dress, red", "dress") == pytest.approx(2 / 5)


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("dresses", DRESS),
        ("women's dress", "women dress"),
        ("bathrobe", "cream bath robes"),
        ("hand bag", "brown handbag"),
        ("tshirt", "a t-shirt"),
        ("RED Dress", DRESS),
        ("platform für schuhe", "Schuhe Platform für"),
    ],
)
def test_plurals_and_joined_words_are_the_same_word(text: str, keywords: str) -> None:
    assert share(text, keywords) == 1


def test_a_slip_counts_for_almost_a_word_and_another_word_for_nothing() -> None:
    assert 0.8 < share("sunglases", "black sunglasses") < 1
    assert share("washing", "washed jeans") == 0


@pytest.mark.parametrize("text", ["", "!!!", "😀", "the of a", ","])
def test_a_text_without_words_has_no_words_in_common(text: str) -> None:
    assert share(text, DRESS) == 0


def test_evidence_of_a_picture_is_its_cosine() -> None:
    assert evidence([0.9, 0.2], [DRESS, DRESS], None, CUTOFFS).tolist() == [0.9, 0.2]


def test_evidence_of_a_text_adds_the_square_of_its_share() -> None:
    scores = evidence([0.4, 0.4, 0.4], [DRESS, "blue dress", "hat"], "red dress", CUTOFFS)
    assert scores == pytest.approx([0.9, 0.4 + 0.5 * (2 / 3) ** 2, 0.4])


def test_the_list_ends_below_the_best_and_below_the_cutoff() -> None:
    assert confident(np.array([1.0, 0.86, 0.84]), "a", CUTOFFS).tolist() == [True, True, False]
    assert confident(np.array([0.71, 0.69]), "a", CUTOFFS).tolist() == [True, False]
    assert confident(np.array([0.69, 0.6]), "a", CUTOFFS).tolist() == [False, False]
    assert confident(np.array([]), "a", CUTOFFS).tolist() == []


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from([DRESS, "blue dress", "sunglasses", ""])), max_size=5
    ),
    st.sampled_from(["red dress", "sunglases", "dres reed", "hat", "", None]),
)
def test_an_answer_is_confident_if_any_of_its_hits_is(
    hits: list[tuple[float, str]], text: str | None
) -> None:
    cosines, keywords = [hit[0] for hit in hits], [hit[1] for hit in hits]
    mask = confident(evidence(cosines, keywords, text, CUTOFFS), text, CUTOFFS)
    assert any_confident(cosines, keywords, text, CUTOFFS) == mask.any()


def test_pictures_have_a_cutoff_of_their_own() -> None:
    assert confident(np.array([0.95, 0.61, 0.59]), None, CUTOFFS).tolist() == [True, True, False]


def test_a_model_that_was_not_measured_has_no_cutoffs() -> None:
    assert cutoffs_for("clip-vit-b-32") is None
    assert cutoffs_for("compact") == MEASURED["compact"]


def test_measured_cutoffs_can_be_set() -> None:
    assert cutoffs_for("compact", str(CUTOFFS)) == CUTOFFS
    assert cutoffs_for("other", " words=0.5, text=0.7,drop=0.15,picture=0.6") == CUTOFFS


@pytest.mark.parametrize(
    "measured",
    [
        "0.5",
        "words=1",
        "words=a,text=1,drop=1,picture=1",
        f"{CUTOFFS},x=1",
        "words=nan,text=1,drop=1,picture=1",
    ],
)
def test_cutoffs_that_cannot_be_read_say_how_they_are_written(measured: str) -> None:
    with pytest.raises(SettingInvalid, match="Confidence cutoffs are"):
        cutoffs_for("compact", measured)


def test_each_query_is_asked_once_and_the_sample_answers_those_labelled_for_it() -> None:
    queries = [json.loads(line) for line in QUERIES.read_text(encoding="utf-8").splitlines()]
    assert len({query["text"] for query in queries}) == len(queries) >= 120
    rows = [product.row() for product in products()]
    for query in queries:
        assert query.keys() & {"sample", "val-3k"}
        if query.get("sample"):
            assert any(fits(query["sample"], row) for row in rows), query


@pytest.fixture(scope="module")
def shown(encoder: Encoder) -> tuple[np.ndarray, list[str]]:
    """The vectors and keywords of some sixty products of the sample."""
    some = [
        p
        for n, p in enumerate(products())
        if n % 9 == 0 or (p.family.category, p.colour) == ("dresses", "red")
    ]
    keywords = [keywords_of({"item_id": p.id, **p.row()}) for p in some]
    return encoder.encode_images([picture(p, 0) for p in some]), keywords


def scores(text: str, encoder: Encoder, shown: tuple[np.ndarray, list[str]]) -> Scores:
    vectors, keywords = shown
    return evidence(vectors @ encoder.encode_texts([text])[0], keywords, text, MEASURED["compact"])


@pytest.mark.parametrize("text", ["washing machine", "pizza", "asdkjh", "стиральная машина", "garden chair"])
def test_what_the_sample_does_not_hold_is_not_confident(
    text: str, encoder: Encoder, shown: tuple[np.ndarray, list[str]]
) -> None:
    assert not confident(scores(text, encoder, shown), text, MEASURED["compact"]).any()


def test_a_red_dress_is_confident_and_only_dresses_are_kept(
    encoder: Encoder, shown: tuple[np.ndarray, list[str]]
) -> None:
    kept = confident(scores("red dress", encoder, shown), "red dress", MEASURED["compact"])
    assert kept.any()
    titles = [shown[1][n] for n in np.flatnonzero(kept)]
    assert all("dress" in title and "red" in title for title in titles), titles
