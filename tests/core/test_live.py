"""News reaches the organization's own listeners after the commit, and nobody else's."""

from __future__ import annotations

import queue
import threading
import time
from types import SimpleNamespace

import pytest
from redis import Redis

from loumass.config import Settings
from loumass.core import live
from loumass.core.live import Hub
from tests.world import World


def _listen(hub: Hub, organization_id, topics: set[str], heard: list[str]) -> threading.Thread:
    def collect() -> None:
        for frame in hub.listen(organization_id, topics):
            if frame.startswith("event"):
                heard.append(frame)
                return

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    return thread


def test_news_is_heard_after_the_commit_by_the_same_organization_only(
    world: World, settings: Settings
) -> None:
    redis = Redis.from_url(settings.redis_url)
    hub = Hub(redis)
    first, acme, globex = [], [], []
    # Who listens before the hub hears is told to look once it does.
    _listen(hub, world.acme.id, {"inbox"}, first).join(30)
    assert len(first) == 1
    listener = _listen(hub, world.acme.id, {"inbox"}, acme)
    _listen(hub, world.globex.id, {"inbox"}, globex)
    _wait_for(lambda: len(hub.listeners) == 2 and all(hub.listeners.values()))
    with world.acme.acting() as session:
        live.announce("campaign:1")
        live.announce("inbox")
        assert acme == []
        session.connection()
        session.commit()
    listener.join(5)
    assert acme == ['event: inbox\ndata: "inbox"\n\n']
    assert globex == []


def test_a_storm_of_news_is_told_at_once_and_then_at_a_pace_the_last_included(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SimpleNamespace(now=100.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(live, "time", clock)
    monkeypatch.setattr(live, "PACE_SECONDS", 0.1)
    mailbox: queue.Queue[str] = queue.Queue()
    for topic in ["campaign:1"] * 500 + ["contacts", "inbox"]:
        mailbox.put(topic)
    frames = live._paced(mailbox, {"campaign:1", "inbox"}, clock.now + 60)
    assert [next(frames), next(frames), next(frames)] == [
        _frame("campaign:1"),
        _frame("inbox"),
        ": still here\n\n",
    ]
    clock.now += 0.1
    assert next(frames) == _frame("campaign:1")
    mailbox.put("campaign:1")
    assert next(frames) == ": still here\n\n"
    clock.now += 0.1
    assert next(frames) == _frame("campaign:1")


def _frame(topic: str) -> str:
    return f'event: {topic}\ndata: "{topic}"\n\n'


def _wait_for(condition) -> None:
    ends_at = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.01)
