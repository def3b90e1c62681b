"""The report as one HTML file that needs nothing else: pictures and style are in it, and it has no script."""

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from catalog.near_duplicates import SAME_PICTURE
from ingest.feeds.columns import NO_CATEGORY
from ingest.quality.confusion import OTHER, confusion, labelled, precisions
from ingest.quality.embedded import Embedded, Shot
from ingest.quality.intervals import mean_of
from ingest.quality.neighbours import NEIGHBOURS, Found
from ingest.quality.picture_map import Map

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Page:
    """What the page tells. `found`: the worst first; `show`: how many of them it shows."""

    embedded: Embedded
    model: str
    found: list[Found]
    map: Map | None
    seed: int
    show: int


def render(page: Page) -> str:
    """The page's HTML. Every text of the feed is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    judged = labelled(page.found) if page.embedded.is_labelled else []
    return environment.get_template("report.html").render(
        name=page.embedded.name,
        model=page.model,
        pictures=len(page.embedded.shots),
        items=len({shot.item_id for shot in page.embedded.shots}),
        held=len(page.found),
        seed=page.seed,
        neighbours=NEIGHBOURS,
        same_picture=SAME_PICTURE,
        left_out=sum(one.left_out for one in page.found),
        overall=mean_of(np.array([one.precision for one in judged])) if judged else None,
        precisions=precisions(judged) if judged else {},
        confusion=confusion(judged) if judged else None,
        other=OTHER,
        unlabelled=NO_CATEGORY,
        map=page.map,
        map_uri=_data_uri("image/png", page.map.png) if page.map else "",
        shown=page.found[: page.show],
        is_labelled=page.embedded.is_labelled,
        thumbnail=lambda shot: _thumbnail(page.embedded, shot),
    )


def _thumbnail(embedded: Embedded, shot: Shot) -> str:
    return _data_uri("image/jpeg", embedded.thumbnail(shot))


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
