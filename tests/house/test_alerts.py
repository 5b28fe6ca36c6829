"""ops/alerts.yml: Prometheus can read it, it asks for figures that are served, and it says what the page about it says."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from sqlalchemy import text

from loumass.config import Settings
from loumass.core import clock, metrics
from loumass.core.database import engine
from loumass.core.figures import Sharing
from tests.house.test_deploy_files import OPERATIONS
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "ops" / "alerts.yml"
GROUPS: list[dict[str, Any]] = yaml.safe_load(FILE.read_text())["groups"]
RULES: dict[str, dict[str, Any]] = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
#: What has to wake somebody: alert, severity, and the comparison that does it.
PROMISED = [
    ("PagesSlow", "warning", "loumass_request_seconds_bucket", ">", 2),
    ("PagesVerySlow", "critical", "loumass_request_seconds_bucket", ">", 5),
    ("PagesFail", "critical", "loumass_requests_total", ">", 0.05),
    ("DatabaseDown", "critical", "loumass_part_works", "==", 0),
    ("QueueBacklog", "warning", "loumass_queue_depth", ">", 1000),
    ("MemoryShort", "warning", "loumass_memory_used_bytes", ">", 0.8),
    ("DeliverabilityLow", "warning", "loumass_delivery_rate", "<", 0.9),
    ("HitsLost", "warning", "loumass_hits_total", ">", 0),
    ("SignUpSpike", "warning", "loumass_sign_ups_total", ">", 20),
]
KINDS_OF_CHILDREN = ("expr", "lhs", "rhs", "vector_selector")


def parts(node: Any) -> Iterator[Any]:
    """An expression and everything in it."""
    yield node
    children = [getattr(node, name, None) for name in KINDS_OF_CHILDREN] + list(getattr(node, "args", ()))
    for child in children:
        if child is not None:
            yield from parts(child)


def asked_for(expression: str) -> set[tuple[str, frozenset[str]]]:
    """Each figure that an expression names, with the labels that it is chosen by."""
    return {
        (one.name or "", frozenset(matcher.name for matcher in one.matchers.matchers))
        for one in parts(promql.parse(expression))
        if isinstance(one, promql.VectorSelector)
    }


def compared(expression: str) -> set[tuple[str, float, str]]:
    """(operator, number, figure on its left) of every comparison with a plain number."""
    return {
        (str(one.op), one.rhs.val, name)
        for one in parts(promql.parse(expression))
        if isinstance(one, promql.BinaryExpr) and isinstance(one.rhs, promql.NumberLiteral)
        for inner in parts(one.lhs)
        if isinstance(inner, promql.VectorSelector) and (name := inner.name)
    }


@pytest.mark.parametrize("name", RULES)
def test_every_rule_can_be_read_and_says_what_to_do(name: str) -> None:
    rule = RULES[name]
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert asked_for(rule["expr"])
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}


def test_no_two_alerts_share_a_name() -> None:
    assert len(RULES) == sum(len(group["rules"]) for group in GROUPS)


def test_prometheus_own_tool_agrees_where_there_is_one() -> None:
    if promtool := shutil.which("promtool"):
        done = subprocess.run([promtool, "check", "rules", FILE], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_mistyped_rule_would_be_noticed() -> None:
    with pytest.raises(ValueError, match="unclosed left parenthesis"):
        promql.parse("sum by (le (rate(loumass_request_seconds_bucket[5m])) > 2")


@pytest.mark.parametrize(("name", "severity", "figure", "operator", "bound"), PROMISED)
def test_what_has_to_wake_somebody_does(
    name: str, severity: str, figure: str, operator: str, bound: float
) -> None:
    assert RULES[name]["labels"]["severity"] == severity
    assert (operator, bound, figure) in compared(RULES[name]["expr"])


def test_every_figure_that_a_rule_names_is_served_with_its_labels(world: World, settings: Settings) -> None:
    redis = Redis.from_url(settings.redis_url)
    redis.flushdb()
    with engine().begin() as connection:
        connection.execute(
            text("INSERT INTO periodic_run (name, last_at) VALUES ('tick', :at)"), {"at": clock.now()}
        )
    sharing = Sharing(redis, "deliver")
    metrics.SENDS.labels("email", "smtp", "sent").inc()
    sharing.share()
    world.acme.member.get("/profile")
    page = world.stranger().get("/metrics").text
    served = {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    wanted = {one for rule in RULES.values() for one in asked_for(rule["expr"])}
    assert {name for name, _ in wanted} - set(served) == set()
    assert [(name, labels) for name, labels in wanted if not labels <= served[name]] == []


def test_the_page_for_operators_names_every_alert_and_every_runbook_exists() -> None:
    anchors = {
        heading.lower().replace(" ", "-") for heading in re.findall(r"^##+ (.+)$", OPERATIONS, re.MULTILINE)
    }
    for name, rule in RULES.items():
        assert f"`{name}`" in OPERATIONS
        file, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (file, anchor in anchors) == ("docs/operations.md", True)
