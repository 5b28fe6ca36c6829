"""Streams end as soon as somebody's rights are others, and come back by those that hold: nothing is lost, nothing more is heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from loumass.accounts.models import Membership, User
from loumass.accounts.resetting import reset_token
from loumass.accounts.token_models import ApiToken
from loumass.core import clock, live
from loumass.core.live import Hub, Listener
from loumass.core.live import hub as hubs
from loumass.core.tenancy import globally
from loumass.events.service import publish
from tests.api import program_of
from tests.inbox.desk import replied
from tests.inbox.live import Heard, opened, stream
from tests.world import Tenant, World


@pytest.fixture(autouse=True)
def _ears(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each stream would go on for an hour, and what was told is there however busy the machine is."""
    monkeypatch.setattr(hubs, "LOOKED_SECONDS", 0.0)
    monkeypatch.setattr(live, "STREAM_SECONDS", 3600.0)
    hub: Hub = app.extensions["loumass.hub"]
    before, hub.channels = hub.channels, {}
    yield
    hub.channels = before


#: What is done, and whether the person may still hear.
ACTS: dict[str, tuple[Callable[[World], object], bool]] = {
    "another role": (
        lambda w: w.acme.admin.post(f"/members/{w.acme.agent.id}/role", {"role": "viewer"}),
        False,
    ),
    "removed": (lambda w: w.acme.admin.post(f"/members/{w.acme.agent.id}/removal"), False),
    "left": (lambda w: program_of(w.acme.agent).did("DELETE", "/users/account"), False),
    "signed out": (lambda w: w.acme.agent.post("/logout"), False),
    "signed out everywhere": (
        lambda w: program_of(w.acme.agent).did("POST", "/users/sessions/end"),
        False,
    ),
    "another sight": (
        lambda w: w.acme.admin.post(f"/members/{w.acme.agent.id}/sight", {"sight": "everything"}),
        True,
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_stream_ends_when_rights_change_and_comes_back_by_those_that_hold(world: World, act: str) -> None:
    acme, asked = world.acme, "topic=inbox&event=quota.warning"
    theirs, others = stream(acme.agent, asked), stream(acme.member, "event=quota.warning")
    warned(acme, used=4)
    does, may_still = ACTS[act]
    does(world)
    warned(acme, used=5)
    assert [_used(one) for one in theirs.rest()] == [4]
    if may_still:
        assert _used(stream(acme.agent, asked, theirs.last_id).next()) == 5
    else:
        back = acme.agent.get(f"/live?{asked}", headers={"Last-Event-ID": theirs.last_id})
        assert back.status_code in (302, 403)
    assert [_used(others.next()), _used(others.next())] == [4, 5], "a colleague's goes on"


def _used(one: Heard) -> int:
    return one.said["facts"]["used"]


def test_when_members_see_only_their_own_from_now_on_every_stream_begins_anew(world: World) -> None:
    acme, talk = world.acme, replied(world)
    place = stream(acme.agent, "topic=tasks").last_id
    open_ones = [stream(one, "event=message.replied", place) for one in (acme.agent, acme.member, acme.admin)]
    acme.admin.post("/organization/trust", {"trust-shows_only_own": "y"})
    with acme.acting() as session:
        publish("message.replied", conversation_id=talk.id, contact_id=talk.contact_id)
        session.commit()
    assert [one.rest() for one in open_ones] == [[], [], []]
    mine, _, admins = open_ones
    assert stream(acme.admin, "event=message.replied", admins.last_id).next().event == "message.replied"
    # The same again is no change: nobody has to come back, and what is not theirs was not told meanwhile.
    goes_on = stream(acme.agent, "event=message.replied&event=quota.warning", mine.last_id)
    acme.admin.post("/organization/trust", {"trust-shows_only_own": "y"})
    warned(acme, used=4)
    assert goes_on.next().event == "quota.warning"


def test_a_token_that_is_ended_hears_nothing_more(world: World) -> None:
    acme = world.acme
    program = program_of(acme.admin)
    browser = world.app.test_client(use_cookies=False)
    bearer = {"Authorization": f"Bearer {program.token}"}
    heard = opened(browser, "/api/v1/events?event=quota.warning", **bearer)
    [token] = program.got("/tokens")["items"]
    acme.admin.post(f"/programs/tokens/{token['id']}/end")
    warned(acme, used=4)
    assert heard.rest() == []
    assert program("GET", "/events?seconds=1").status_code == 401


def test_a_token_that_runs_out_hears_nothing_more(
    world: World, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, program, lasts = world.acme, program_of(world.acme.admin, days=1), list[float]()
    hub: Hub = app.extensions["loumass.hub"]
    listen = hub.listen

    def noting(organization_id: UUID, listener: Listener, after: Any, seconds: float, drawn: float) -> Any:
        lasts.append(seconds)
        return listen(organization_id, listener, after, seconds, drawn)

    monkeypatch.setattr(hub, "listen", noting)
    for left in (timedelta(days=1), timedelta(minutes=1)):
        with acme.acting() as session:
            session.execute(update(ApiToken).values(expires_at=clock.now() + left))
            session.commit()
        opened(
            world.app.test_client(use_cookies=False),
            "/api/v1/events?event=quota.warning",
            Authorization=f"Bearer {program.token}",
        )
    stream(acme.agent, "topic=inbox")
    assert lasts[0] == 240, "as long as programs may ask for"
    assert 0 < lasts[1] <= 60
    assert lasts[2] == 3600, "a browser's session does not run out while it listens"


def test_a_session_that_ends_ends_what_it_opened_in_every_organization(world: World, app: Flask) -> None:
    agent, hub = world.acme.agent, app.extensions["loumass.hub"]
    with world.globex.acting() as session:
        session.add(Membership(organization_id=world.globex.id, user_id=agent.id, role="agent"))
        session.commit()
    theirs, others = (
        hub.listen(world.globex.id, Listener(who, frozenset(), frozenset({"quota.warning"})), None, 3600)
        for who in (str(agent.id), str(world.globex.admin.id))
    )
    for one in (theirs, others):
        next(one)
    world.acme.agent.post("/logout")
    warned(world.globex, used=4)
    assert "event: " not in "".join(theirs)
    assert any("quota.warning" in frame for frame in others)


def test_a_new_password_by_a_link_ends_streams_though_nobody_was_signed_in(world: World) -> None:
    agent = world.acme.agent
    theirs = stream(agent, "topic=inbox")
    with globally(agent.id) as session:
        token = reset_token(session.get_one(User, agent.id))
    given = {"password": "seven quiet horses in the rain"}
    assert world.stranger().post(f"/reset/{token}", data=given).status_code == 302
    assert theirs.rest() == []


def warned(tenant: Tenant, used: int) -> None:
    with tenant.acting() as session:
        publish("quota.warning", facts={"used": used, "cap": 5})
        session.commit()
