"""What is drawn at random for the engine and the pure step: people, settings of every kind, questions."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from loumass.core.ids import uuid7
from loumass.funnels.kinds.condition_tests import OPERATORS
from loumass.funnels.statuses import Status
from tests.world import World

HOME = ZoneInfo("America/Denver")
T = TypeVar("T")
#: Days off of the organization: single ones, some in a row, one of each month and a leap day.
DAYS_OFF = {
    World.begins_at.date() + timedelta(days=number): f"Rest {number}"
    for number in (*range(-430, 60, 29), -30, -29, -28, 0, 1, 2, 3, 17, 18)
} | {date(2028, 2, 29): "Leap day"}


ZONES = [
    "America/Denver",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    None,
    "Not/AZone",
]


moments = st.integers(-60 * 24 * 400, 60 * 24 * 30).map(
    lambda minutes: World.begins_at + timedelta(minutes=minutes)
)


texts = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"), max_codepoint=0x24F), max_size=6
)


NAMES = ["Guest", "guest ", "GUEST", "Vip", "straße", "STRASSE"]
names = st.sampled_from(NAMES)


clocks = st.sampled_from([None, "00:30", "02:30", "09:00", "17:00", "23:30"])


_LETTERS = [
    chr(code) for code in range(0x24F + 1) if unicodedata.category(chr(code))[0] in "LNP" or unicodedata.category(chr(code)) == "Zs"
]  # fmt: skip
_BARRED = ["bounced", "unsubscribed", "complained", "by_hand", "imported", "erased"]
_TASKS = [
    None,
    ("open", None),
    ("done", "a"),
    ("done", "c"),
    ("skipped", None),
    ("expired", None),
    ("cancelled", None),
]
_CALLS = [None, "queued", "calling", "delivered", "failed", "cancelled"]
_MESSAGES = [None, "queued", "sending", "sent", "failed", "cancelled", "in_doubt"]


def crowd(seed: int, size: int, asked: str) -> list[dict[str, Any]]:
    """People and everything a step may look at. Some of what they say of themselves is what is `asked` for.

    All from one drawn number: Hypothesis takes longer over each of their hundred values than the engine over them all.
    """
    chance = Random(seed)
    return [_person(chance, asked) for _ in range(size)]


def _person(chance: Random, asked: str) -> dict[str, Any]:
    has = chance.choice([("email",), ("sms",), ("email", "sms")])
    return {
        "entered_at": _past(chance), "timezone": chance.choice(ZONES), "status": chance.choice(list(Status)),
        "replied_at": _maybe(chance, _past), "last_sent_at": _maybe(chance, _past), "step_sent_at": _maybe(chance, _past),
        "company": _said(chance, asked), "shoe": _maybe(chance, lambda chance: _said(chance, asked)),
        "tags": set(chance.sample(NAMES, chance.randint(0, 2))),
        "barred": {medium: chance.choice(_BARRED) for medium in chance.sample(["email", "sms"], chance.randint(0, 2))},
        "has": has, "read": chance.choice([None, "opened", "clicked", "machine"]), "message": chance.choice(_MESSAGES),
        "task": chance.choice(_TASKS), "call": chance.choice(_CALLS),
    }  # fmt: skip


def _past(chance: Random) -> datetime:
    """Within the last sixty days, now and then the very moment of something else."""
    minutes = chance.choice([0, 1, 60, 60 * 24, *(chance.randint(0, 60 * 24 * 60) for _ in range(8))])
    return World.begins_at - timedelta(minutes=minutes)


def _maybe(chance: Random, what: Callable[[Random], T]) -> T | None:
    return what(chance) if chance.random() < 0.5 else None


def _said(chance: Random, asked: str) -> str:
    own = "".join(chance.choices(_LETTERS, k=chance.randint(0, 6)))
    return chance.choice([own, own, own, asked, asked.upper(), asked + own, own + asked, ""])


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    opens = draw(clocks)
    closes = (
        draw(st.sampled_from([None, "23:45"]))
        if opens == "23:30"
        else draw(st.sampled_from([None, "18:00", "23:45"]))
    )
    return {
        "weekdays": sorted(draw(st.sets(st.integers(0, 6), min_size=1))),
        "opens": opens,
        "closes": closes,
        "days_off": draw(st.sampled_from(["count", "skip"])),
    }


waits = st.one_of(
    st.builds(lambda amount, unit, after, window: {"mode": "duration", "amount": amount, "unit": unit, "after": after, **window},
              st.integers(1, 40), st.sampled_from(["minutes", "hours", "days", "weeks"]), st.sampled_from(["sent", "entered"]), windows()),
    st.builds(lambda at, zone, past_, window: {"mode": "date", "date": at.replace(tzinfo=None, second=0).isoformat(), "zone": zone, "if_past": past_, **window},
              moments, st.sampled_from(["", "Europe/Berlin", "America/Denver"]), st.sampled_from(["go_on", "end"]), windows()),
    st.builds(lambda days, direction, at, past_, window: {"mode": "event", "days": days, "direction": direction, "at": at, "if_past": past_, **window},
              st.integers(0, 30), st.sampled_from(["before", "after"]), st.sampled_from(["02:30", "09:00"]), st.sampled_from(["go_on", "end"]), windows()),
)  # fmt: skip


patience = st.one_of(
    st.just({}),
    st.builds(
        lambda n, unit: {"wait_up_to": n, "wait_unit": unit},
        st.integers(1, 60),
        st.sampled_from(["minutes", "hours", "days", "weeks"]),
    ),
)


_tests = st.sampled_from(["any", "email", "sms"])


QUESTIONS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "replied": st.builds(lambda since: {"since": since}, st.sampled_from(["start", "last_message"])),
    "bounced": st.builds(lambda medium: {"medium": medium}, _tests),
    "opted_out": st.builds(lambda medium: {"medium": medium}, _tests),
    "tag": st.builds(lambda tag: {"tag": tag}, names),
    "field": st.builds(
        lambda field, operator, value: {"field": field, "operator": operator, "value": value},
        st.sampled_from(["company", "shoe", "nothing"]), st.sampled_from(sorted(OPERATORS)), texts,
    ),
    "status": st.builds(lambda status: {"status": status}, st.sampled_from([status.value for status in Status])),
    **{
        test: st.builds(lambda step: {"step": step}, st.sampled_from(["", "said", "gone"]))
        for test in ("opened", "not_opened", "clicked", "not_clicked")
    },
    "sent_within": st.builds(
        lambda step, amount, unit: {"step": step, "amount": amount, "unit": unit},
        st.sampled_from(["", "said"]), st.integers(1, 50), st.sampled_from(["minutes", "hours", "days", "weeks"]),
    ),
    # What came with the claim, what rows tell, what a step before it may have changed, and a group in a group.
    "rule": st.builds(lambda match, status, tag, is_not: {"rule": {"match": match, "rules": [
        {"ask": "status_here", "status": status}, {"ask": "replied_here", "not": is_not},
        {"ask": "status", "campaign": "any", "status": status, "not": is_not}, {"ask": "weekday", "weekdays": [1, 2]},
        {"match": "any", "rules": [{"ask": "tag", "tag": tag}, {"ask": "field", "field": "company", "operator": "is_empty"}]},
    ]}}, st.sampled_from(["all", "any"]), st.sampled_from([status.value for status in Status]), st.sampled_from(["Guest", "Vip"]), st.booleans()),
}  # fmt: skip


def asking(test: str) -> st.SearchStrategy[dict[str, Any]]:
    """A condition that asks `test`, now or with patience."""
    return st.builds(lambda question, wait: {"test": test} | question | wait, QUESTIONS[test], patience)


shares = st.sampled_from(
    [
        {"a": 50, "b": 50},
        {"a": 1, "b": 99},
        {"a": 33, "b": 33, "c": 34},
        {"a": 10, "b": 20, "c": 30, "d": 40},
        {"a": 20, "b": 30},
    ]
)


tasks = st.builds(
    lambda kind, due_in, closes, days, give_up, whose, off: {
        "task": kind, "title": "Call {{contact.first_name}}", "script": "{{contact.company|fallback:\"your company\"}}, {{sender.name}}",
        "a": "Reached", "c": "No answer", "due_in": due_in, "opens": "09:00", "closes": closes, "weekdays": sorted(days),
        "give_up_after": give_up, "whose": whose, "days_off": off,
    },
    st.sampled_from(["call", "other"]), st.integers(0, 20), st.sampled_from(["17:00", None]), st.sets(st.integers(0, 6), min_size=1),
    st.none() | st.integers(1, 30), st.sampled_from(["owner", "campaign", "turn"]),
    st.sampled_from(["count", "skip"]),
)  # fmt: skip


webhooks = st.builds(
    lambda waits, columns, custom: {
        "url": "https://hooks.example/in", "waits": waits, "columns": columns, "custom": custom,
    },
    st.sampled_from(["wait", "go_on"]), st.sampled_from([["email"], []]), st.sampled_from(["", "shoe, nothing"]),
)  # fmt: skip


CONFIGS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "wait": waits,
    "wait_for": st.builds(
        lambda question, amount: question | {"wait_up_to": amount},
        st.sampled_from(["replied", "clicked", "rule"]).flatmap(
            lambda test: QUESTIONS[test].map(lambda question: {"test": test} | question)
        ),
        st.integers(1, 60),
    ),
    "goal": st.sampled_from(["replied", "tag", "rule"]).flatmap(
        lambda test: QUESTIONS[test].map(lambda question: {"test": test} | question)
    ),
    "condition": st.sampled_from(sorted(QUESTIONS)).flatmap(asking),
    "split": shares,
    "stage": st.just({}),
    "set_status": st.builds(
        lambda status: {"status": status}, st.sampled_from([status.value for status in Status])
    ),
    "tag": st.builds(
        lambda action, tag: {"action": action, "tag": tag},
        st.sampled_from(["add", "remove"]),
        st.sampled_from(["Guest", "Vip"]),
    ),
    "set_field": st.sampled_from(
        [
            {"field": "level", "mode": "text", "value": "Gold"},
            {"field": "title", "mode": "today"},
            {"field": "level", "mode": "empty"},
            {"field": "company", "mode": "copy", "source": "shoe"},
            {"field": "timezone", "mode": "text", "value": "Pacific/Kiritimati"},
            {"field": "shoe", "mode": "add", "by": 2},
        ]
    ),
    "assign": st.sampled_from([{"how": "nobody"}, {"how": "one", "member": str(uuid7())}]),
    "enroll": st.just({"campaign": str(uuid7())}),
    "task": tasks,
    "webhook": webhooks,
    "email_send": st.sampled_from([{}, {"opens": "on", "clicks": "off"}]),
    "sms_send": st.just({}),
    "end": st.builds(lambda reason: {"reason": reason}, st.sampled_from(["", "no interest"])),
}
