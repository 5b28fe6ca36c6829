"""Procfile, render.yaml and docs/operations.md describe this application truly."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from loumass.config import VARIABLES, Misconfigured, Settings
from loumass.core.database import MINIMUM_VERSION
from loumass.core.jobs import QUEUES
from loumass.starting.keys import fresh_keys
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
BLUEPRINT: dict[str, Any] = yaml.safe_load((ROOT / "render.yaml").read_text())
SERVICES = {service["name"]: service for service in BLUEPRINT["services"]}
PROCFILE = dict(
    line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line and line[0] != "#"
)
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
#: Read by others than config.py: gunicorn, Render's builder, the S3 client, the test suite.
READ_ELSEWHERE = {
    "WEB_CONCURRENCY", "PYTHON_VERSION", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT",
}  # fmt: skip


def commands() -> Iterator[str]:
    """Every command of both files."""
    yield from PROCFILE.values()
    for service in SERVICES.values():
        yield from (service[key] for key in ("startCommand", "preDeployCommand") if key in service)


def why_impossible(command: str, flask_commands: set[str]) -> str | None:
    """What is wrong with one simple command; None when this application has it."""
    match shlex.split(command):
        case ["flask", "--app", "wsgi", word] if word in flask_commands:
            return None
        case ["python", "worker.py", queue] if queue in QUEUES and (ROOT / "worker.py").exists():
            return None
        case ["gunicorn", "--config", config, "wsgi:app"] if (ROOT / config).exists():
            return None
    return f"nothing answers to `{command}`"


def test_every_command_exists(app: Flask) -> None:
    words = set(app.cli.commands)
    simple = [part.strip() for command in commands() for part in command.split("&&")]
    assert [reason for command in simple if (reason := why_impossible(command, words))] == []


@pytest.mark.parametrize(
    "wrong",
    ["flask --app wsgi migrat", "python worker.py sender", "gunicorn --config none.py wsgi:app", "rq worker"],
)
def test_a_command_that_does_not_exist_would_be_noticed(app: Flask, wrong: str) -> None:
    assert why_impossible(wrong, set(app.cli.commands))


def test_every_queue_has_a_worker_and_there_is_one_clock() -> None:
    for found in (list(PROCFILE.values()), [service.get("startCommand") for service in SERVICES.values()]):
        assert [found.count(f"python worker.py {queue}") for queue in QUEUES] == [1] * len(QUEUES)
        assert found.count("flask --app wsgi clock") == 1


def test_both_files_run_the_same_processes_and_release_the_same_way() -> None:
    kept = {command for name, command in PROCFILE.items() if name != "release"}
    assert kept == {service["startCommand"] for service in SERVICES.values() if "startCommand" in service}
    released = [service["preDeployCommand"] for service in SERVICES.values() if "preDeployCommand" in service]
    assert released == [PROCFILE["release"]]


def environment(service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The variables of a service, with those of its groups."""
    groups = {group["name"]: group["envVars"] for group in BLUEPRINT["envVarGroups"]}
    entries = [
        entry
        for given in service.get("envVars", [])
        for entry in (groups[given["fromGroup"]] if "fromGroup" in given else [given])
    ]
    return {entry["key"]: entry for entry in entries}


RUNNING = [service for service in SERVICES.values() if "startCommand" in service]
NAMES = [service["name"] for service in RUNNING]


@pytest.mark.parametrize("service", RUNNING, ids=NAMES)
def test_every_variable_is_read_by_somebody(service: dict[str, Any]) -> None:
    assert set(environment(service)) - set(VARIABLES) - READ_ELSEWHERE == set()


@pytest.mark.parametrize("service", RUNNING, ids=NAMES)
def test_with_these_variables_production_starts(service: dict[str, Any]) -> None:
    filled = {name: value_of(name, entry) for name, entry in environment(service).items()}
    assert Settings.from_env(filled).is_production


@pytest.mark.parametrize(
    "missing", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SEALING_KEYS", "HASH_KEY", "PUBLIC_URL"]
)
def test_without_one_of_them_production_refuses_to_start(missing: str) -> None:
    filled = {name: value_of(name, entry) for name, entry in environment(SERVICES["loumass-web"]).items()}
    del filled[missing]
    with pytest.raises(Misconfigured, match=missing):
        Settings.from_env(filled)


def value_of(name: str, entry: dict[str, Any]) -> str:
    """What Render puts in: a constant, a generated secret, an address, or what a person enters."""
    if "value" in entry:
        return str(entry["value"])
    if entry.get("generateValue"):
        return fresh_keys()["HASH_KEY"]
    if "fromService" in entry and "envVarKey" in entry["fromService"]:
        source = SERVICES[entry["fromService"]["name"]]
        return value_of(name, environment(source)[entry["fromService"]["envVarKey"]])
    assert entry.get("sync") is False or {"fromDatabase", "fromService"} & set(entry)
    return {
        "DATABASE_URL": "postgres://loumass:word@db.example/loumass",
        "REDIS_URL": "redis://redis.example:6379",
        "PUBLIC_URL": "https://loumass.example",
        "SEALING_KEYS": fresh_keys()["SEALING_KEYS"],
    }.get(name, "")


def test_every_reference_leads_somewhere() -> None:
    databases = {database["name"] for database in BLUEPRINT["databases"]}
    for service in RUNNING:
        for entry in environment(service).values():
            if "fromDatabase" in entry:
                assert entry["fromDatabase"]["name"] in databases
            if "fromService" in entry:
                assert SERVICES[entry["fromService"]["name"]]["type"] == entry["fromService"]["type"]


def test_the_database_is_new_enough_and_nobody_outside_reaches_it() -> None:
    [database] = BLUEPRINT["databases"]
    assert int(database["postgresMajorVersion"]) * 10_000 >= MINIMUM_VERSION
    assert database["ipAllowList"] == []


def test_the_key_value_store_throws_nothing_away() -> None:
    store = SERVICES["loumass-redis"]
    assert (store["type"], store["maxmemoryPolicy"], store["ipAllowList"]) == ("keyvalue", "noeviction", [])


def test_the_health_check_answers(world: World) -> None:
    path = SERVICES["loumass-web"]["healthCheckPath"]
    assert world.stranger().get(path).json is not None


def test_what_is_built_is_what_was_locked() -> None:
    for service in RUNNING:
        assert service["buildCommand"] == "pip install --require-hashes -r requirements.txt"


def test_the_table_of_variables_is_complete_and_right() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", OPERATIONS, re.MULTILINE)
    described = {name: words.strip() for name, words in rows if name in VARIABLES}
    assert described == VARIABLES
    assert {name for name, _ in rows} - set(VARIABLES) <= READ_ELSEWHERE


def test_the_commands_in_the_text_exist(app: Flask) -> None:
    words = set(re.findall(r"flask --app wsgi ([a-z-]+)", OPERATIONS))
    assert words
    assert words - set(app.cli.commands) == set()
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = OPERATIONS + (ROOT / "README.md").read_text()
    assert set(re.findall(r"`make ([a-z]+)", told)) - made == set()


def test_the_command_that_make_up_runs_exists(app: Flask) -> None:
    assert '"prepare"]' in (ROOT / "loumass" / "starting" / "__main__.py").read_text()
    assert "prepare" in app.cli.commands
