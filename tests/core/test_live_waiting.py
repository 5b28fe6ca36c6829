"""Who is woken by an organization's news, and when."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

import pytest

from loumass.core.live import entries, waiting
from loumass.core.live.entries import ENDS, Entry, Place
from loumass.core.live.listening import Listener
from loumass.core.live.waiting import Waiting


@pytest.fixture
def room() -> Waiting:
    return Waiting()


@pytest.fixture(autouse=True)
def _nobody_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "REST_SECONDS", 0.0)
    monkeypatch.setattr(waiting, "SHORTEST_REST_SECONDS", 0.0)


def _who_waits(
    room: Waiting, user: str, *, topics: Sequence[str] = (), kinds: Sequence[str] = ()
) -> threading.Event:
    wake = threading.Event()
    room.enter(wake, Listener(user, frozenset(topics), frozenset(kinds)))
    return wake


def _topic(name: str) -> Entry | None:
    return entries.read(Place(1, 1), entries.topic(name))


def _fact(kind: str, *to: str) -> Entry | None:
    return entries.read(Place(1, 1), json.dumps({"k": kind, "at": 1, "body": {}, "to": to}))


def test_only_who_asked_for_it_is_woken(room: Waiting) -> None:
    inbox = _who_waits(room, "anna", topics=["inbox"])
    replies = _who_waits(room, "ben", topics=["dashboard"], kinds=["message.replied"])
    room.wake([_topic("inbox"), None, _topic("campaigns")])
    assert (inbox.is_set(), replies.is_set()) == (True, False)
    inbox.clear()
    room.wake([_fact("message.replied")])
    assert (inbox.is_set(), replies.is_set()) == (False, True)


def test_what_is_for_one_person_wakes_nobody_else(room: Waiting) -> None:
    anna = _who_waits(room, "anna", kinds=["notification"])
    ben = _who_waits(room, "ben", kinds=["notification"])
    room.wake([_fact("notification", "ben")])
    assert (anna.is_set(), ben.is_set()) == (False, True)


@pytest.mark.parametrize("whose", [["anna"], []])
def test_the_end_of_streams_wakes_whose_streams_they_are(room: Waiting, whose: list[str]) -> None:
    anna, ben = _who_waits(room, "anna", topics=["inbox"]), _who_waits(room, "ben", topics=["inbox"])
    room.wake([_fact(ENDS, *whose)])
    assert (anna.is_set(), ben.is_set()) == (True, not whose)


def test_who_left_is_not_woken(room: Waiting) -> None:
    gone = _who_waits(room, "anna", topics=["inbox"])
    room.leave(gone)
    room.wake([_topic("inbox")])
    room.wake_all()
    assert not gone.is_set()
    assert not room


def test_who_asked_for_none_of_it_looks_before_it_falls_behind(
    room: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PASSED", 3)
    other = _who_waits(room, "anna", topics=["campaigns"])
    room.wake([_topic("inbox"), _topic("inbox")])
    assert not other.is_set()
    room.wake([_topic("inbox")])
    assert other.is_set()
    other.clear()
    room.wake([_topic("inbox"), _topic("inbox")])
    assert not other.is_set()


def test_what_comes_while_all_rest_is_told_when_they_have_rested(
    room: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "REST_SECONDS", 0.05)
    inbox, campaigns = _who_waits(room, "a", topics=["inbox"]), _who_waits(room, "b", topics=["campaigns"])
    room.wake([_topic("inbox")])
    assert inbox.is_set()
    inbox.clear()
    room.wake([_topic("inbox")])
    room.wake([_topic("campaigns")])
    assert inbox.wait(10)
    assert campaigns.wait(10)


def test_where_nobody_was_woken_nobody_rests(room: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "REST_SECONDS", 3600.0)
    inbox = _who_waits(room, "anna", topics=["inbox"])
    room.wake([_topic("dashboard")])
    room.wake([_topic("inbox")])
    assert inbox.is_set()
    inbox.clear()
    room.wake([_topic("inbox")])
    assert not inbox.is_set()
