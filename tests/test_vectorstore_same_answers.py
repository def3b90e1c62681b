"""The vector store over a socket answers as qdrant-client's in-memory mode does, whatever is asked."""

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient, models

from tests.vectorstore_process import serving
from tests.vectorstore_random import DIMENSION, IDS, INDEXES, filters, seeds, vectors_from, writes

NAME = "items"
_numbers = itertools.count()
_examples = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Pair:
    """The same collection twice: behind a socket, and in this process's memory."""

    def __init__(self, served: QdrantClient) -> None:
        self.served = served
        self.local = QdrantClient(":memory:")
        self.name = f"{NAME}-{next(_numbers)}"
        for client in (self.served, self.local):
            client.create_collection(
                self.name,
                vectors_config={
                    "image": models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)
                },
                sparse_vectors_config={"keywords": models.SparseVectorParams()},
            )
        for field, schema in INDEXES.items():
            self.served.create_payload_index(self.name, field, field_schema=schema)

    def both(self, call: str, **arguments: Any) -> tuple[Any, Any]:
        return tuple(getattr(client, call)(self.name, **arguments) for client in (self.served, self.local))

    def write(self, call: str, **arguments: Any) -> None:
        self.both(call, wait=True, **arguments)

    def assert_equal(self) -> None:
        """Every point, its payload and its vectors."""
        served, local = (
            {point.id: point for point in found}
            for found, _ in self.both("scroll", limit=100, with_payload=True, with_vectors=True)
        )
        assert served.keys() == local.keys()
        for identifier, point in served.items():
            twin = local[identifier]
            assert point.payload == twin.payload
            assert point.vector["image"] == pytest.approx(twin.vector["image"], abs=1e-5)
            assert _sparse(point) == _sparse(twin)


def _sparse(point: Any) -> dict[int, float]:
    vector = point.vector["keywords"]
    return {i: pytest.approx(v, abs=1e-5) for i, v in zip(vector.indices, vector.values, strict=True)}


def assert_same_hits(served: list[Any], local: list[Any]) -> None:
    """The same points with the same scores; among equal scores in any order."""
    assert [hit.score for hit in served] == pytest.approx([hit.score for hit in local], abs=1e-5)
    scores = {hit.id: hit.score for hit in local}
    last = local[-1].score if local else None
    for hit in served:
        if hit.id in scores:
            assert hit.score == pytest.approx(scores[hit.id], abs=1e-5)
        else:  # one of several with the last score
            assert hit.score == pytest.approx(last, abs=1e-5)


@pytest.fixture(scope="module")
def served() -> Iterator[QdrantClient]:
    with serving() as store, store.client() as client:
        yield client


@pytest.fixture(scope="module")
def pair(served: QdrantClient) -> Pair:
    """One fixed, varied set of points."""
    made = Pair(served)
    chosen = []
    for seed, identifier in enumerate(IDS):
        payload: dict[str, Any] = {"item_id": f"A{seed % 12}", "n": seed % 11 - 5, "in_stock": seed % 3 > 0}
        if seed % 4:
            payload["category"] = ["dresses", "jumpsuits", "maternity", "uniforms", "hoodies"][seed % 5]
        if seed % 3:
            payload["price"] = None if seed % 7 == 0 else seed % 20 / 2
            payload["tags"] = ["red", "blue", "summer", "sale"][: seed % 4]
        if seed % 5:
            payload["at"] = f"2026-0{seed % 7 + 1}-01T00:00:{seed:02}Z"
            payload["offers"] = [{"shop": "xyz"[i % 3], "price": (seed + i) % 10} for i in range(seed % 4)]
            payload["brand"] = {"name": "Acme"} if seed % 2 else {}
        chosen.append(models.PointStruct(id=identifier, vector=vectors_from(seed), payload=payload))
    made.write("upsert", points=chosen)
    return made


@pytest.fixture(autouse=True)
def _local_mode_may_warn() -> Iterator[None]:
    """It warns that payload indexes do nothing there; that is why it is the reference and not the product."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


@_examples
@given(condition=filters)
def test_count_and_scroll_under_any_filter(pair: Pair, condition: models.Filter | None) -> None:
    served, local = pair.both("count", count_filter=condition, exact=True)
    assert served == local
    (served_page, served_next), (local_page, local_next) = pair.both(
        "scroll", scroll_filter=condition, limit=7
    )
    assert [(point.id, point.payload) for point in served_page] == [
        (point.id, point.payload) for point in local_page
    ]
    assert served_next == local_next


@_examples
@given(condition=filters, size=st.integers(1, 20))
def test_paging_visits_every_point_once(pair: Pair, condition: models.Filter | None, size: int) -> None:
    pages: list[list[Any]] = [[], []]
    for seen, client in zip(pages, (pair.served, pair.local), strict=True):
        offset = None
        while True:
            found, offset = client.scroll(pair.name, scroll_filter=condition, limit=size, offset=offset)
            seen += [point.id for point in found]
            if offset is None:
                break
    assert pages[0] == pages[1]
    assert len(set(pages[0])) == len(pages[0])


@_examples
@given(
    condition=filters, seed=seeds, limit=st.integers(1, 12), offset=st.integers(0, 5),
    using=st.sampled_from(["image", "keywords"]), threshold=st.one_of(st.none(), st.floats(0.0, 0.6)),
)  # fmt: skip
def test_nearest(
    pair: Pair, condition: Any, seed: int, limit: int, offset: int, using: str, threshold: float | None
) -> None:
    served, local = pair.both(
        "query_points", query=vectors_from(seed)[using], using=using, query_filter=condition, limit=limit,
        offset=offset, score_threshold=threshold, with_payload=True, with_vectors=["image"],
    )  # fmt: skip
    assert_same_hits(served.points, local.points)
    by_id = {hit.id: hit for hit in local.points}
    for hit in served.points:
        assert hit.id not in by_id or hit.payload == by_id[hit.id].payload


@_examples
@given(
    condition=filters, some=st.lists(st.sampled_from(IDS), min_size=1, max_size=5, unique=True), seed=seeds,
    split=st.integers(1, 5), strategy=st.sampled_from(list(models.RecommendStrategy)),
)  # fmt: skip
def test_recommend(pair: Pair, condition: Any, some: list[Any], seed: int, split: int, strategy: Any) -> None:
    liked: list[Any] = [*some[:split], vectors_from(seed)["image"]]
    asked = models.RecommendInput(positive=liked, negative=some[split:], strategy=strategy)
    served, local = pair.both(
        "query_points",
        query=models.RecommendQuery(recommend=asked),
        using="image",
        query_filter=condition,
        limit=9,
    )
    assert_same_hits(served.points, local.points)


@_examples
@given(condition=filters, identifier=st.sampled_from(IDS), diversity=st.floats(0.0, 1.0))
def test_by_point_id_and_with_diversity(
    pair: Pair, condition: Any, identifier: Any, diversity: float
) -> None:
    served, local = pair.both(
        "query_points", query=identifier, using="image", query_filter=condition, limit=6
    )
    assert_same_hits(served.points, local.points)
    assert identifier not in {hit.id for hit in served.points}
    diverse = models.NearestQuery(
        nearest=vectors_from(IDS.index(identifier) + 1000)["image"],
        mmr=models.Mmr(diversity=diversity, candidates_limit=20),
    )
    served, local = pair.both("query_points", query=diverse, using="image", query_filter=condition, limit=6)
    assert [hit.id for hit in served.points] == [hit.id for hit in local.points]
    assert_same_hits(served.points, local.points)


@_examples
@given(condition=filters, seed=seeds, weight=st.floats(-1.0, 1.0))
def test_formula_over_a_prefetch(pair: Pair, condition: Any, seed: int, weight: float) -> None:
    formula = models.FormulaQuery(
        formula=models.SumExpression(
            sum=[
                "$score",
                models.MultExpression(mult=[weight, "n"]),
                models.FieldCondition(key="category", match=models.MatchValue(value="dresses")),
            ]
        ),
        defaults={"n": 0.0},
    )
    prefetch = models.Prefetch(query=vectors_from(seed)["image"], using="image", limit=20, filter=condition)
    served, local = pair.both("query_points", prefetch=prefetch, query=formula, limit=8)
    assert_same_hits(served.points, local.points)


@_examples
@given(
    condition=filters, seed=seeds, limits=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    fusion=st.sampled_from(list(models.Fusion)),
)  # fmt: skip
def test_fusion(
    pair: Pair, condition: Any, seed: int, limits: tuple[int, int], fusion: models.Fusion
) -> None:
    asked = vectors_from(seed)
    prefetch = [
        models.Prefetch(query=asked[using], using=using, limit=limit, filter=condition)
        for using, limit in zip(("image", "keywords"), limits, strict=True)
    ]
    served, local = pair.both(
        "query_points", prefetch=prefetch, query=models.FusionQuery(fusion=fusion), limit=8
    )
    assert_same_hits(served.points, local.points)


@_examples
@given(condition=filters, seed=seeds, limit=st.integers(1, 15), size=st.integers(1, 4))
def test_groups(pair: Pair, condition: Any, seed: int, limit: int, size: int) -> None:
    served, local = pair.both(
        "query_points_groups", query=vectors_from(seed)["image"], using="image", group_by="item_id",
        query_filter=condition, limit=limit, group_size=size, with_payload=True,
    )  # fmt: skip
    assert [group.id for group in served.groups] == [group.id for group in local.groups]
    for group, twin in zip(served.groups, local.groups, strict=True):
        assert_same_hits(group.hits, twin.hits)
        assert [hit.payload for hit in group.hits] == [hit.payload for hit in twin.hits]


@_examples
@given(condition=filters, key=st.sampled_from(["category", "tags", "in_stock", "item_id"]))
def test_facets(pair: Pair, condition: Any, key: str) -> None:
    served, local = pair.both("facet", key=key, facet_filter=condition, limit=50, exact=True)
    assert {(hit.value, hit.count) for hit in served.hits} == {(hit.value, hit.count) for hit in local.hits}


@_examples
@given(
    condition=filters, key=st.sampled_from(["price", "n", "at"]), direction=st.sampled_from(["asc", "desc"])
)
def test_ordered_scroll(pair: Pair, condition: Any, key: str, direction: str) -> None:
    order = models.OrderBy(key=key, direction=models.Direction(direction))
    (served, _), (local, _) = pair.both("scroll", scroll_filter=condition, limit=60, order_by=order)
    assert [point.payload[key] for point in served] == [point.payload[key] for point in local]
    assert {point.id for point in served} == {point.id for point in local}


@settings(_examples, max_examples=25)
@given(steps=st.lists(writes, min_size=1, max_size=10))
def test_any_sequence_of_writes_ends_the_same(
    served: QdrantClient, steps: list[tuple[str, dict[str, Any]]]
) -> None:
    pair = Pair(served)
    for call, arguments in steps:
        pair.write(call, **arguments)
    pair.assert_equal()
    served.delete_collection(pair.name)


def test_a_batch_answers_as_its_queries_one_by_one(pair: Pair) -> None:
    queries = [
        models.QueryRequest(query=vectors_from(seed)["image"], using="image", limit=5, with_payload=True)
        for seed in range(6)
    ]
    served, local = pair.both("query_batch_points", requests=queries)
    for answer, twin in zip(served, local, strict=True):
        assert_same_hits(answer.points, twin.points)


@_examples
@given(
    condition=filters, seed=seeds, limits=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    limit=st.integers(1, 60), rescore=st.sampled_from([None, True, False]),
)  # fmt: skip
def test_searches_of_a_batch_that_rank_what_the_same_prefetches_find(
    pair: Pair, condition: Any, seed: int, limits: tuple[int, int], limit: int, rescore: bool | None
) -> None:
    params = models.SearchParams(quantization=models.QuantizationSearchParams(rescore=rescore))
    prefetch = [
        models.Prefetch(query=vector, using=using, limit=most, filter=condition, params=params)
        for (using, vector), most in zip(vectors_from(seed).items(), limits, strict=True)
    ]
    ranked_by = [vectors_from(seed), vectors_from(seed + 1)]
    queries = [
        models.QueryRequest(prefetch=prefetch, query=vector, using=using, limit=limit)
        for named in ranked_by
        for using, vector in named.items()
    ]
    served, local = pair.both("query_batch_points", requests=queries)
    for query, answer, twin in zip(queries, served, local, strict=True):
        assert_same_hits(answer.points, twin.points)
        assert answer == pair.served.query_batch_points(pair.name, [query])[0]
