"""/metrics in Prometheus' text format, under the real server's names where it has the same figure."""

from vectorstore.errors import StoreError
from vectorstore.store import Store

_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """Counts answers by status and duration; what it says of collections is read when asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_status: dict[int, int] = {}
        self._by_bucket = [0] * (len(_BUCKETS_S) + 1)
        self._seconds = 0.0

    def count(self, status: int, duration_s: float) -> None:
        self._by_status[status] = self._by_status.get(status, 0) + 1
        self._by_bucket[sum(duration_s > bound for bound in _BUCKETS_S)] += 1
        self._seconds += duration_s

    async def text(self) -> bytes:
        lines = [*await self._collections(), *self._responses(), *self._durations()]
        return ("\n".join(lines) + "\n").encode()

    async def _collections(self) -> list[str]:
        counts = {}
        for collection in self._store.collections.values():
            try:
                counts[collection.name] = await collection.status()
            except StoreError:  # restarting: its other figures are still worth reading
                continue
        collections = self._store.collections.values()
        return [
            "# TYPE collections_total gauge",
            f"collections_total {len(collections)}",
            *_gauge("collection_points", {name: count["points_count"] for name, count in counts.items()}),
            *_gauge("collection_indexed_vectors", {n: c["indexed_vectors_count"] for n, c in counts.items()}),
            *_gauge("collection_running_optimizations", {c.name: int(c.is_optimising) for c in collections}),
            *_gauge("collection_restarts_total", {c.name: c.restarts for c in collections}),
        ]

    def _responses(self) -> list[str]:
        lines = ["# TYPE rest_responses_total counter"]
        return lines + [
            f'rest_responses_total{{status="{s}"}} {n}' for s, n in sorted(self._by_status.items())
        ]

    def _durations(self) -> list[str]:
        lines = ["# TYPE rest_responses_duration_seconds histogram"]
        seen = 0
        for bound, count in zip((*map(str, _BUCKETS_S), "+Inf"), self._by_bucket, strict=True):
            seen += count
            lines.append(f'rest_responses_duration_seconds_bucket{{le="{bound}"}} {seen}')
        lines.append(f"rest_responses_duration_seconds_sum {self._seconds:.6f}")
        return [*lines, f"rest_responses_duration_seconds_count {seen}"]


def _gauge(metric: str, by_collection: dict[str, int]) -> list[str]:
    lines = [f"# TYPE {metric} gauge"]
    for collection, value in by_collection.items():
        escaped = collection.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines.append(f'{metric}{{id="{escaped}"}} {value}')
    return lines
