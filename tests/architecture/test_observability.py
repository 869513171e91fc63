"""What Prometheus and Grafana are given asks for metrics that there are, by labels that they have; none is unseen."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.metrics import PREFIX, by_name
from tests.support.programs import needs

GIVEN = Path(__file__).parents[2] / "deploy" / "observability"
METRIC = re.compile(rf"\b({PREFIX}[a-z_]+)(?:\{{([^}}]*(?:\{{id\}}[^}}]*)*)\}})?")
LABEL = re.compile(r'([a-z_]+)\s*(?:=~|!~|!=|=)\s*"')
# Whoever collects adds these.
ADDED = {"job", "instance"}


def queries() -> Iterator[tuple[str, str]]:
    """Every expression of the dashboard and of the alerts, with where it stands."""
    for panel in json.loads((GIVEN / "dashboard.json").read_text("utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            yield f"dashboard: {panel['title']} {target['refId']}", target["expr"]
    for rule in alerts():
        yield f"alert: {rule['alert']}", rule["expr"]


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((GIVEN / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def asked(expression: str) -> dict[str, set[str]]:
    """The metrics of ours that an expression reads, and the labels that it picks them by."""
    return {name: set(LABEL.findall(labels or "")) for name, labels in METRIC.findall(expression)}


QUERIES = dict(queries())


@pytest.mark.parametrize("where", QUERIES)
def test_a_query_asks_for_metrics_that_the_code_declares(where: str) -> None:
    declared = by_name()
    for name, labels in asked(QUERIES[where]).items():
        assert name in declared, f"{name}: the code declares no such metric"
        assert labels <= {*declared[name].labels, "le", *ADDED}, name


@pytest.mark.parametrize("where", QUERIES)
def test_a_query_groups_by_labels_that_its_metrics_have(where: str) -> None:
    declared = by_name()
    grouped = {label.strip() for found in re.findall(r"by \(([^)]*)\)", QUERIES[where]) for label in found.split(",")}
    had = {label for name in asked(QUERIES[where]) for label in declared[name].labels} | {"le", *ADDED}
    assert grouped <= had


def test_every_metric_is_looked_at_by_somebody() -> None:
    read = {name for expression in QUERIES.values() for name in asked(expression)}
    unread = {each.name for each in by_name().values() if not read & set(each.names)}
    assert unread == set()


def test_an_alert_says_how_soon_somebody_must_look_and_at_what() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]


def test_every_alert_is_on_the_page_that_says_what_to_do() -> None:
    page = (GIVEN.parents[1] / "docs" / "observing.md").read_text("utf-8")
    told = dict(re.findall(r"^\| (OneVisit\w+) \| (now|working day) \|", page, flags=re.MULTILINE))
    assert told == {r["alert"]: "now" if r["labels"]["severity"] == "page" else "working day" for r in alerts()}


@needs("promtool", package="prometheus")
@pytest.mark.parametrize("arguments", [("check", "config", "prometheus.yml"), ("test", "rules", "alerts.test.yml")])
def test_prometheus_itself_finds_no_fault(arguments: tuple[str, ...]) -> None:
    """Of the rules, that each is silent while all is well and speaks when it is not."""
    done = subprocess.run(["promtool", *arguments], cwd=GIVEN, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried_in_both_ways() -> None:
    well, ill = yaml.safe_load((GIVEN / "alerts.test.yml").read_text("utf-8"))["tests"]
    names = {rule["alert"] for rule in alerts()}
    silent = {each["alertname"] for each in well["alert_rule_test"] if "exp_alerts" not in each}
    speaking = {each["alertname"] for each in ill["alert_rule_test"] if each["exp_alerts"]}
    assert (silent, speaking) == (names, names)
