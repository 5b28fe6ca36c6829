"""News for open pages and programs: only one's own organization's, only what the role, the token and one's own things allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from flask import Flask, before_render_template
from jinja2 import Template

from loumass.accounts import sessions
from loumass.accounts.models import Membership, UserSession
from loumass.core import live
from loumass.core.database import engine
from loumass.core.live import Hub, news
from loumass.core.live import hub as hubs
from loumass.core.live.hub import Channel
from loumass.core.live.log import channel_of
from loumass.core.tenancy import globally
from loumass.events.service import publish
from loumass.inbox.desk import notifying
from loumass.messages.models import Conversation
from tests.api import program_of
from tests.inbox.desk import change, replied
from tests.inbox.live import Heard, Stream, opened, stream
from tests.messages import sending
from tests.messages.letters import brings, sms, written
from tests.messages.letters import number as line
from tests.world import Tenant, World

ALL = (
    "event=message.replied&event=message.received&event=message.opened&event=notification&event=quota.warning"
)


@pytest.fixture(autouse=True)
def _ears(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every look reads the log, and the first one, when a test reads on, is the last: whatever was told by then is heard, and
    nothing is waited for, however busy the machine is."""
    monkeypatch.setattr(hubs, "LOOKED_SECONDS", 0.0)
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.0)
    hub: Hub = app.extensions["loumass.hub"]
    before, hub.channels = hub.channels, {}
    yield
    hub.channels = before


def names(heard: list[Heard]) -> list[str]:
    return [one.event for one in heard]


def test_a_reply_is_heard_by_its_organization_and_not_again_after_coming_back(world: World) -> None:
    ours = stream(world.acme.agent, f"topic=inbox&{ALL}")
    theirs = stream(world.globex.admin, f"topic=inbox&{ALL}")
    conversation = replied(world)
    heard = ours.rest()
    assert names(heard) == ["message.received", "message.replied", "inbox"]
    said = heard[1].said
    assert said["conversation_id"] == str(conversation.id)
    assert set(said) <= {
        "count",
        "contact_id",
        "conversation_id",
        "message_id",
        "channel_id",
        "happened_at",
        "facts",
    }
    assert theirs.rest() == []
    assert stream(world.acme.agent, f"topic=inbox&{ALL}", ours.last_id).rest() == []
    # In the middle: what came first is not told again, what came after is.
    assert names(stream(world.acme.agent, f"topic=inbox&{ALL}", heard[0].id).rest()) == [
        "message.replied",
        "inbox",
    ]
    assert names(opened(world.acme.agent.browser, f"/live?topic=inbox&after={heard[1].id}").rest()) == [
        "inbox"
    ]
    # Somebody else's id, and one that nobody ever had, lead nowhere but to looking anew.
    for forged in (theirs.last_id.split("-")[0] + "-9", "0-0", "' OR 1"):
        assert names(stream(world.globex.admin, "topic=inbox", forged).rest()) == ["reset"]


def test_a_page_hears_from_where_it_was_drawn_on_and_nothing_of_before(world: World) -> None:
    acme, talk = world.acme, replied(world)
    assert place_in(acme.agent.get("/contacts").text) == "", "nobody has listened yet: it goes by its age"
    listens = stream(acme.agent, "topic=inbox")
    place = ""

    def tell_meanwhile(_sender: Flask, template: Template, **_context: object) -> None:
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(tell, acme, [acme.agent.id], talk).result()

    with before_render_template.connected_to(tell_meanwhile, world.app):
        place = place_in(acme.agent.get("/contacts").text)
    assert place == listens.last_id
    [heard] = opened(acme.agent.browser, f"/live?topic=inbox&{ALL}&after={place}").rest()
    assert (heard.event, heard.said["conversation_id"]) == ("notification", str(talk.id))
    assert place_in(world.globex.admin.get("/contacts").text) == ""


def place_in(page: str) -> str:
    """Where a page says that the news were."""
    [found] = re.findall(r'data-live-place="([^"]*)"', page)
    return found


def tell(tenant: Tenant, user_ids: list[UUID], talk: Conversation) -> None:
    """It is their turn to answer."""
    with tenant.acting() as session:
        notifying.tell("turn", user_ids, talk.id)
        session.commit()


def test_the_session_is_given_back_before_the_first_byte(world: World) -> None:
    before = engine().pool.checkedout()  # pyright: ignore[reportAttributeAccessIssue]  a QueuePool
    streams = [stream(world.acme.agent, "topic=inbox") for _ in range(3)]
    assert engine().pool.checkedout() == before  # pyright: ignore[reportAttributeAccessIssue]
    assert all(one.rest() == [] for one in streams)


def test_what_does_not_exist_is_refused(world: World) -> None:
    too_many = "&".join(f"topic=campaign:{uuid4()}" for _ in range(51))
    for query in (
        "", "topic=", "topic=secrets", "topic=inbox%0aevent: x", "topic=conversation:", "topic=CAMPAIGN:1", "topic=inbox:x",
        f"topic=inbox:{uuid4()}", "event=contact.created", "event=", too_many,
    ):  # fmt: skip
        assert world.acme.agent.get(f"/live?{query}").status_code == 422, query


def test_topics_and_events_ask_for_the_permission_of_their_pages(world: World) -> None:
    viewer, agent = world.acme.viewer, world.acme.agent
    for refused in ("topic=inbox", "event=message.replied", "event=notification", f"topic=import:{uuid4()}"):
        assert viewer.get(f"/live?{refused}").status_code == 403, refused
    assert agent.get("/live?event=import.progress").status_code == 403
    assert world.stranger().get("/live?topic=inbox").status_code == 302
    viewers = stream(viewer, "event=message.opened&topic=dashboard")
    replied(world)
    assert viewers.rest() == []


def test_a_stream_does_not_come_back_once_its_session_role_or_organization_has_gone(world: World) -> None:
    agent, member = world.acme.agent, world.acme.member
    place = stream(agent, "topic=inbox").last_id
    with globally(agent.id) as session:
        for one in session.query(UserSession).filter_by(user_id=agent.id):
            sessions.end(agent.id, one.id)
        session.commit()
    assert agent.get("/live?topic=inbox", headers={"Last-Event-ID": place}).status_code == 302
    with world.acme.acting() as session:
        session.get_one(Membership, (world.acme.id, member.id)).role = "viewer"
        session.commit()
    assert member.get("/live?topic=inbox", headers={"Last-Event-ID": place}).status_code == 403
    program = program_of(world.acme.admin, "dashboard.read", "inbox.read")
    assert program("GET", "/events?seconds=1").status_code == 200
    with world.acme.acting() as session:
        session.delete(session.get_one(Membership, (world.acme.id, world.acme.admin.id)))
        session.commit()
    assert program("GET", "/events?seconds=1").status_code == 401


def only_own(tenant: Tenant) -> None:
    with tenant.acting() as session:
        session.merge(tenant.organization).shows_only_own = True
        session.commit()


def test_a_member_hears_of_what_is_their_own_and_never_of_a_colleagues(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = world.acme
    only_own(acme)
    talk = replied(world)
    change(world, Conversation, talk.id, assignee_id=acme.member.id)
    here = stream(acme.admin, "topic=tasks").last_id
    people = (acme.member, acme.agent, acme.admin)
    mine, others, all_seeing = (stream(one, f"topic=inbox&{ALL}", here) for one in people)
    with acme.acting() as session:
        of = {"conversation_id": talk.id, "contact_id": talk.contact_id, "campaign_id": uuid4()}
        publish("message.replied", **of)
        publish("message.opened", **of)
        publish(
            "message.replied",
            campaign_id=of["campaign_id"],
            conversation_id=uuid4(),
            contact_id=talk.contact_id,
        )
        publish("quota.warning", channel_id=talk.channel_id, facts={"used": 4, "cap": 5})
        notifying.tell("assigned", [acme.member.id], talk.id, actor_id=acme.admin.id)
        live.announce("inbox")
        session.commit()
    heard = mine.rest()
    assert names(heard) == ["message.replied", "message.opened", "quota.warning", "notification", "inbox"]
    assert "campaign_id" not in heard[0].said, "a campaign that is not theirs is not named"
    assert heard[0].said["conversation_id"] == str(talk.id)
    assert names(others.rest()) == ["quota.warning", "inbox"]
    assert names(all_seeing.rest()) == [
        "message.replied",
        "message.replied",
        "message.opened",
        "quota.warning",
        "inbox",
    ]
    assert acme.agent.get(f"/live?topic=conversation:{talk.id}").status_code == 404
    assert acme.member.get(f"/live?topic=campaign:{uuid4()}").status_code == 404
    topic = f"conversation:{talk.id}"
    monkeypatch.setattr(hubs, "OVERLAP_SECONDS", 3600.0)
    assert names(stream(acme.member, f"topic={topic}").rest()) == [topic], "of late, while the page was drawn"


def test_a_reply_is_told_to_whose_it_is_with_words_that_only_they_are_given(world: World) -> None:
    acme = world.acme
    phone = line(acme)
    person = acme.contact(phone="+13035550164", owner_id=acme.agent.id)
    written(acme, phone, person)
    mine, others = stream(acme.agent, "event=notification"), stream(acme.admin, "event=notification")
    brings(acme, phone, sms("+13035550164", "Count  me\nin"))
    [heard] = mine.rest()
    assert (heard.event, heard.said["facts"]) == ("notification", {"kind": "reply"})
    assert others.rest() == []
    words = f"/notifications/words?kind=reply&id={heard.said['message_id']}"
    assert acme.agent.get(words).json == {
        "title": f"{person.label} wrote", "body": "Count me in", "url": f"/inbox/{heard.said['conversation_id']}",
    }  # fmt: skip
    assert world.globex.admin.get(words).status_code == 404
    assert acme.viewer.get(words).status_code == 403
    assert acme.agent.get("/notifications/words?kind=reply&id=x").status_code == 404
    with acme.acting() as session:
        notifying.tell("mention", [acme.agent.id], heard.said["conversation_id"], actor_id=acme.admin.id)
        session.commit()
    [told] = [
        one
        for one in stream(acme.agent, "event=notification", heard.id).rest()
        if one.said["facts"]["kind"] == "mention"
    ]
    asked = f"/notifications/words?kind=mention&id={told.said['notification_id']}"
    assert "mentioned you" in acme.agent.get(asked).text
    assert acme.admin.get(asked).status_code == 404
    counts = acme.agent.get("/live/counts").text
    assert 'id="rail-inbox-notifications" hx-swap-oob="innerHTML"><span class="rail-count">1</span>' in counts
    assert 'id="rail-inbox-index" hx-swap-oob="innerHTML"><span class="rail-count">1</span>' in counts


def test_programs_hear_what_their_token_may_see(world: World) -> None:
    acme = world.acme
    small, whole = program_of(acme.admin, "dashboard.read", "campaigns.read"), program_of(acme.admin)
    heard: list[Stream] = [
        opened(
            world.app.test_client(use_cookies=False),
            "/api/v1/events?seconds=1",
            Authorization=f"Bearer {one.token}",
        )
        for one in (small, whole)
    ]
    replied(world)
    with acme.acting() as session:
        publish("message.clicked", campaign_id=uuid4(), message_id=uuid4())
        publish("contact.created", contact_id=uuid4())
        session.commit()
    few, all_of_it = (one.rest() for one in heard)
    assert names(few) == ["message.clicked"]
    assert names(all_of_it) == ["message.received", "message.replied", "message.clicked"]
    place = all_of_it[0].id
    asked = "/events?seconds=1&event=message.clicked"
    for again in (
        whole("GET", asked, headers={"Last-Event-ID": place}),
        whole("GET", f"{asked}&after={place}"),
    ):
        assert again.text.count("event: ") == 1
    assert small("GET", "/events?event=message.replied").status_code == 403
    assert whole("GET", "/events?event=contact.created").status_code == 400
    assert whole("GET", "/events?seconds=600").status_code == 400


def test_a_page_without_redis_waits_and_looks_anew_when_it_is_back(
    world: World, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub: Hub = app.extensions["loumass.hub"]
    monkeypatch.setattr(hub, "look", lambda channel, every=0.0: None)
    waiting = stream(world.acme.agent, "topic=inbox")
    assert waiting.last_id == ""
    monkeypatch.undo()
    channel: Channel = hub.channels[channel_of(world.acme.id)]
    channel.looked_at = float("-inf")
    assert names(waiting.rest()) == ["reset"]
    assert waiting.last_id
    assert world.acme.id not in news._owed


def test_delivery_tells_of_what_it_sent_as_a_number(world: World) -> None:
    box, people = sending.mailbox(world.acme), sending.people(world.acme, 30)
    running = sending.stream(world.acme)
    sending.queue(world.acme, box, people, stream_id=running)
    sending.queue(world.acme, box, people[:1])
    heard = stream(world.acme.admin, "event=message.sent&topic=inbox")
    world.work()
    told = [one.said for one in heard.rest() if one.event == "message.sent"]
    assert sum(one["count"] for one in told if one.get("campaign_id") == str(running)) == 30
    assert sum(one["count"] for one in told if "campaign_id" not in one) == 1
    assert all("contact_id" not in one for one in told)
