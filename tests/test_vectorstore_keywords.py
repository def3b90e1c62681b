"""BM25 by text over a socket: the same scores as qdrant-client's own weighting of the same vectors."""

import random
from collections.abc import Iterator

import pytest
import qdrant_edge as edge
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from tests.vectorstore_process import serving

NAME = "titles"
OPTIONS = {"avg_len": 32}
WORDS = ["red", "blue", "floral", "dress", "dresses", "shirt", "the", "with", "long", "sleeves", "AB-4711"]

ODD = models.FieldCondition(key="odd", match=models.MatchValue(value=True))


def document(text: str) -> models.Document:
    return models.Document(text=text, model="qdrant/bm25", options=OPTIONS)


@pytest.fixture(scope="module")
def titles() -> list[str]:
    dice = random.Random(7)  # noqa: S311 - chooses words, not secrets
    # Each with a word: a title without any is no document to the engine, but one to qdrant-client's memory.
    return [" ".join([WORDS[n % 5], *dice.choices(WORDS, k=dice.randint(0, 8))]) for n in range(300)]


@pytest.fixture(scope="module")
def served(titles: list[str]) -> Iterator[QdrantClient]:
    with serving() as store, store.client() as client:
        sparse = {"keywords": models.SparseVectorParams(modifier=models.Modifier.IDF)}
        client.create_collection(NAME, vectors_config={}, sparse_vectors_config=sparse)
        points = [
            models.PointStruct(id=n, vector={"keywords": document(title)}, payload={"odd": n % 2 == 1})
            for n, title in enumerate(titles)
        ]
        client.upsert(NAME, points, wait=True)
        yield client


@pytest.fixture(scope="module")
def local(served: QdrantClient) -> QdrantClient:
    """The vectors that the engine made of the titles, in qdrant-client's memory."""
    client = QdrantClient(":memory:")
    sparse = {"keywords": models.SparseVectorParams(modifier=models.Modifier.IDF)}
    client.create_collection(NAME, vectors_config={}, sparse_vectors_config=sparse)
    records, _ = served.scroll(NAME, limit=1000, with_vectors=True)
    client.upsert(
        NAME,
        [
            models.PointStruct(id=record.id, vector=record.vector, payload=record.payload)
            for record in records
        ],
    )
    return client


@pytest.mark.parametrize("text", ["red dress", "DRESSES", "floral shirt with long sleeves", "AB-4711", "the"])
@pytest.mark.parametrize("filter_", [None, models.Filter(must=[ODD])], ids=["all", "odd"])
def test_a_text_scores_as_its_vector_does(
    served: QdrantClient, local: QdrantClient, text: str, filter_: models.Filter | None
) -> None:
    words = edge.Bm25(edge.Bm25Config(**OPTIONS)).embed_query(text)
    vector = models.SparseVector(indices=list(words.indices), values=list(words.values))
    asked = {"using": "keywords", "query_filter": filter_, "limit": 300}
    found = served.query_points(NAME, query=document(text), **asked).points
    if not vector.indices:  # nothing but words that say nothing
        assert found == []
        return
    expected = local.query_points(NAME, query=vector, **asked).points
    assert {point.id: pytest.approx(point.score, abs=1e-4) for point in expected} == {
        point.id: point.score for point in found
    }


def test_the_stems_of_a_text_are_found_and_its_case_does_not_count(
    served: QdrantClient, titles: list[str]
) -> None:
    found = served.query_points(NAME, query=document("Dress"), using="keywords", limit=300).points
    right = {n for n, title in enumerate(titles) if {"dress", "dresses"} & set(title.split())}
    assert {point.id for point in found} == right


def test_what_is_not_answered_is_refused(served: QdrantClient) -> None:
    asked = models.Document(text="red", model="qdrant/bm25", options={"stopwords": {"custom": ["red"]}})
    with pytest.raises(UnexpectedResponse, match="set `language`"):
        served.query_points(NAME, query=asked, using="keywords")


def test_options_that_are_none_are_a_wrong_input(served: QdrantClient) -> None:
    asked = models.Document(text="red", model="qdrant/bm25", options={"stopwords": ["red"]})
    with pytest.raises(UnexpectedResponse, match="no options of BM25") as raised:
        served.query_points(NAME, query=asked, using="keywords")
    assert raised.value.status_code == 400
