"""Connecting, limiting, pausing and removing channels, as an admin does it; and as others may not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from loumass.channels.models import Channel, ChannelDay, HookAddress
from loumass.core.tenancy import get_or_404
from tests.channels.connected import sandbox_mailbox, twilio_number
from tests.channels.looking import audited, now, states
from tests.fakes.twilio import NUMBER
from tests.messages.sending import queue
from tests.world import Person, World


def test_the_empty_list_says_what_to_do_next(admin: Person) -> None:
    page = admin.get("/channels")
    assert page.status_code == 200
    assert "/channels/connect" in page.text


def test_the_list_shows_state_cap_health_and_hours(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    with world.acme.acting() as session:
        row = get_or_404(Channel, channel.id)
        row.daily_cap, row.window_weekdays, row.window_from, row.window_until = 40, [1, 2, 3, 4, 5], 480, 1020
        row.minimum_gap_seconds = 40
        session.add(
            ChannelDay(
                channel_id=channel.id,
                day=world.begins_at.date(),
                used=40,
                sent=40,
                bounced=2,
                replied=7,
                complained=1,
            )
        )
        session.commit()
    page = admin.get("/channels").text
    for words in (
        "At its cap",
        "5.0% bounced",
        "1 complaint",
        "18% replied",
        "Mon to Fri, 8 to 17",
        "40 s apart",
    ):
        assert words in page


def test_what_is_broken_stands_on_top(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    with world.acme.acting() as session:
        row = get_or_404(Channel, channel.id)
        row.state, row.state_reason = "disconnected", "Google withdrew access at 07:58."
        session.commit()
    page = admin.get("/channels").text
    assert "Google withdrew access at 07:58." in page
    assert f"/channels/{channel.id}/credentials" in page


LIMITS = {
    "daily_cap": "50", "per_minute": "", "minimum_gap_seconds": "30",
    "window_weekdays": ["1", "2", "5"], "window_from": "8:30", "window_until": "17",
}  # fmt: skip


def test_limits_are_kept_and_said_in_words(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    assert admin.post(f"/channels/{channel.id}/limits", LIMITS).status_code == 302
    changed = now(world.acme, channel)
    assert (changed.daily_cap, changed.per_minute, changed.minimum_gap_seconds) == (50, None, 30)
    assert (changed.window_weekdays, changed.window_from, changed.window_until) == ([1, 2, 5], 510, 1020)
    assert "Mon, Tue, Fri, 8:30 to 17" in admin.get(f"/channels/{channel.id}").text
    assert "channel.limits_changed" in audited(world.acme)
    assert admin.post(f"/channels/{channel.id}/limits", {**LIMITS, "skips_days_off": "y"}).status_code == 302
    page = admin.get(f"/channels/{channel.id}").text
    assert "Mon, Tue, Fri but holidays, 8:30 to 17" in page
    assert re.search(r'id="skips_days_off"[^>]*checked|checked[^>]*id="skips_days_off"', page)
    assert admin.post(f"/channels/{channel.id}/limits", LIMITS).status_code == 302
    assert not now(world.acme, channel).skips_days_off


@pytest.mark.parametrize(
    "changes",
    [
        {"daily_cap": "0"},
        {"daily_cap": "many"},
        {"per_minute": "-1"},
        {"minimum_gap_seconds": "99999"},
        {"window_weekdays": []},
        {"window_weekdays": ["8"]},
        {"window_from": "late"},
        {"window_from": "25:00"},
        {"window_until": "08:00"},
        {"window_until": "8:75"},
    ],
)
def test_limits_that_make_no_sense_change_nothing(
    world: World, admin: Person, changes: dict[str, Any]
) -> None:
    channel = sandbox_mailbox(world.acme)
    before = now(world.acme, channel)
    answer = admin.post(f"/channels/{channel.id}/limits", {**LIMITS, **changes})
    assert answer.status_code == 422
    after = now(world.acme, channel)
    assert (after.daily_cap, after.window_weekdays) == (before.daily_cap, before.window_weekdays)


def test_a_raised_cap_lets_go_what_waited(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    admin.post(f"/channels/{channel.id}/limits", {**LIMITS, "window_from": "20:00", "window_until": "21:00"})
    world.work()
    anna = world.acme.contact("Anna", email="anna@people.example")
    queue(world.acme, now(world.acme, channel), [anna], priority=50)
    world.work()
    assert states(world) == ["queued"]
    admin.post(f"/channels/{channel.id}/limits", {**LIMITS, "window_from": "00:00", "window_until": "24:00"})
    world.work()
    assert states(world) == ["sent"]


@pytest.mark.parametrize("role", ["member", "agent", "viewer"])
def test_only_admins_change_channels(world: World, role: str) -> None:
    channel = sandbox_mailbox(world.acme)
    person = world.acme.people[role]
    assert person.get("/channels").status_code == 200
    page = person.get(f"/channels/{channel.id}")
    assert page.status_code == 200
    assert "Save limits" not in page.text
    for act in ("pause", "limits", "removal", "disconnection", "credentials", "test", "name"):
        assert person.post(f"/channels/{channel.id}/{act}").status_code == 403
    assert person.get("/channels/connect").status_code == 403
    assert now(world.acme, channel).state == "active"


def test_globex_sees_and_changes_nothing_of_acme_s(world: World) -> None:
    channel = twilio_number(world.acme)
    gus = world.globex.admin
    assert NUMBER not in gus.get("/channels").text
    for act in ("", "/credentials", "/removal", "/disconnection"):
        assert gus.get(f"/channels/{channel.id}{act}").status_code == 404
    for act in ("pause", "resumption", "limits", "removal", "disconnection", "credentials", "test", "name"):
        assert gus.post(f"/channels/{channel.id}/{act}", LIMITS).status_code == 404
    with world.globex.acting() as session:
        assert (
            session.scalars(select(HookAddress).where(HookAddress.organization_id == world.globex.id)).all()
            == []
        )


@pytest.mark.parametrize(("given", "kept"), [({}, 200), ({"daily_cap": None}, None), ({"daily_cap": 7}, 7)])
def test_no_cap_means_no_cap_and_a_cap_that_is_not_given_is_careful(
    world: World, given: dict[str, int | None], kept: int | None
) -> None:
    with world.acme.acting() as session:
        channel = Channel(
            provider="sandbox", medium="email", name="Maya", address="m@acme.example", sealed_credentials=b"", **given
        )  # fmt: skip
        session.add(channel)
        session.commit()
        session.refresh(channel)
        assert channel.daily_cap == kept
