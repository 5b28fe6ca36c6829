"""The page of wishes: media, topics, a pause of thirty days; no login, and a GET changes nothing."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from loumass.contacts.models import Consent, Contact, Suppression, Topic, TopicRefusal
from loumass.contacts.suppression import suppress
from loumass.core import clock
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import get_or_404
from loumass.deliverability import jobs
from loumass.messages.gates_waiting import why_wait
from loumass.messages.models import Stream
from loumass.messages.unsubscribing_links import unsubscribe_url
from tests.campaigns.cast import drafted, send, step
from tests.messages.sending import Postbox, campaign, events, handing_to, mailbox, queue, states, stream
from tests.world import World

PHONE = "+13035550164"


class Priya:
    """Somebody who was written to by a campaign, and holds the link."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.contact = world.acme.contact(phone=PHONE)
        self.box, self.stream = mailbox(world.acme), stream(world.acme)
        with handing_to(Postbox()):
            (message_id,) = campaign(world.acme, self.box, [self.contact], self.stream)
            world.work()
        url = unsubscribe_url(world.acme.organization.number, message_id)
        self.path = url.removeprefix("https://loumass.example")

    def sees(self) -> str:
        answer = self.world.stranger().get(f"{self.path}/wishes")
        assert answer.status_code == 200
        return answer.text

    def saves(
        self, media: tuple[str, ...] = ("email", "sms", "voicemail"), topics: tuple[UUID, ...] = ()
    ) -> str:
        data = {"media": list(media), "topics": [str(one) for one in topics]}
        return self.world.stranger().post(f"{self.path}/wishes", data=data).text

    def pauses(self, act: str = "") -> str:
        return self.world.stranger().post(f"{self.path}/pause", data={"act": act}).text

    def ledger(self) -> list[tuple[str, str, bool, str]]:
        with self.world.acme.acting() as session:
            lines = session.scalars(select(Consent).order_by(Consent.recorded_at, Consent.id))
            return [(one.medium, one.technique, one.is_granted, one.wording) for one in lines]

    def barred(self) -> dict[str, Suppression]:
        with self.world.acme.acting() as session:
            return {one.medium: one for one in session.scalars(select(Suppression))}


def topic(world: World, name: str) -> UUID:
    assert world.acme.member.post("/topics", {"name": name, "description": ""}).status_code == 303
    with world.acme.acting() as session:
        return session.scalars(select(Topic.id).where(Topic.name == name)).one()


def test_a_get_shows_what_is_wanted_and_changes_nothing(world: World) -> None:
    priya = Priya(world)
    topic(world, "Events")
    shown = priya.sees()
    for words in (
        "E-mails",
        "Texts",
        "Voicemails",
        "Events",
        "Pause for 30 days",
        "p•••a@foothill.example",
        "•••0164",
    ):
        assert words in shown
    assert PHONE not in shown
    assert (priya.barred(), priya.ledger()) == ({}, [])
    assert f"{priya.path}/wishes" in world.stranger().get(priya.path).text
    for path in ("/u/x/wishes", f"{priya.path[:-1]}/wishes"):
        assert world.stranger().get(path).status_code == 404
        assert world.stranger().post(path).status_code == 404


def test_one_medium_is_left_and_taken_again(world: World) -> None:
    priya = Priya(world)
    assert "Saved" in priya.saves(media=("email",))
    assert set(priya.barred()) == {"sms", "voicemail"}
    assert {one.facts["medium"] for one in events(world.acme, "contact.unsubscribed")} == {"sms", "voicemail"}
    assert ("sms", "", False, "Texts: no") in priya.ledger()
    before = len(priya.ledger())
    priya.saves(media=("email",))
    assert len(priya.ledger()) == before
    priya.saves()
    assert priya.barred() == {}
    assert ("sms", "", True, "Texts: yes") in priya.ledger()


def test_what_comes_back_is_not_theirs_to_take_again(world: World) -> None:
    priya = Priya(world)
    with world.acme.acting() as session:
        suppress("email", ["priya@foothill.example"], "bounced")
        session.commit()
    assert "come back, so none is sent" in priya.sees()
    priya.saves()
    assert priya.barred()["email"].reason == "bounced"


def test_a_topic_is_left_for_every_address_and_only_that_one(world: World) -> None:
    priya = Priya(world)
    events_topic, news = topic(world, "Events"), topic(world, "News")
    priya.saves(topics=(news,))
    with world.acme.acting() as session:
        refused = session.execute(select(TopicRefusal.topic_id, TopicRefusal.address_hash)).all()
    assert {tuple(row) for row in refused} == {
        (events_topic, keyed_hash("priya@foothill.example")), (events_topic, keyed_hash(PHONE)),
    }  # fmt: skip
    assert ("email", "topic", False, "Events: no") in priya.ledger()
    line = {}
    for each in (events_topic, news):
        line[each] = stream(world.acme)
        with world.acme.acting() as session:
            get_or_404(Stream, line[each]).topic_id = each
            session.commit()
    with handing_to(Postbox()):
        [about_events] = campaign(world.acme, priya.box, [priya.contact], line[events_topic])
        [about_news] = campaign(world.acme, priya.box, [priya.contact], line[news])
        world.work()
        assert states(world.acme, [about_events, about_news]) == ["cancelled", "sent"]
        priya.saves(topics=(news, events_topic))
        [again] = campaign(world.acme, priya.box, [priya.contact], line[events_topic])
        world.work()
        assert states(world.acme, [again]) == ["sent"]
    assert ("email", "topic", True, "Events: yes") in priya.ledger()


def test_a_pause_holds_campaigns_for_thirty_days_and_lifts_itself(world: World) -> None:
    priya = Priya(world)
    assert "comes until Thu 2 April" in priya.pauses()
    assert len(events(world.acme, "contact.paused")) == 3
    assert ("email", "pause", False, "Pause for 30 days") in priya.ledger()
    with handing_to(Postbox()):
        [waits] = campaign(world.acme, priya.box, [priya.contact], priya.stream)
        [mine] = queue(world.acme, priya.box, [priya.contact])
        world.work()
        assert states(world.acme, [waits, mine]) == ["queued", "sent"]
        with world.acme.acting():
            [why] = why_wait([waits])[waits]
        assert (why.gate, why.until) == ("paused_by_them", priya.barred()["email"].until_at)
        assert "campaigns wait until 2 Apr" in world.acme.viewer.get(f"/contacts/{priya.contact.id}").text
        world.later(days=29)
        assert states(world.acme, [waits]) == ["queued"]
        world.later(days=2)
        assert states(world.acme, [waits]) == ["sent"]


def test_a_pause_ends_early_and_an_unsubscription_outlasts_it(world: World) -> None:
    priya = Priya(world)
    priya.pauses()
    with handing_to(Postbox()):
        [waits] = campaign(world.acme, priya.box, [priya.contact], priya.stream)
        world.work()
        assert "End the pause" in priya.sees()
        priya.pauses("end")
        world.work()
        assert states(world.acme, [waits]) == ["sent"]
        priya.pauses()
        world.stranger().post(priya.path)
        assert priya.barred()["email"].until_at is None
        [never] = campaign(world.acme, priya.box, [priya.contact], priya.stream)
        world.work()
        assert states(world.acme, [never]) == ["cancelled"]
    assert "Subscribe again" in world.stranger().get(priya.path).text


def test_an_expired_pause_is_forgotten(world: World) -> None:
    priya = Priya(world)
    priya.pauses()
    clock.advance(timedelta(days=31))
    with world.acme.acting() as session:
        jobs.ease.later()
        session.commit()
    world.work()
    assert priya.barred() == {}


def test_the_topics_of_a_campaign_are_chosen_in_its_settings(world: World) -> None:
    run = drafted(world.acme, [send("hello"), step("done", "end")])
    chosen = topic(world, "Events")
    assert world.acme.member.post("/topics", {"name": "events "}).status_code == 422
    assert world.acme.agent.post("/topics", {"name": "More"}).status_code == 403
    at = f"/campaigns/{run.id}/topic"
    assert world.acme.member.post(at, {"topic": "nonsense"}).status_code == 422
    assert world.acme.member.post(at, {"topic": str(chosen)}).status_code == 303
    assert (
        f'<option value="{chosen}" selected>' in world.acme.member.get(f"/campaigns/{run.id}/settings").text
    )
    assert world.acme.member.post(f"/topics/{chosen}/archival").status_code == 303
    assert world.acme.member.post(at, {"topic": str(chosen)}).status_code == 422
    assert world.acme.member.post(at, {"topic": ""}).status_code == 303


def test_the_ledger_is_shown_and_exported(world: World) -> None:
    priya = Priya(world)
    priya.saves(media=("email",))
    asked = {
        "medium": "synthetic_voice",
        "is_granted": "1",
        "source": "On the phone",
        "wording": "May a machine call?",
    }
    assert world.acme.agent.post(f"/contacts/{priya.contact.id}/consent", asked).status_code == 303
    assert (
        world.acme.agent.post(f"/contacts/{priya.contact.id}/consent", asked | {"medium": "x"}).status_code
        == 422
    )
    page = world.acme.viewer.get(f"/contacts/{priya.contact.id}").text
    assert "May a machine call?" in page
    assert "Texts: no" in page
    at = f"/contacts/{priya.contact.id}/consent.csv"
    assert world.acme.agent.get(at).status_code == 403
    assert world.globex.admin.get(at).status_code == 404
    csv = world.acme.member.get(at).text
    assert "synthetic_voice,yes,On the phone,May a machine call?" in csv
    assert "page: wishes" in csv
    file = world.acme.member.get(f"/contacts/{priya.contact.id}/file.json").get_json()
    wordings = {line["wording"] for line in file["consent"]}
    assert {"Texts: no", "May a machine call?"} <= wordings
    hashes = {line["evidence"].get("address_hash") for line in file["consent"]}
    assert keyed_hash(PHONE).hex() in hashes
    with world.acme.acting() as session:
        assert session.scalars(select(Contact)).one().phone == PHONE
