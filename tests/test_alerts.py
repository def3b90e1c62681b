"""Alerts and dashboard: every metric and label in them is one that a running service or worker exposes."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import promql_parser
import pytest
import yaml
from click import Context
from prometheus_client.parser import text_string_to_metric_families

from catalog.encoder import Encoder
from catalog.errors import QueueFull
from service.errors import OutOfMemory, Overloaded
from tests.processes import ROOT, free_port, wait_until_ready
from tests.pushing import shop_over

# Prometheus itself has it of every target.
_PROMETHEUS = {"up": {"job", "instance"}}
_OF_TARGETS = {"job", "instance"}
_INTERVAL = "$__rate_interval"  # Grafana puts a duration in its place


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def expressions() -> dict[str, str]:
    """Of every alert and panel, by name."""
    found = {rule["alert"]: rule["expr"] for rule in rules()}
    for panel in json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())["panels"]:
        for target in panel["targets"]:
            found[f"{panel['title']} {target['refId']}"] = target["expr"].replace(_INTERVAL, "5m")
    return found


@pytest.fixture(scope="module")
def exposed(
    store_url: str, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, set[str]]]:
    """Label values by label by metric, of a web service that answered, failed and queued, and of a worker."""
    folder, port = tmp_path_factory.mktemp("alerts"), free_port()
    bind = f"127.0.0.1:{port}"
    feed = folder / "feed.csv"
    feed.write_text("id,title,category,image\n")
    own = {"WORKER_METRICS": bind, "FEEDS": str(feed), "FEED_INTERVAL_S": "0.2"}
    with shop_over(store_url, encoder, folder) as shop, shop.worker(folder / "worker.log", **own) as process:
        wait_until_ready(f"http://{bind}/metrics", process)
        shop.outcome(shop.put("A1", shop.item()), timeout_s=90)
        for path in (
            "/v1/search?text=thing",
            "/v1/search?text=thing",
            "/v1/items/nobody",
            "/v1/search?colour",
        ):
            shop.http.get(path)
        deadline = time.monotonic() + 30
        while " 0.0" in _line(bind, "vitrine_feeds_current_timestamp_seconds"):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        texts = [shop.http.get("/metrics").text, httpx.get(f"http://{bind}/metrics").text]
    found: dict[str, dict[str, set[str]]] = {}
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = found.setdefault(sample.name, {})
                for name, value in sample.labels.items():
                    labels.setdefault(name, set()).add(value)
    return found


def _line(bind: str, metric: str) -> str:
    text = httpx.get(f"http://{bind}/metrics").text
    return next((line for line in text.splitlines() if line.startswith(f"{metric} ")), " 0.0")


def selectors(expression: Any) -> Iterator[Any]:
    """Every selector of a parsed expression."""
    found: list[Any] = []

    def visit(node: Any) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        return True

    promql_parser.walk(expression, visit)
    yield from found


def test_every_expression_is_promql_over_metrics_that_exist(exposed: dict[str, dict[str, set[str]]]) -> None:
    asked: set[str] = set()
    for name, text in expressions().items():
        parsed = promql_parser.parse(text)
        found = list(selectors(parsed))
        assert found, name
        for one in found:
            asked.add(one.name)
            if one.name in _PROMETHEUS:
                known = _PROMETHEUS[one.name]
            else:
                assert one.name in exposed, f"{name}: nobody exposes {one.name}"
                known = exposed[one.name].keys() | _OF_TARGETS
            for matcher in one.matchers.matchers:
                assert matcher.name in known, f"{name}: {one.name} has no label {matcher.name}"
        for label in re.findall(r"by \(([\w, ]+)\)", text):
            names = {part.strip() for part in label.split(",")}
            assert names <= set().union(*(exposed.get(one.name, {}) for one in found)) | _OF_TARGETS, name
    own = {
        name for name in exposed if name.startswith("vitrine_") and not name.endswith(("_created", "_sum"))
    }
    told = {name for name in own if not name.endswith("_count")}
    assert told <= asked, "the dashboard leaves out what is exposed"


def test_values_of_labels_are_ones_that_are_told(exposed: dict[str, dict[str, set[str]]]) -> None:
    assert {"decode", "encode", "search", "total"} >= exposed["vitrine_stage_duration_seconds_bucket"][
        "stage"
    ]
    assert {"ok", "in_part", "failed", "unchanged"} == exposed["vitrine_feed_runs_total"]["outcome"]
    assert "embedded" in exposed["vitrine_pushed_writes_total"]["outcome"]
    sources = [(ROOT / name).read_text() for name in ("catalog/errors.py", "service/errors.py")]
    codes = set(re.findall(r'^    code = "(\w+)"', "".join(sources), re.MULTILINE))
    for name, text in expressions().items():
        for value in re.findall(r'code=~?"([\w|]+)"', text):
            assert set(value.split("|")) <= codes, name
        for value in re.findall(r'outcome="(\w+)"', text):
            assert value in exposed["vitrine_feed_runs_total"]["outcome"], name


def test_what_is_refused_for_want_of_room_has_an_alert_and_is_told_from_0_on(
    exposed: dict[str, dict[str, set[str]]],
) -> None:
    alerts = " ".join(rule["expr"] for rule in rules())
    for code in (Overloaded.code, OutOfMemory.code, QueueFull.code):
        assert f'vitrine_errors_total{{code="{code}"}}' in alerts
        assert code in exposed["vitrine_errors_total"]["code"], "nothing was refused, so it counts 0"


def test_every_alert_has_its_section_in_the_runbook() -> None:
    text = (ROOT / "docs/runbook.md").read_text()
    sections = re.findall(r"(?m)^### (\w+)$", text)
    assert sections == [rule["alert"] for rule in rules()]
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))


def test_the_parser_would_notice_a_mistake() -> None:
    for wrong in ("sum(rate(up[5m])", "rate(up)", "sum by code (up)", "up{job=}"):
        with pytest.raises(Exception):  # noqa: B017 - whatever the parser raises
            promql_parser.parse(wrong)


def test_the_commands_of_the_runbook_exist() -> None:
    """Each `python -m ingest …` that it tells a person to run, at least by its name and its options."""
    text = "".join((ROOT / name).read_text() for name in _DOCS)
    from ingest.__main__ import cli

    for command, options in re.findall(r"python -m ingest (\w+)((?: [^`\n|]*)?)", text):
        found = cli.get_command(Context(cli), command)
        assert found is not None, command
        known = {name for option in found.params for name in option.opts}
        for option in re.findall(r"(?<![\w-])--[\w-]+", options):
            assert option in known, f"{command} {option}"


_DOCS = ("docs/runbook.md", "docs/backup.md", "docs/deploy.md", "docs/upgrading.md")
