"""What one listener is told of an organization's news: what they asked for, many as a number, nothing of colleagues."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from loumass.core.live import entries, listening
from loumass.core.live.entries import Entry, Place, merged
from loumass.core.live.listening import Listener


def test_many_facts_become_a_number_and_few_stay_themselves() -> None:
    campaign, channel = uuid4(), uuid4()
    alike = {"campaign_id": campaign, "channel_id": channel}
    [sent] = entries.facts("message.sent", [alike] * 5_000)
    assert json.loads(sent)["body"] == {
        "count": 5000,
        "campaign_id": str(campaign),
        "channel_id": str(channel),
    }
    few = [alike | {"contact_id": uuid4(), "happened_at": datetime(2026, 3, 3, tzinfo=UTC)}] * 3
    assert len(entries.facts("message.opened", few)) == 3
    assert json.loads(entries.facts("message.opened", few * 10)[0])["body"]["count"] == 30
    assert len(entries.facts("message.bounced", [{"contact_id": uuid4()}] * 30)) == 30, "of no campaign"
    heard = merged(
        [_entry(n, kind="message.opened", campaign_id="c", count=2) for n in range(1, 40)]
        + [_entry(40, "inbox")]
        + [_entry(41, "inbox")]
    )
    assert [(one.place.number, one.topic, one.body.get("count")) for one in heard] == [
        (39, "", 78),
        (41, "inbox", None),
    ]
    private = merged([_entry(n, kind="notification", to=["u"]) for n in range(1, 40)])
    assert len(private) == 39


def _entry(
    number: int, topic: str = "", kind: str = "", to: tuple[str, ...] | list[str] = (), **body: Any
) -> Entry:
    written = (
        entries.topic(topic)
        if topic
        else json.dumps({"k": kind, "at": 1, "body": {"count": 1, **body}, "to": list(to)})
    )
    entry = entries.read(Place(1, number), written)
    assert entry is not None
    return entry


def test_a_listener_hears_what_it_asked_for_and_nothing_of_colleagues() -> None:
    listener = Listener("me", frozenset({"inbox"}), frozenset({"notification", "message.sent"}))
    all_of_it = [
        _entry(1, "inbox"), _entry(2, "campaigns"), _entry(3, kind="notification", to=["me"]),
        _entry(4, kind="notification", to=["you"]), _entry(5, kind="message.opened"), _entry(6, kind="message.sent"),
    ]  # fmt: skip
    assert [one.place.number for one in listener.heard(all_of_it)] == [1, 3, 6]
    assert [
        one.place.number
        for one in Listener("me", listener.topics, listener.kinds, lambda _: ()).heard(all_of_it)
    ] == []


def test_what_is_worked_out_for_one_is_told_to_those_alike_and_never_what_is_somebodys_own() -> None:
    topics, kinds = frozenset({"inbox"}), frozenset({"notification"})
    me, you = Listener("me", topics, kinds), Listener("you", topics, kinds)
    deaf = Listener("deaf", topics, kinds, lambda _: ())
    of_all, owns = (
        [_entry(1, "inbox"), _entry(2, "campaigns")],
        [_entry(3, "inbox"), _entry(4, kind="notification", to=["me"])],
    )
    shared: listening.Shared = {}
    assert me.told(of_all, shared) is you.told(of_all, shared) is not None
    assert deaf.told([*of_all, _entry(5, kind="notification")], shared) is None
    mine, yours = me.told(owns, shared), you.told(owns, shared)
    assert mine
    assert yours
    assert ("event: notification" in mine.text, "event: notification" in yours.text) == (True, False)
    assert Listener("else", topics, frozenset()).told([_entry(6, "campaigns")], shared) is None
    assert len(shared) == 2, "what nobody hears is known as well"
