"""Random points, filters and writes, for comparing the vector store with qdrant-client's in-memory mode."""

import uuid
from typing import Any

import numpy as np
from hypothesis import strategies as st
from qdrant_client import models

DIMENSION = 6
CATEGORIES = ["dresses", "jumpsuits", "maternity", "uniforms", "hoodies"]
TAGS = ["red", "blue", "summer", "sale"]
MOMENTS = [f"2026-0{month}-01T0{month}:00:00Z" for month in range(1, 8)]
INDEXES = {
    "category": "keyword",
    "tags": "keyword",
    "price": "float",
    "n": "integer",
    "in_stock": "bool",
    "at": "datetime",
    "item_id": "keyword",
}
IDS: list[int | str] = [*range(1, 31), *(str(uuid.uuid5(uuid.NAMESPACE_URL, str(i))) for i in range(20))]

payloads = st.fixed_dictionaries(
    {"item_id": st.sampled_from([f"A{i}" for i in range(12)])},
    optional={
        "category": st.sampled_from(CATEGORIES),
        "tags": st.lists(st.sampled_from(TAGS), max_size=3, unique=True),
        "price": st.one_of(st.none(), st.integers(0, 40).map(lambda half: half / 2)),
        "n": st.integers(-5, 5),
        "in_stock": st.booleans(),
        "at": st.sampled_from(MOMENTS),
        "offers": st.lists(
            st.fixed_dictionaries({"shop": st.sampled_from("xyz"), "price": st.integers(0, 9)}), max_size=3
        ),
        "brand": st.fixed_dictionaries({}, optional={"name": st.sampled_from(["Acme", "Umbrella"])}),
    },
)


def vectors_from(seed: int) -> dict[str, Any]:
    """A dense and a sparse vector without ties."""
    rng = np.random.default_rng(seed)
    indices = sorted(rng.choice(12, size=rng.integers(1, 6), replace=False).tolist())
    sparse = models.SparseVector(
        indices=indices, values=np.round(rng.uniform(0.1, 2, len(indices)), 3).tolist()
    )
    return {"image": rng.normal(size=DIMENSION).round(4).tolist(), "keywords": sparse}


seeds = st.integers(0, 2**31)
points = st.builds(
    lambda identifier, seed, payload: models.PointStruct(
        id=identifier, vector=vectors_from(seed), payload=payload
    ),
    st.sampled_from(IDS),
    seeds,
    payloads,
)


def _field(key: str, **test: Any) -> models.FieldCondition:
    return models.FieldCondition(key=key, **test)


def _two_bounds_a_side(key: str, gt: float, gte: float, lt: float, lte: float) -> models.FieldCondition:
    return _field(key, range=models.Range(gt=gt, gte=gte, lt=lt, lte=lte))


def _range(key: str, bounds: tuple[float, float], strict: bool) -> models.FieldCondition:
    low, high = sorted(bounds)
    given = models.Range(gt=low, lt=high) if strict else models.Range(gte=low, lte=high)
    return _field(key, range=given)


_some_categories = st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=3, unique=True)
leaves = st.one_of(
    st.sampled_from(CATEGORIES).map(lambda v: _field("category", match=models.MatchValue(value=v))),
    st.sampled_from(TAGS).map(lambda v: _field("tags", match=models.MatchValue(value=v))),
    st.integers(-5, 5).map(lambda v: _field("n", match=models.MatchValue(value=v))),
    st.booleans().map(lambda v: _field("in_stock", match=models.MatchValue(value=v))),
    st.sampled_from(["Acme", "Umbrella"]).map(
        lambda v: _field("brand.name", match=models.MatchValue(value=v))
    ),
    _some_categories.map(lambda v: _field("category", match=models.MatchAny(any=v))),
    _some_categories.map(lambda v: _field("category", match=models.MatchExcept(**{"except": v}))),
    st.builds(_range, st.just("price"), st.tuples(st.integers(0, 20), st.integers(0, 20)), st.booleans()),
    st.builds(_range, st.just("n"), st.tuples(st.integers(-5, 5), st.integers(-5, 5)), st.booleans()),
    st.sampled_from(MOMENTS).map(lambda v: _field("at", range=models.DatetimeRange(gte=v))),
    st.builds(_two_bounds_a_side, st.just("price"), *[st.integers(0, 20)] * 4),
    st.tuples(*[st.sampled_from(MOMENTS)] * 2).map(
        lambda v: _field("at", range=models.DatetimeRange(gte=v[0], gt=v[1]))
    ),
    st.integers(0, 3).map(lambda v: _field("tags", values_count=models.ValuesCount(gte=v))),
    st.sampled_from(["category", "tags", "price", "offers"]).map(
        lambda key: models.IsEmptyCondition(is_empty=models.PayloadField(key=key))
    ),
    st.just(models.IsNullCondition(is_null=models.PayloadField(key="price"))),
    st.lists(st.sampled_from(IDS), min_size=1, max_size=8).map(lambda v: models.HasIdCondition(has_id=v)),
    st.just(models.HasVectorCondition(has_vector="image")),
    st.builds(
        lambda shop, price: models.NestedCondition(
            nested=models.Nested(
                key="offers",
                filter=models.Filter(
                    must=[
                        _field("shop", match=models.MatchValue(value=shop)),
                        _field("price", range=models.Range(gte=price)),
                    ]
                ),
            )
        ),
        st.sampled_from("xyz"),
        st.integers(0, 9),
    ),
)


def _filters(conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[models.Filter]:
    some = st.lists(conditions, min_size=1, max_size=3)
    return st.one_of(
        st.builds(models.Filter, must=some),
        st.builds(models.Filter, should=some),
        st.builds(models.Filter, must_not=some),
        st.builds(models.Filter, must=some, must_not=some),
        st.builds(
            lambda found, count: models.Filter(
                min_should=models.MinShould(conditions=found, min_count=min(count, len(found)))
            ),
            some,
            st.integers(1, 2),
        ),
    )


_one_level = _filters(leaves)
_two_levels = _filters(st.one_of(leaves, _one_level))
filters = st.one_of(st.none(), _one_level, _two_levels, _filters(st.one_of(leaves, _two_levels)))

_some_ids = st.lists(st.sampled_from(IDS), min_size=1, max_size=5, unique=True)
_keys = st.lists(st.sampled_from(["category", "price", "tags", "brand.name"]), min_size=1, max_size=2)
writes = st.one_of(
    st.lists(points, min_size=1, max_size=6).map(lambda some: ("upsert", {"points": some})),
    _some_ids.map(lambda some: ("delete", {"points_selector": models.PointIdsList(points=some)})),
    _one_level.map(lambda f: ("delete", {"points_selector": models.FilterSelector(filter=f)})),
    st.builds(lambda f, p: ("set_payload", {"payload": p, "points": f}), _one_level, payloads),
    st.builds(lambda f, p: ("overwrite_payload", {"payload": p, "points": f}), _one_level, payloads),
    st.builds(lambda f, k: ("delete_payload", {"keys": k, "points": f}), _one_level, _keys),
    _one_level.map(lambda f: ("clear_payload", {"points_selector": models.FilterSelector(filter=f)})),
)
