"""Lists go in: who is created, updated, left alone or refused, and that nothing is ever doubled."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from loumass.contacts.importing import running, steering
from loumass.contacts.models import (
    Consent,
    Contact,
    ContactField,
    ContactImport,
    ImportedContact,
    Suppression,
)
from loumass.contacts.suppression import suppress
from loumass.core import jobs, storage
from loumass.core.secrets import keyed_hash
from loumass.core.storage import StorageUnavailable
from loumass.core.tenancy import get
from loumass.events.models import Event, Notice
from loumass.messages.models import Conversation, Message
from tests.channels.connected import sandbox_mailbox
from tests.contacts.lists import bring_in, people, result_of, start, tags_of, upload
from tests.contacts.nasty_lists import READABLE, NastyList
from tests.world import World

LEADS = (
    "Name,Email,Cell,Brokerage,Niche,License #\n"
    "Priya Raman,Priya@Foothill.example,(303) 555-0164,Foothill & Main,residential; luxury,FA1\n"
    "Tom Okafor,tom@cherry.example,720.555.0198,Cherry Creek,commercial,FA2\n"
    "Ray Dunn,ray.dunn@@dunn,,Dunn Homes,,FA3\n"
)


def count_of(world: World, model: type) -> int:
    with world.acme.acting() as session:
        return (
            session.scalar(
                select(func.count()).select_from(model).where(model.organization_id == world.acme.id)
            )
            or 0
        )


def keys(world: World) -> list[str | None]:
    with world.acme.acting() as session:
        return [one.email_key or one.phone for one in session.scalars(select(Contact).order_by(Contact.id))]


def test_people_come_in_with_all_they_bring(world: World) -> None:
    result = bring_in(world, world.acme, LEADS, tags=["denver-march"], source="Sign-up list")
    assert result.row.state == "done"
    assert result.counts == (2, 0, 0, 1)
    assert result.refused == [(4, "Not an e-mail address: two @ signs")]
    with world.acme.acting() as session:
        priya = session.scalars(select(Contact).where(Contact.email_key == "priya@foothill.example")).one()
    assert (priya.first_name, priya.last_name, priya.email) == ("Priya", "Raman", "Priya@Foothill.example")
    assert (priya.phone, priya.company, priya.timezone) == (
        "+13035550164",
        "Foothill & Main",
        "America/Denver",
    )
    assert priya.fields == {"license": "FA1"}
    assert priya.source == "Sign-up list"
    assert priya.email_hash == keyed_hash("priya@foothill.example")
    assert priya.phone_hash == keyed_hash("+13035550164")
    assert tags_of(world.acme, "priya@foothill.example") == ["denver-march", "luxury", "residential"]


def test_the_forecast_says_what_the_result_will_be(world: World) -> None:
    world.acme.contact("Tom Okafor", email="tom@cherry.example")
    result = bring_in(world, world.acme, LEADS + "Again,priya@foothill.example,,,,\n")
    assert result.forecast is not None
    assert (result.forecast.new, result.forecast.known, result.forecast.refused) == (1, 1, 2)
    assert result.counts == (1, 1, 0, 2)
    problems = [(row.line, row.column, row.value) for row in result.forecast.problem_rows()]
    assert problems == [(4, "Email", "ray.dunn@@dunn"), (5, "Email", "priya@foothill.example")]


def test_the_same_list_again_changes_nothing(world: World) -> None:
    first = bring_in(world, world.acme, LEADS, tags=["t"], source="Sign-up list")
    before = (people(world.acme), count_of(world, Consent))
    with world.acme.acting() as session:
        touched = session.scalars(select(Contact.updated_at)).all()
    world.later(days=1)
    for existing in ("fill", "update", "skip"):
        again = bring_in(world, world.acme, LEADS, tags=["t"], source="Sign-up list", existing=existing)
        assert again.counts == (0, 0, 2, 1)
    assert (people(world.acme), count_of(world, Consent)) == before
    with world.acme.acting() as session:
        assert session.scalars(select(Contact.updated_at)).all() == touched
    assert first.counts == (2, 0, 0, 1)


@pytest.mark.parametrize(
    ("existing", "company", "city", "counts"),
    [
        ("fill", "Old Co", "Denver", (0, 1, 0, 0)),
        ("update", "New Co", "Denver", (0, 1, 0, 0)),
        ("skip", "Old Co", "", (0, 0, 1, 0)),
    ],
)
def test_a_known_person_is_filled_updated_or_skipped(
    world: World, existing: str, company: str, city: str, counts: tuple[int, ...]
) -> None:
    priya = world.acme.contact(company="Old Co", fields={"a": "old"})
    result = bring_in(
        world,
        world.acme,
        "Email,Company,City,Title\npriya@foothill.example,New Co,Denver,\n",
        existing=existing,
    )
    assert result.counts == counts
    with world.acme.acting():
        known = get(Contact, priya.id)
        assert known
        assert (known.company, known.city) == (company, city)


def test_custom_fields_are_joined_not_replaced(world: World) -> None:
    priya = world.acme.contact(fields={"license": "old", "kept": "yes"})
    bring_in(world, world.acme, "Email,License,Note\npriya@foothill.example,new,hello\n", existing="fill")
    with world.acme.acting():
        known = get(Contact, priya.id)
        assert known
        assert known.fields == {"license": "old", "kept": "yes", "note": "hello"}
    bring_in(world, world.acme, "Email,License,Note\npriya@foothill.example,new,\n", existing="update")
    with world.acme.acting() as session:
        known = get(Contact, priya.id)
        assert known
        assert known.fields == {"license": "new", "kept": "yes", "note": "hello"}
        assert set(session.scalars(select(ContactField.key))) == {"license", "note"}


def test_the_id_of_the_other_system_outranks_the_address(world: World) -> None:
    priya = world.acme.contact(external_id="crm-1")
    result = bring_in(world, world.acme, "Contact ID,Email\ncrm-1,priya@new.example\n", existing="update")
    assert result.counts == (0, 1, 0, 0)
    with world.acme.acting():
        known = get(Contact, priya.id)
        assert known
        assert (known.email_key, known.email_hash) == ("priya@new.example", keyed_hash("priya@new.example"))


def test_a_number_finds_a_person_who_has_no_address_yet(world: World) -> None:
    world.acme.contact("Priya Raman", email=None, phone="+13035550164")
    result = bring_in(world, world.acme, "Email,Cell\npriya@foothill.example,303-555-0164\n")
    assert result.counts == (0, 1, 0, 0)
    assert people(world.acme) == [("Priya Raman", "priya@foothill.example", "+13035550164")]


def test_colleagues_share_an_office_number_and_stay_two_people(world: World) -> None:
    world.acme.contact(phone="+13035550164")
    result = bring_in(
        world,
        world.acme,
        "Email,Cell\ntom@foothill.example,303-555-0164\nann@foothill.example,303-555-0164\n",
    )
    assert result.counts == (2, 0, 0, 0)
    assert len(people(world.acme)) == 3


def test_a_row_that_means_two_people_is_refused(world: World) -> None:
    world.acme.contact(external_id="crm-1")
    world.acme.contact("Tom Okafor", email="tom@cherry.example")
    result = bring_in(world, world.acme, "Contact ID,Email\ncrm-1,tom@cherry.example\n")
    assert result.refused == [(2, "The id belongs to one person and the e-mail to another")]


@pytest.mark.parametrize("chunk", [1, 2, 10_000])
def test_repeats_are_refused_wherever_the_chunks_end(
    world: World, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK_ROWS", chunk)
    world.acme.contact("Known", email="known@x.example", phone="+13035550111", external_id="k")
    result = bring_in(
        world,
        world.acme,
        "Contact ID,Email,Cell\n"
        "1,a@x.example,\n"
        "2,A@x.example,\n"
        "1,b@x.example,\n"
        ",,3035550164\n"
        ",,(303) 555-0164\n"
        ",c@x.example,3035550164\n"
        "k,,\n"
        ",known@x.example,\n"
        "k,,3035550111\n"
        "k,known@x.example,\n",
    )
    assert result.refused == [
        (3, "Same e-mail as line 2. Line 2 was kept"),
        (4, "Same id as line 2. Line 2 was kept"),
        (6, "Same mobile as line 5. Line 5 was kept"),
        (7, "Same mobile as line 5. Line 5 was kept"),
        (8, "No e-mail and no mobile, so nobody to write to"),
        (10, "Same person as line 9. Line 9 was kept"),
        (11, "Same person as line 9. Line 9 was kept"),
    ]


def test_who_said_no_comes_in_but_stays_suppressed(world: World) -> None:
    with world.acme.acting() as session:
        suppress("email", ["priya@foothill.example"], "unsubscribed")
        session.commit()
    result = bring_in(world, world.acme, LEADS, source="Bought list")
    assert result.row.suppressed_count == 1
    assert result.forecast is not None
    assert result.forecast.suppressed == 1
    assert count_of(world, Suppression) == 1


def test_who_was_erased_does_not_come_back(world: World) -> None:
    with world.acme.acting() as session:
        suppress("email", ["priya@foothill.example"], "erased")
        suppress("sms", ["+17205550198"], "erased")
        session.commit()
    result = bring_in(world, world.acme, LEADS)
    assert result.counts == (0, 0, 0, 3)
    assert result.refused[:2] == [
        (line, "This person asked to be erased. Nothing was saved") for line in (2, 3)
    ]
    assert people(world.acme) == []


def test_consent_is_proved_for_each_address(world: World) -> None:
    bring_in(world, world.acme, LEADS, source="Sign-up list, Oct 2025")
    with world.acme.acting() as session:
        lines = session.execute(
            select(Consent.medium, Consent.is_granted, Consent.source).order_by(Consent.medium)
        ).all()
        assert list(lines) == [
            (medium, True, "Sign-up list, Oct 2025") for medium in ("email", "email", "sms", "sms")
        ]
        proofs = session.scalars(select(Consent.evidence)).all()
    assert {(one["file"], one["line"]) for one in proofs} == {("leads.csv", 2), ("leads.csv", 3)}
    assert all(len(one["address_hash"]) == 64 and one["import_id"] for one in proofs)


def test_every_new_person_is_told_of_once(world: World) -> None:
    bring_in(world, world.acme, LEADS)
    bring_in(world, world.acme, LEADS)
    with world.acme.acting() as session:
        kinds = session.scalars(
            select(Event.kind).where(Event.kind.in_(("contact.created", "import.finished")))
        ).all()
    assert sorted(kinds) == ["contact.created"] * 2 + ["import.finished"] * 2


def test_owners_are_found_by_name_and_address(world: World) -> None:
    result = bring_in(
        world,
        world.acme,
        "Email,Owner\na@x.example,Ben Bdr\nb@x.example,ADA@acme.example\nc@x.example,Gus Admin\n",
    )
    assert result.refused == [(4, "Nobody in your organization has this name or e-mail")]
    with world.acme.acting() as session:
        owners = dict(session.execute(select(Contact.email_key, Contact.owner_id)).all())
    assert owners == {"a@x.example": world.acme.member.id, "b@x.example": world.acme.admin.id}


def test_the_matching_of_the_last_list_alike_is_remembered(world: World) -> None:
    import_id = upload(world.acme, "Who,Where to\nAnn,ann@keller.example\n")
    with world.acme.acting() as session:
        row = get(ContactImport, import_id)
        assert row
        steering.choose(row, ["full_name", "email"], existing="fill", tags=[], source="")
        session.commit()
    start(world.acme, import_id)
    world.work()
    again = bring_in(world, world.acme, "Who,Where to\nBen Cho,ben@cho.example\n")
    assert again.counts == (1, 0, 0, 0)
    assert ("Ben Cho", "ben@cho.example", None) in people(world.acme)


def test_globex_knows_nobody_of_this(world: World) -> None:
    bring_in(world, world.acme, LEADS)
    assert people(world.globex) == []
    theirs = bring_in(world, world.globex, LEADS)
    assert theirs.counts == (2, 0, 0, 1)


@pytest.mark.parametrize("nasty", READABLE, ids=lambda nasty: nasty.name)
def test_nasty_lists_go_in_row_by_row(world: World, nasty: NastyList) -> None:
    result = bring_in(world, world.acme, nasty.content)
    assert result.row.state == "done"
    assert result.refused == list(nasty.refused)
    wanted = sorted(nasty.people)
    assert (
        sorted(
            (name, key) for name, key in zip([one[0] for one in people(world.acme)], keys(world), strict=True)
        )
        == wanted
    )
    assert count_of(world, ImportedContact) == len(wanted)
    assert result.forecast is not None
    assert (result.forecast.new, result.forecast.refused) == (len(wanted), len(nasty.refused))


def test_files_that_nobody_came_back_for_are_forgotten(world: World) -> None:
    import_id = upload(world.acme, LEADS)
    with world.acme.acting():
        row = get(ContactImport, import_id)
        assert row
        key = row.file_key
    world.later(days=31)
    jobs.run("contacts.forget_files", str(world.acme.id), "[]")
    row = result_of(world.acme, import_id).row
    assert (row.state, row.file_key, row.options["sample"]) == ("cancelled", "", [])
    with pytest.raises(StorageUnavailable):
        list(storage.chunks(key))


def test_strangers_who_wrote_become_the_people_of_the_list(world: World) -> None:
    mailbox = sandbox_mailbox(world.acme, "maya@acme.example")
    with world.acme.acting() as session:
        talk = Conversation(
            channel_id=mailbox.id,
            medium="email",
            counterpart="priya@foothill.example",
            thread_key="message:1",
        )
        session.add(talk)
        session.flush()
        session.add(
            Message(
                conversation_id=talk.id,
                channel_id=mailbox.id,
                medium="email",
                direction="in",
                state="received",
                text="Hello?",
            )
        )
        session.commit()
    bring_in(world, world.acme, LEADS)
    with world.acme.acting() as session:
        priya = session.scalars(select(Contact.id).where(Contact.email_key == "priya@foothill.example")).one()
        assert session.scalars(select(Conversation.contact_id)).all() == [priya]
        assert session.scalars(select(Message.contact_id)).all() == [priya]


def test_a_long_list_makes_no_notice_for_each_person(world: World) -> None:
    import_id = upload(world.acme, "Email\n" + "".join(f"p{n}@x.example\n" for n in range(50)))
    start(world.acme, import_id)
    ring = next(iter(world.bell.rings))
    jobs.run(ring.job, str(ring.organization_id), ring.key)
    with world.acme.acting() as session:
        assert session.scalar(select(func.count(Notice.id))) == 1
