"""Conversations are closed, opened, put off and given to somebody."""

from __future__ import annotations

import pytest

from tests.inbox.desk import PRIYA, channel_of, names, replied, talk_of
from tests.messages.letters import (
    brings,
    email,
)
from tests.world import World


def test_closing_opening_and_putting_off(world: World) -> None:
    conversation = replied(world)
    agent = world.acme.agent
    agent.post(f"/inbox/{conversation.id}/closure")
    agent.post(f"/inbox/{conversation.id}/opening")
    assert talk_of(world, conversation.id).closed_at is None
    agent.post(f"/inbox/{conversation.id}/snooze", {"until": "3d"})
    assert names(agent.get("/inbox?view=open")) == []
    assert names(agent.get("/inbox?view=snoozed")) == ["Priya Raman"]
    world.later(days=3, hours=1)
    after = talk_of(world, conversation.id)
    assert after.snoozed_until is None
    assert after.unread_since is not None
    assert names(agent.get("/inbox")) == ["Priya Raman"]


def test_a_reply_brings_back_what_was_put_off(world: World) -> None:
    conversation = replied(world)
    world.acme.agent.post(f"/inbox/{conversation.id}/snooze", {"at": "2026-03-09T14:30"})
    until = talk_of(world, conversation.id).snoozed_until
    assert until is not None
    assert until.isoformat() == "2026-03-09T20:30:00+00:00"
    brings(world.acme, channel_of(world, conversation), email(PRIYA, "Still there?"))
    assert names(world.acme.agent.get("/inbox")) == ["Priya Raman"]


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01T10:00"])
def test_a_time_that_makes_no_sense_changes_nothing(world: World, until: str) -> None:
    conversation = replied(world)
    assert world.acme.agent.post(f"/inbox/{conversation.id}/snooze", {"until": until}).status_code == 422
    assert talk_of(world, conversation.id).snoozed_until is None


def test_only_who_may_answer_is_given_a_conversation(world: World) -> None:
    conversation = replied(world)
    for somebody in (world.acme.viewer.id, world.globex.agent.id, "nonsense"):
        assert (
            world.acme.agent.post(f"/inbox/{conversation.id}/assignee", {"user": str(somebody)}).status_code
            == 422
        )
    world.acme.agent.post(f"/inbox/{conversation.id}/assignee", {"user": str(world.acme.member.id)})
    assert talk_of(world, conversation.id).assignee_id == world.acme.member.id
    world.acme.agent.post(f"/inbox/{conversation.id}/assignee", {"user": ""})
    assert talk_of(world, conversation.id).assignee_id is None


@pytest.mark.parametrize(
    "deed", ["closure", "opening", "snooze", "assignee", "unread", "answered", "draft", "files"]
)
def test_a_viewer_does_nothing_in_the_inbox(world: World, deed: str) -> None:
    conversation = replied(world)
    assert world.acme.viewer.post(f"/inbox/{conversation.id}/{deed}").status_code == 403
    assert world.globex.agent.post(f"/inbox/{conversation.id}/{deed}").status_code == 404
