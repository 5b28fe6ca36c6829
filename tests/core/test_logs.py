"""Every line says whom and what it is about, whoever writes it, and gives no secret away."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from redis import Redis

from loumass import app as application
from loumass.config import Settings
from loumass.core import jobs, logs
from loumass.core.jobs import job
from tests.world import World

Lines = Callable[[], list[dict[str, Any]]]


@job("receive")
def stumble(word: str) -> None:
    structlog.get_logger("tests").info("stumbling", word=word)
    raise RuntimeError("the reason why")


@pytest.fixture
def lines(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lines]:
    """What was logged since, as production writes it."""
    logs.configure(replace(settings, log_format="json", log_level="info"))
    # A logger that was used before keeps the shape it had then.
    for module in (jobs, application):
        monkeypatch.setattr(module, "log", structlog.get_logger(module.__name__))
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    logs.configure(settings)


def test_a_request_names_itself_and_the_organization(world: World, lines: Lines) -> None:
    answer = world.acme.member.get("/profile")
    [line] = [line for line in lines() if line["event"] == "request"]
    assert (line["endpoint"], line["status"]) == ("account.profile", 200)
    assert line["organization"] == str(world.acme.id)
    assert line["request"] == answer.headers["X-Request-Id"]


def test_a_request_of_nobody_names_no_organization(world: World, lines: Lines) -> None:
    world.stranger().get("/login")
    [line] = [line for line in lines() if line["event"] == "request"]
    assert "organization" not in line


def test_what_a_job_says_carries_its_id_and_organization_and_its_failure_is_one_line(
    world: World, settings: Settings, lines: Lines
) -> None:
    redis = Redis.from_url(settings.redis_url)
    redis.flushdb()
    jobs.use(jobs.RedisBell(redis))
    with world.acme.acting() as session:
        stumble.later("here")
        session.commit()
    jobs.work("receive", redis, burst=True)
    jobs.use(world.bell)
    said, failed = [line for line in lines() if line["event"] in ("stumbling", "job.failed")]
    assert said["job"] == failed["job"] == "tests.stumble"
    assert said["job_id"] == failed["job_id"]
    assert said["organization"] == failed["organization"] == str(world.acme.id)
    assert "the reason why" in failed["exception"]


def test_what_libraries_say_becomes_the_same_lines(settings: Settings, lines: Lines) -> None:
    logging.getLogger("some.library").warning("%s went away", "a server")
    logging.getLogger("some.library").info("not of interest")
    logging.getLogger("gunicorn.error").info("Booting")
    warned, told = lines()
    assert (warned["event"], warned["level"], warned["logger"]) == (
        "a server went away", "warning", "some.library",
    )  # fmt: skip
    assert (told["event"], told["level"]) == ("Booting", "info")


def test_configuring_twice_writes_once(settings: Settings, lines: Lines) -> None:
    logs.configure(replace(settings, log_format="json", log_level="info"))
    logging.getLogger("some.library").warning("once")
    assert len(lines()) == 1


@pytest.mark.parametrize("name", ["password", "access_token", "Authorization", "client_secret"])
def test_what_is_called_a_secret_is_cut_out(lines: Lines, name: str) -> None:
    structlog.get_logger("tests").warning("signing", **{name: "hush"})
    [line] = lines()
    assert line[name] == "(cut out)"


def test_the_settings_never_show_their_secrets(settings: Settings) -> None:
    shown = repr(settings)
    assert settings.secret_key not in shown
    assert settings.database_url not in shown
