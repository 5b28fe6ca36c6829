"""The rule language: read, refused, told in words, asked of everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from loumass.campaigns.models import Enrollment
from loumass.contacts.models import Consent, Contact, ContactImport, ContactTag, ImportedContact, Tag
from loumass.contacts.rules import registry
from loumass.contacts.rules.compiling import condition_of
from loumass.contacts.rules.expanding import CIRCLE
from loumass.contacts.rules.holding import needs_of, woken_by
from loumass.contacts.rules.predicate import Names
from loumass.contacts.rules.reading import RuleRefused, look_for, names_in, read
from loumass.contacts.rules.wording import in_words
from loumass.contacts.segment_models import Segment
from loumass.contacts.suppression import suppress
from loumass.contacts.verification_models import EmailCheck
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.messages.hit_models import HitCount
from loumass.messages.models import Conversation, Message
from loumass.messages.sorting.models import SortedReply
from loumass.rules import PREDICATES, REFERENCES, WALKS
from tests.campaigns.cast import drafted, send
from tests.world import Tenant, World


@pytest.fixture(autouse=True)
def _all_predicates() -> None:
    registry.use(PREDICATES, REFERENCES, WALKS)


VIP = {"ask": "tag", "tag": "VIP"}
IN_DENVER = {"ask": "field", "field": "city", "operator": "is", "value": "Denver"}


@pytest.mark.parametrize(
    ("raw", "path", "said"),
    [
        ("tag", "0", "This is no rule"),
        ({"ask": "shoe_size"}, "0", "There is no question called shoe_size."),
        ({"rules": [VIP, {"match": "most", "rules": []}]}, "0.1", "Say whether all or any"),
        ({"rules": [VIP], "everybody": 1}, "0", "Say whether all or any"),
        ({"rules": "VIP"}, "0", "Say whether all or any"),
        ({"rules": [VIP, {"ask": "tag", "tag": " "}]}, "0.1", "Type the tag."),
        ({"ask": "tag", "tag": "x" * 201}, "0", "Tag is longer than 200 characters."),
        ({"ask": "tag", "tag": "x", "colour": "red"}, "0", "colour is not a setting"),
        ({"ask": "field", "operator": "is"}, "0", "Choose the field."),
        ({"ask": "field", "field": "city", "operator": "like"}, "0", "How is not one of the choices."),
        ({"ask": "field", "field": "city", "operator": "is"}, "0", "Type the value, or ask whether"),
        ({"ask": "field", "field": "age", "operator": "more_than", "value": "old"}, "0", "Type a number"),
        ({"ask": "field", "field": "age", "operator": "before", "date": "soon"}, "0", "Date is not a date."),
        ({"ask": "field", "field": "age", "operator": "before", "date": ""}, "0", "Give the date."),
        ({"ask": "added", "days": "0"}, "0", "Days must be at least 1."),
        ({"ask": "weekday", "weekdays": []}, "0", "Choose at least one day."),
        ({"ask": "replied_here"}, "0", "Replied in this campaign can only be asked inside of a campaign."),
        ({"rules": [VIP] * 51}, "0", "A rule has at most 50 questions."),
        ({"rules": [{"rules": [{"rules": [{"rules": [{"rules": [{"rules": [VIP]}]}]}]}]}]}, "0.0.0.0.0.0", "at most 5 deep"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_where_it_stands(raw: Any, path: str, said: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        read(raw)
    assert refused.value.complaints[0].path == path
    assert said in refused.value.complaints[0].sentence


def test_every_complaint_is_made_at_once() -> None:
    with pytest.raises(RuleRefused) as refused:
        read({"rules": [{"ask": "tag"}, {"ask": "field", "field": "city"}, {"ask": "nothing"}]})
    assert [(one.path, one.setting) for one in refused.value.complaints] == [
        ("0.0", "tag"),
        ("0.1", "value"),
        ("0.2", "ask"),
    ]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"rules": []}, "Everybody"),
        ({"match": "any", "rules": []}, "Nobody"),
        (VIP | {"not": True}, "Tag is not VIP"),
        ({"match": "any", "rules": [VIP, IN_DENVER]}, "Tag is VIP or city is Denver"),
        (
            {"rules": [VIP, {"match": "any", "rules": [IN_DENVER, {"ask": "replied", "days": 30}]}]},
            "Tag is VIP and (city is Denver or wrote to us in the last 30 days)",
        ),
        ({"match": "any", "not": True, "rules": [VIP, IN_DENVER]}, "None of: tag is VIP or city is Denver"),
        ({"ask": "sent_count", "than": "at_most", "number": 1, "days": 7}, "Were sent at most 1 message in the last 7 days"),
        ({"ask": "suppressed", "medium": "sms", "not": True}, "May be written to by text"),
        ({"ask": "field", "field": "Renewal", "operator": "in_next", "days": "30"}, "Renewal is a date in the next 30 days"),
        ({"ask": "weekday", "weekdays": ["1", "0"]}, "It is Mon or Tue where they are"),
        ({"ask": "opened", "not": True, "days": 14}, "Did not open an e-mail in the last 14 days"),
    ],
)  # fmt: skip
def test_a_rule_in_words(raw: Any, words: str) -> None:
    names = Names({("field", "city"): ("city", "city")})
    assert in_words(read(raw), names) == words


def test_a_question_keeps_what_counts_and_nothing_else() -> None:
    typed = {"ask": "field", "field": "city", "operator": "is", "value": " Denver ", "days": "9", "date": ""}
    kept = {"match": "all", "rules": [IN_DENVER]}
    assert read(typed).as_json() == kept
    assert read({"ask": "sent_count"}).as_json()["rules"] == [
        {"ask": "sent_count", "than": "at_least", "number": 1, "days": None}
    ]


def test_a_rule_says_which_facts_it_needs_and_what_wakes_it() -> None:
    here = read(
        {"rules": [VIP, IN_DENVER, {"ask": "opened_here", "step": "said"}, {"ask": "replied"}]}, "enrollment"
    )
    needs = needs_of(here)
    assert (needs.fields, needs.has_tags, needs.opened) == ({"city"}, True, {"said"})
    assert needs.answers == {'{"ask":"replied","days":null,"medium":"any"}'}
    assert woken_by(here) == ({"opened", "replied"}, True)
    assert woken_by(read({"ask": "replied_here"}, "enrollment")) == ({"replied"}, False)


@pytest.fixture
def acme(world: World) -> Tenant:
    """Acme with four people of whom different things are known: Ann, Bob, Cy and Dee."""
    tenant = world.acme
    ann, bob, cy, dee = tenant.contacts(
        [
            {"name": f"{name} Ash", "email": f"{name.lower()}@list.example", "phone": f"+1303555010{at}"}
            for at, name in enumerate(("Ann", "Bob", "Cy", "Dee"))
        ]
    )
    run = drafted(tenant, [send("said")])
    now = clock.now()
    with tenant.acting() as session:
        tag = Tag(name="VIP")
        listed = ContactImport(
            file_key="x", file_name="June.csv", file_size=1, file_sha256="x", state="done", options={}
        )
        session.add_all([tag, listed])
        session.flush()
        session.add_all([ContactTag(contact_id=one.id, tag_id=tag.id) for one in (ann, bob)])
        session.add(ImportedContact(import_id=listed.id, contact_id=cy.id, line=2))
        session.get_one(Contact, (tenant.id, dee.id)).created_at = now - timedelta(days=40)
        session.get_one(Contact, (tenant.id, bob.id)).owner_id = tenant.member.id
        session.add(
            EmailCheck(
                contact_id=ann.id, email_hash=ann.email_hash, status="valid", reasons=[], checked_at=now
            )
        )
        said = {"medium": "email", "source": "page"}
        session.add(Consent(contact_id=ann.id, is_granted=True, recorded_at=now - timedelta(days=2), **said))
        session.add(Consent(contact_id=bob.id, is_granted=True, recorded_at=now - timedelta(days=2), **said))
        session.add(Consent(contact_id=bob.id, is_granted=False, recorded_at=now, **said))
        session.add(Consent(contact_id=cy.id, is_granted=True, technique="pause", **said))
        suppress("sms", ["+13035550102"], "unsubscribed")
        suppress("email", ["dee@list.example"], "bounced")
        session.add(Enrollment(campaign_id=run.id, contact_id=ann.id, state="active", status="Needs BDR"))
        session.add(Enrollment(campaign_id=run.id, contact_id=bob.id, state="ended", reason="finished"))
        session.add(Enrollment(campaign_id=run.id, contact_id=cy.id, state="ended", reason="replied"))
        session.flush()
        for contact, days in ((ann, 1), (ann, 3), (ann, 50), (bob, 60)):
            _written(session, run, contact, direction="out", sent_at=now - timedelta(days=days))
        _written(session, run, ann, direction="in", occurred_at=now - timedelta(days=2))
        _written(session, run, bob, direction="in", occurred_at=now, is_automatic=True)
        _written(session, run, dee, direction="in", medium="sms", occurred_at=now - timedelta(days=90))
        _written(session, run, dee, direction="out", state="failed", bounced_at=now, is_bounce_permanent=True)
        for contact, link in ((ann, 0), (bob, 7)):
            _written(session, run, contact, direction="out", state="sending", hit=link)
        session.commit()
    return tenant


def _written(session: Any, run: Any, contact: Contact, hit: int | None = None, **values: Any) -> None:
    kept = {"medium": "email", "state": "received" if values["direction"] == "in" else "sent"} | values
    talk = Conversation(
        id=uuid7(), contact_id=contact.id, channel_id=run.email.id, medium="email", counterpart="x", thread_key=str(uuid7())
    )  # fmt: skip
    session.add(talk)
    session.flush()
    message = Message(
        id=uuid7(), conversation_id=talk.id, contact_id=contact.id, channel_id=run.email.id, **kept
    )
    session.add(message)
    session.flush()
    if kept["direction"] == "in" and not kept.get("is_automatic"):
        session.add(
            SortedReply(message_id=message.id, conversation_id=talk.id, kind="positive", judge="words")
        )
    if hit is not None:
        at = clock.now() - timedelta(days=5)
        session.add(
            HitCount(
                message_id=message.id, link=hit, human=1, machine=0, unknown=0, first_human_at=at, last_at=at
            )
        )
    session.flush()


EXPECTED: list[tuple[dict[str, Any], str]] = [
    (VIP, "Ann Bob"),
    (VIP | {"not": True}, "Cy Dee"),
    ({"ask": "tag", "tag": "vIp"}, "Ann Bob"),
    ({"ask": "tag", "tag": "Nobody has it"}, ""),
    ({"ask": "field", "field": "full_name", "operator": "starts_with", "value": "ann"}, "Ann"),
    ({"ask": "field", "field": "email", "operator": "ends_with", "value": "@LIST.example"}, "Ann Bob Cy Dee"),
    ({"ask": "import", "import_id": "June.csv"}, "Cy"),
    ({"ask": "added", "days": 30}, "Ann Bob Cy"),
    ({"ask": "owner", "owner": "member"}, "Bob"),
    ({"ask": "owner", "owner": "nobody"}, "Ann Cy Dee"),
    ({"ask": "verified", "verdict": "valid"}, "Ann"),
    ({"ask": "verified", "verdict": "never"}, "Bob Cy Dee"),
    ({"ask": "consent", "medium": "email", "said": "granted"}, "Ann"),
    ({"ask": "consent", "medium": "email", "said": "withdrawn"}, "Bob"),
    ({"ask": "consent", "medium": "email", "said": "nothing"}, "Cy Dee"),
    ({"ask": "suppressed"}, "Cy Dee"),
    ({"ask": "suppressed", "medium": "sms", "why": "said_no"}, "Cy"),
    ({"ask": "suppressed", "medium": "email", "why": "bounced", "not": True}, "Ann Bob Cy"),
    ({"ask": "weekday", "weekdays": [1]}, "Ann Bob Cy Dee"),
    ({"ask": "replied"}, "Ann Dee"),
    ({"ask": "replied", "days": 30}, "Ann"),
    ({"ask": "replied", "medium": "sms"}, "Dee"),
    ({"ask": "answered", "kind": "positive"}, "Ann Dee"),
    ({"ask": "answered", "kind": "positive", "days": 30}, "Ann"),
    ({"ask": "answered", "kind": "question", "not": True}, "Ann Bob Cy Dee"),
    ({"ask": "opened"}, "Ann Bob"),
    ({"ask": "clicked"}, "Bob"),
    ({"ask": "clicked", "days": 4}, ""),
    ({"ask": "bounced"}, "Dee"),
    ({"ask": "sent_count", "than": "at_least", "number": 2}, "Ann"),
    ({"ask": "sent_count", "than": "at_least", "number": 3, "days": 30}, ""),
    ({"ask": "sent_count", "than": "at_most", "number": 1}, "Bob Cy Dee"),
    ({"ask": "sent_count", "than": "at_most", "number": 0}, "Cy Dee"),
    ({"ask": "sent_count", "than": "at_least", "number": 0}, "Ann Bob Cy Dee"),
    ({"ask": "last_written", "when": "within", "days": 2}, "Ann"),
    ({"ask": "last_written", "when": "before", "days": 30}, "Bob"),
    ({"ask": "last_written", "when": "never"}, "Cy Dee"),
    ({"ask": "campaign", "campaign": "any", "how": "inside"}, "Ann"),
    ({"ask": "campaign", "campaign": "Broker Night", "how": "ever"}, "Ann Bob Cy"),
    ({"ask": "campaign", "campaign": "Broker Night", "how": "finished"}, "Bob"),
    ({"ask": "campaign", "campaign": "any", "how": "left"}, "Cy"),
    ({"ask": "status", "status": "Needs BDR"}, "Ann"),
    ({"match": "any", "not": True, "rules": [VIP, {"ask": "bounced"}]}, "Cy"),
    ({"match": "any", "rules": [{"ask": "clicked"}, {"rules": [VIP | {"not": True}, {"ask": "replied"}]}]}, "Bob Dee"),
]  # fmt: skip


def test_rules_find_their_people(acme: Tenant) -> None:
    with acme.acting() as session:
        ids = {"June.csv": session.scalars(select(ContactImport.id)).one(), "member": acme.member.id}
        ids["Broker Night"] = session.scalars(select(Enrollment.campaign_id).limit(1)).one()
        for raw, names in EXPECTED:
            given = {
                name: str(ids.get(value, value)) if isinstance(value, str) else value
                for name, value in raw.items()
            }
            where = condition_of(read(given))
            found = session.scalars(select(Contact.first_name).where(where).order_by(Contact.first_name))
            assert " ".join(found) == names, raw
    assert {raw["ask"] for raw, _ in EXPECTED if "ask" in raw} | {"segment"} == {
        one.name for one in PREDICATES if one.scope == "contact"
    }


def test_what_belongs_to_globex_is_not_named_at_acme(acme: Tenant, world: World) -> None:
    theirs = drafted(world.globex, [send("said")])
    with world.globex.acting() as session:
        segment = Segment(name="Theirs", name_key="theirs", rule={"match": "all", "rules": []})
        session.add_all([segment, Tag(name="Secret")])
        session.commit()
    with acme.acting():
        for raw, said in (
            ({"ask": "segment", "segment": str(segment.id)}, "Choose one of your segments."),
            ({"ask": "campaign", "campaign": str(theirs.id)}, "Choose one of your campaigns."),
            ({"ask": "owner", "owner": str(world.globex.admin.id)}, "Choose somebody of your organization."),
            ({"ask": "import", "import_id": "7"}, "Choose one of your imports."),
        ):
            with pytest.raises(RuleRefused, match=said):
                names_in(read(raw))
        # A tag is named by its word: that one of Globex says nothing here.
        assert look_for(read({"ask": "tag", "tag": "Secret"}))[0].id_of("tag", "Secret") is None


def test_segments_stand_for_their_rules_and_never_in_a_circle(acme: Tenant) -> None:
    with acme.acting() as session:
        inner = Segment(name="Vips", name_key="vips", rule=read(VIP).as_json())
        session.add(inner)
        session.flush()
        asks = {"ask": "segment", "segment": str(inner.id)}
        outer = Segment(name="Others", name_key="others", rule=read(asks | {"not": True}).as_json())
        session.add(outer)
        session.flush()
        both = {"rules": [{"ask": "segment", "segment": str(outer.id)}, {"ask": "replied"}]}
        assert session.scalars(select(Contact.first_name).where(condition_of(read(both)))).all() == ["Dee"]
        assert in_words(read(asks), names_in(read(asks))) == "In Vips"
        inner.rule = read({"ask": "segment", "segment": str(outer.id)}).as_json()
        session.flush()
        with pytest.raises(RuleRefused, match=CIRCLE):
            condition_of(read(both))
        inner.archived_at = clock.now()
        session.flush()
        with pytest.raises(RuleRefused, match="not here any more"):
            condition_of(read(both))
