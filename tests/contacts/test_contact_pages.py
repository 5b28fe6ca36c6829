"""One person by hand: entered, changed, deleted and brought back, made one with a twin, given their file, forgotten."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from sqlalchemy import func, select

from loumass.contacts.models import Consent, Contact, ContactField, ContactTag, ImportRefusal, Suppression
from loumass.contacts.suppression import suppress
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import get
from loumass.deliveries.models import Delivery
from loumass.events.models import Event
from loumass.messages.models import Attachment, Conversation, Message
from tests.contacts.lists import bring_in, people
from tests.house.furnished import furnish
from tests.world import Tenant, World


def reread(tenant: Tenant, contact_id: UUID) -> Contact:
    with tenant.acting():
        contact = get(Contact, contact_id)
        assert contact
        return contact


def test_the_page_says_what_may_be_left_out(world: World) -> None:
    page = world.acme.agent.get("/contacts/new").get_data(as_text=True)
    for label in ("First name", "Last name", "Company", "Tags"):
        assert f'{label} <span class="optional">(optional)</span>' in page


def test_a_person_is_entered_by_hand(world: World) -> None:
    form = {
        "first_name": " Priya ",
        "last_name": "Raman",
        "email": "Priya@Foothill.example",
        "phone": "(303) 555-0164",
        "tags": "vip, Denver",
    }
    answer = world.acme.agent.post("/contacts/new", form)
    assert answer.status_code == 303
    with world.acme.acting() as session:
        priya = session.scalars(select(Contact)).one()
        assert (priya.first_name, priya.email, priya.email_key, priya.phone) == (
            "Priya",
            "Priya@Foothill.example",
            "priya@foothill.example",
            "+13035550164",
        )
        assert (priya.timezone, priya.phone_hash) == ("America/Denver", keyed_hash("+13035550164"))
        assert session.scalar(select(func.count()).select_from(ContactTag)) == 2
        assert (
            session.scalar(select(func.count()).select_from(Event).where(Event.kind == "contact.created"))
            == 1
        )


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"first_name": "Ann"}, "Give an e-mail address or a mobile number"),
        ({"email": "ann@@keller"}, "Not an e-mail address: two @ signs."),
        ({"email": "ann@keller.example", "phone": "12"}, "Not a phone number: too few digits for US."),
        ({"email": "ann@keller.example", "timezone": "Mars"}, "Not a valid choice"),
        ({"email": "ann@keller.example", "owner": "nobody"}, "Not a valid choice"),
        ({"email": "ann@keller.example", "first_name": "x" * 201}, "At most 200 characters."),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(world: World, form: dict[str, str], said: str) -> None:
    answer = world.acme.member.post("/contacts/new", form)
    assert answer.status_code == 422
    assert said in answer.text
    assert people(world.acme) == []


def test_an_address_belongs_to_one_person(world: World) -> None:
    world.acme.contact()
    answer = world.acme.member.post("/contacts/new", {"email": "PRIYA@foothill.example"})
    assert answer.status_code == 422
    assert "Priya Raman has this address already." in answer.text
    assert "Show them" in answer.text


def test_globex_may_know_the_same_person(world: World) -> None:
    world.acme.contact()
    assert world.globex.member.post("/contacts/new", {"email": "priya@foothill.example"}).status_code == 303


def test_who_was_erased_cannot_be_entered_again(world: World) -> None:
    with world.acme.acting() as session:
        suppress("email", ["priya@foothill.example"], "erased")
        session.commit()
    answer = world.acme.member.post("/contacts/new", {"email": "priya@foothill.example"})
    assert "asked to be erased" in answer.text
    assert people(world.acme) == []


def test_a_person_is_changed_field_by_field(world: World) -> None:
    priya = world.acme.contact(
        phone="+13035550164", fields={"license": "FA1", "old": "kept"}, external_id="7"
    )
    with world.acme.acting() as session:
        session.add(ContactField(key="license", label="License #"))
        session.commit()
    page = world.acme.member.get(f"/contacts/{priya.id}/edit").text
    assert 'value="priya@foothill.example"' in page
    assert "License #" in page
    form = {
        "first_name": "Pria",
        "email": "pria@new.example",
        "phone": "",
        "field:license": "",
        "owner": str(world.acme.admin.id),
    }
    assert world.acme.member.post(f"/contacts/{priya.id}/edit", form).status_code == 303
    after = reread(world.acme, priya.id)
    assert (after.first_name, after.last_name, after.email_key, after.phone, after.phone_hash) == (
        "Pria",
        "",
        "pria@new.example",
        None,
        None,
    )
    assert (after.fields, after.owner_id, after.external_id) == ({"old": "kept"}, world.acme.admin.id, None)


def test_a_change_that_fails_changes_nothing(world: World) -> None:
    priya = world.acme.contact()
    world.acme.contact("Tom Okafor", email="tom@cherry.example")
    answer = world.acme.member.post(
        f"/contacts/{priya.id}/edit", {"first_name": "X", "email": "tom@cherry.example"}
    )
    assert answer.status_code == 422
    assert "Make the two one" in answer.text
    assert reread(world.acme, priya.id).first_name == "Priya"


def test_deleting_can_be_undone(world: World) -> None:
    priya = world.acme.contact()
    ben = world.acme.member
    assert ben.post(f"/contacts/{priya.id}/deletion", {}).status_code == 303
    assert people(world.acme) == []
    at = reread(world.acme, priya.id).archived_at
    assert at
    assert ben.get(f"/contacts/{priya.id}/edit").status_code == 404
    assert ben.post("/contacts/restoration", {"at": at.isoformat()}).status_code == 303
    assert len(people(world.acme)) == 1


def test_a_deletion_is_not_undone_when_the_address_lives_on(world: World) -> None:
    priya = world.acme.contact()
    world.acme.member.post(f"/contacts/{priya.id}/deletion", {})
    at = reread(world.acme, priya.id).archived_at
    assert at
    world.acme.contact("Priya Again")
    world.acme.member.post("/contacts/restoration", {"at": at.isoformat()})
    assert [name for name, _, _ in people(world.acme)] == ["Priya Again"]


def test_consent_is_written_down_with_its_proof(world: World) -> None:
    priya = world.acme.contact()
    form = {"medium": "sms", "is_granted": "1", "source": "Said so at the fair"}
    assert world.acme.agent.post(f"/contacts/{priya.id}/consent", form).status_code == 303
    assert world.acme.agent.post(f"/contacts/{priya.id}/consent", {"medium": "sms"}).status_code == 422
    with world.acme.acting() as session:
        line = session.scalars(select(Consent)).one()
        assert (line.medium, line.is_granted, line.source, line.recorded_by_id) == (
            "sms",
            True,
            "Said so at the fair",
            world.acme.agent.id,
        )


def test_two_contacts_become_one(world: World) -> None:
    house = furnish(world.acme)
    ada = world.acme.admin
    twin = world.acme.contact(
        "Zanzibar Raman",
        email="second@foothill.example",
        phone="+13035550164",
        company="Raman & Co",
        fields={"a": "1"},
    )
    page = ada.get(f"/contacts/{twin.id}/merge").text
    assert "Likely the same person" in page
    assert "zanzibar@foothill.example" in page
    compared = ada.get(f"/contacts/{twin.id}/merge?other={house.contact}").text
    assert "second@foothill.example" in compared
    assert (
        ada.post(f"/contacts/{twin.id}/merge", {"other": str(house.contact), "email": "other"}).status_code
        == 303
    )
    kept, gone = reread(world.acme, twin.id), reread(world.acme, house.contact)
    assert (kept.email_key, kept.email_hash) == (
        "zanzibar@foothill.example",
        keyed_hash("zanzibar@foothill.example"),
    )
    assert (kept.company, kept.fields) == ("Raman & Co", {"a": "1", "other_email": "second@foothill.example"})
    assert (gone.merged_into_id, gone.archived_at is not None) == (twin.id, True)
    with world.acme.acting() as session:
        assert set(session.scalars(select(Message.contact_id))) == {twin.id}
        [conversation] = session.scalars(select(Conversation).where(Conversation.id == house.conversation))
        assert conversation.contact_id == twin.id
        assert session.scalars(
            select(ContactTag.contact_id).where(ContactTag.contact_id == twin.id)
        ).all() == [twin.id]
        assert session.scalars(select(Event.contact_id).where(Event.kind == "contact.merged")).all() == [
            house.contact
        ]


def test_nobody_is_merged_with_themselves_or_with_the_deleted(world: World) -> None:
    priya = world.acme.contact()
    tom = world.acme.contact("Tom", email="tom@cherry.example", archived_at=world.begins_at)
    assert world.acme.member.post(f"/contacts/{priya.id}/merge", {"other": str(priya.id)}).status_code == 422
    assert world.acme.member.post(f"/contacts/{priya.id}/merge", {"other": str(tom.id)}).status_code == 409
    assert world.acme.member.get(f"/contacts/{priya.id}/merge?other={tom.id}").status_code == 404


def test_a_person_gets_everything_we_hold(world: World) -> None:
    house = furnish(world.acme)
    answer = world.acme.member.get(f"/contacts/{house.contact}/file.json")
    told = json.loads(answer.text)
    assert told["person"]["email"] == "zanzibar@foothill.example"
    assert told["tags"] == ["Zanzibar tag"]
    assert "Zanzibar says hello" in {message["text"] for message in told["messages"]}
    assert [campaign["campaign"] for campaign in told["campaigns"]] == ["Zanzibar campaign"]
    assert world.acme.viewer.get(f"/contacts/{house.contact}/file.json").status_code == 403


def test_erasing_leaves_a_hash_and_nothing_else(world: World) -> None:
    house = furnish(world.acme)
    bring_in(world, world.acme, "Name,Email\nZ,zanzibar@foothill.example\nZ,zanzibar@foothill.example\n")
    answer = world.acme.admin.post(f"/contacts/{house.contact}/erasure", {})
    assert answer.status_code == 303
    world.work()
    gone = reread(world.acme, house.contact)
    assert (gone.name, gone.email, gone.phone, gone.email_hash, gone.fields) == ("", None, None, None, {})
    assert gone.erased_at is not None
    with world.acme.acting() as session:
        for message in session.scalars(select(Message)):
            assert (message.subject, message.text, message.html, message.to_address) == ("", "", "", "")
        [conversation] = session.scalars(select(Conversation).where(Conversation.id == house.conversation))
        assert conversation.counterpart == ""
        assert session.scalar(select(func.count(Attachment.id))) == 0
        assert (
            session.scalar(
                select(func.count()).select_from(ImportRefusal).where(ImportRefusal.code == "repeated")
            )
            == 0
        )
        barred = session.execute(
            select(Suppression.medium, Suppression.address)
            .where(Suppression.reason == "erased")
            .order_by(Suppression.medium)
        ).all()
        assert [tuple(row) for row in barred] == [("email", None), ("sms", None), ("voicemail", None)]
    assert bring_in(world, world.acme, "Email\nzanzibar@foothill.example\n").counts == (0, 0, 0, 1)
    assert world.acme.admin.post(f"/contacts/{house.contact}/erasure", {}).status_code == 404


def test_raw_deliveries_that_name_the_person_are_blanked(world: World) -> None:
    house = furnish(world.acme)
    with world.acme.acting() as session:
        delivery = get(Delivery, house.delivery)
        assert delivery
        delivery.body = b"From: Zanzibar@Foothill.example\r\nTo: x\r\nzanzibar@foothill.example"
        session.commit()
    world.acme.admin.post(f"/contacts/{house.contact}/erasure", {})
    with world.acme.acting():
        delivery = get(Delivery, house.delivery)
        assert delivery
        assert delivery.body == b""


def test_only_admins_erase(world: World) -> None:
    priya = world.acme.contact()
    assert world.acme.member.post(f"/contacts/{priya.id}/erasure", {}).status_code == 403
    assert world.globex.admin.post(f"/contacts/{priya.id}/erasure", {}).status_code == 404
    assert reread(world.acme, priya.id).erased_at is None


def test_a_no_that_is_written_down_bars_the_address(world: World) -> None:
    priya = world.acme.contact(phone="+13035550164")
    form = {"medium": "sms", "is_granted": "0", "source": "Said no on the phone"}
    assert world.acme.agent.post(f"/contacts/{priya.id}/consent", form).status_code == 303
    with world.acme.acting() as session:
        barred = session.scalars(select(Suppression)).one()
        assert (barred.medium, barred.address, barred.note) == ("sms", "+13035550164", "Said no on the phone")
        assert [line.is_granted for line in session.scalars(select(Consent))] == [False]
