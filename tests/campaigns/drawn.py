"""What is drawn at random for the engine and the pure step: people, settings of every kind, questions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from loumass.core.ids import uuid7
from loumass.funnels.kinds.condition_tests import OPERATORS
from loumass.funnels.statuses import Status
from tests.world import World

HOME = ZoneInfo("America/Denver")


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


past = st.integers(-60 * 24 * 60, 0).map(lambda minutes: World.begins_at + timedelta(minutes=minutes))


texts = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"), max_codepoint=0x24F), max_size=6
)


names = st.sampled_from(["Guest", "guest ", "GUEST", "Vip", "straße", "STRASSE"])


clocks = st.sampled_from([None, "00:30", "02:30", "09:00", "17:00", "23:30"])


@st.composite
def persons(draw: st.DrawFn) -> dict[str, Any]:
    """One person and everything a step may look at."""
    return {
        "entered_at": draw(past), "timezone": draw(st.sampled_from(ZONES)), "status": draw(st.sampled_from(list(Status))),
        "replied_at": draw(st.none() | past), "last_sent_at": draw(st.none() | past), "step_sent_at": draw(st.none() | past),
        "company": draw(texts), "shoe": draw(st.none() | texts), "tags": draw(st.sets(names, max_size=2)),
        "barred": draw(st.dictionaries(st.sampled_from(["email", "sms"]), st.sampled_from(["bounced", "unsubscribed", "complained", "by_hand", "imported", "erased"]), max_size=2)),
        "has": draw(st.sampled_from([("email",), ("sms",), ("email", "sms")])),
        "read": draw(st.sampled_from([None, "opened", "clicked", "machine"])),
        "message": draw(st.sampled_from([None, "queued", "sending", "sent", "failed", "cancelled", "in_doubt"])),
    }  # fmt: skip


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


CONFIGS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "wait": waits,
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
            {"field": "shoe", "mode": "add", "by": 2},
        ]
    ),
    "assign": st.sampled_from([{"how": "nobody"}, {"how": "one", "member": str(uuid7())}]),
    "enroll": st.just({"campaign": str(uuid7())}),
    "email_send": st.sampled_from([{}, {"opens": "on", "clicks": "off"}]),
    "sms_send": st.just({}),
    "end": st.builds(lambda reason: {"reason": reason}, st.sampled_from(["", "no interest"])),
}
