"""A plan as Markdown: the shop's own size, a table of sizes, and the figures they were reckoned with."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.sizing.measured import ALL
from ingest.sizing.models import Model
from ingest.sizing.sizes import Hours, Size, hours_of, size_of

SIZES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
_HEAD = (
    "pictures", "shards x replicas", "quantisation", "graph: m, ef_construct", "memory", "disk",
    "machines", "all embedded on CPUs", "on a GPU",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What a plan is asked for. The prices are for an hour: of the CPU cores, and of the GPU."""

    items: int
    images_per_item: float
    model: Model
    cores: int
    machine_memory_gb: float
    price_per_hour: float | None
    gpu_price_per_hour: float | None

    @property
    def pictures(self) -> int:
        return max(1, round(self.items * self.images_per_item))


def plan_lines(asked: Asked) -> list[str]:
    """The whole plan."""
    own = [_question(asked), "", *_table([asked.pictures], asked), "", *_settings(asked)]
    sizes = ["", f"By size, model {asked.model.name}:", "", *_table(SIZES, asked)]
    figures = ["", "Reckoned with:", "", "| | | | measured, or read |", "|---|---|---|---|"]
    figures += [f"| {one.name} | {one.value:,g} | {one.unit} | {one.source} |" for one in ALL]
    return [*own, *sizes, "", *_notes(asked), *figures]


def _question(asked: Asked) -> str:
    model = asked.model
    return (
        f"{asked.items:,} items, pictures of an item: {asked.images_per_item:g}; model {model.name} of"
        f" {model.dimension} dimensions; memory of a machine of the store: {asked.machine_memory_gb:g} GB;"
        f" embedding by {asked.cores} CPU cores, or by a GPU with 16 cores that decode for it."
    )


def _size(pictures: int, asked: Asked) -> Size:
    return size_of(pictures, asked.model.dimension, asked.machine_memory_gb * 1e9)


def _table(sizes: Sequence[int], asked: Asked) -> list[str]:
    rows = [
        _row(_size(pictures, asked), hours_of(pictures, asked.model, asked.cores), asked)
        for pictures in sizes
    ]
    return [f"| {' | '.join(_HEAD)} |", "|" + "---|" * len(_HEAD), *rows]


def _row(size: Size, hours: Hours, asked: Asked) -> str:
    layout = size.layout
    cells = [
        f"{size.pictures:,}",
        f"{size.shards} x {size.replicas}",
        f"int8 in memory, float32 {'on disk' if layout.vectors_on_disk else 'in page cache'}",
        f"{layout.m}, {layout.ef_construct}",
        _bytes(size.memory_bytes),
        _bytes(size.disk_bytes),
        f"{size.machines:,}",
        _cost(hours.cpu, asked.price_per_hour),
        _cost(hours.gpu, asked.gpu_price_per_hour)
        + (f" ({_hours(hours.gpu_alone)})" if hours.gpu_alone else ""),
    ]
    return f"| {' | '.join(cells)} |"


def _settings(asked: Asked) -> list[str]:
    size = _size(asked.pictures, asked)
    wanted = [f"EXPECTED_PICTURES={size.pictures}"]
    if size.shards > 1:
        wanted += [
            f"QDRANT_SHARDS={size.shards}",
            f"QDRANT_REPLICATION_FACTOR={size.replicas}",
            f"QDRANT_WRITE_CONSISTENCY={size.replicas}",
        ]
    return [f"`{' '.join(wanted)}`, before the first ingest or before `reindex --again`."]


def _notes(asked: Asked) -> list[str]:
    lines = [
        "- Memory and disk are of all replicas together.",
        "- Payloads count as in the bench. Descriptions come on top, on the disk, once a picture.",
        "- In brackets: if decoding kept up with the GPU. Small pictures, or decoding on the GPU, come near"
        " it; ingest decodes on CPU cores.",
    ]
    rates = {"--core-rate": asked.model.core_rate, "--gpu-rate": asked.model.gpu_rate}
    if unknown := [name for name, rate in rates.items() if not rate]:
        lines.append(
            f"- Not all rates of {asked.model.name} are known: measure them by `python -m bench.encoder`, and"
            f" give {' and '.join(unknown)}."
        )
    return lines


def _cost(hours: float | None, price: float | None) -> str:
    if hours is None:
        return "not known"
    return _hours(hours) + (f", {hours * price:,.2f}" if price is not None else "")


def _hours(hours: float) -> str:
    if hours >= 2:
        return f"{hours:,.0f} h" if hours >= 100 else f"{hours:.1f} h"
    return f"{hours * 60:.0f} min" if hours * 60 >= 2 else f"{hours * 3_600:.0f} s"


def _bytes(count: float) -> str:
    for size, unit in ((1e12, "TB"), (1e9, "GB")):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count / 1e6:,.0f} MB"
