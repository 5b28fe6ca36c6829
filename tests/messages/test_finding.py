"""Messages are found by their words, whatever the spelling, under policies, by the index, and by nobody else."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from loumass.core import clock, tenancy
from loumass.messages.finding.hits import messages_with
from loumass.messages.finding.models import MessageWords, WordsMark
from loumass.messages.finding.spelling import around, folded, marked, sought, written_out
from loumass.messages.jobs import note_words
from loumass.messages.models import Conversation
from loumass.messages.sorting.models import SortedReply
from tests.inbox.desk import change
from tests.messages.letters import brings, count_of, email, mailbox, one, rows
from tests.world import Tenant, World

PRIYA = "priya@foothill.example"
LONG = "Filler. " * 9_000 + "The needle stands at the end."


def found(tenant: Tenant, typed: str, **also: object) -> list[str]:
    """The texts of what is found, the newest first."""
    with tenant.acting():
        return [row.text for row in messages_with(sought(typed), **also).rows]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("typed", "terms", "phrases"),
    [
        ("anna dinner", ("anna", "dinner"), ()),
        ('"a quiet evening" anna', ("anna", "a", "quiet", "evening"), ("a quiet evening",)),
        ("303 555 0142", ("303 555 0142",), ()),
        ("anna@lakeside.example", ("anna@lakeside.example",), ()),
        ('  "  ', (), ()),
        ("-- ?", (), ()),
    ],
)
def test_what_is_typed_is_words_phrases_and_numbers(
    typed: str, terms: tuple[str, ...], phrases: tuple[str, ...]
) -> None:
    assert (sought(typed).terms, sought(typed).phrases) == (terms, phrases)


def test_hits_are_marked_and_nothing_of_a_text_is_markup() -> None:
    parts = marked("Hello <b>Müller</b>, call +1 (303) 555-0142", sought("mueller"))
    assert [one.text for one in parts if one.is_hit] == ["Müller"]
    assert "".join(one.text for one in parts) == "Hello <b>Müller</b>, call +1 (303) 555-0142"
    assert [one.text for one in marked("call +1 (303) 555-0142", sought("3035550142")) if one.is_hit] == [
        "+1 (303) 555-0142"
    ]
    line = around("word " * 100 + "needle " + "word " * 100, sought("need"), 80)
    assert [one.text for one in line if one.is_hit] == ["needle"]
    assert sum(len(one.text) for one in line) < 90


def test_what_is_shown_of_a_text_ends_with_a_word_and_without_the_marks_of_quotes() -> None:
    quoted = (
        "On Monday Maya wrote:\n> Hi Priya,\n>\n> > the dinner is on Thursday, a > b\n" + "and more " * 40
    )
    said = "".join(one.text for one in around(quoted, sought("dinner"), 60))
    assert said == "… wrote: Hi Priya, the dinner is on Thursday, a > b and more …"


def test_the_database_folds_as_we_do(world: World) -> None:
    said = "Größe ÄÖÜ Crème Brûlée Straße Ærø ﬁne İstanbul ＡＢＣ Dvořák Łódź"
    with world.acme.acting() as session:
        both = session.execute(text("SELECT folded(:said), written_out(:said)"), {"said": said}).one()
    assert tuple(both) == (folded(said), written_out(said))


def test_words_are_found_however_they_are_spelt(world: World) -> None:
    world.acme.contact()
    box = mailbox(world.acme)
    for n, said in enumerate(
        ("Anna Müller comes, too", "Our Dachgeschosswohnung is free", "Call me at (303) 555-0142.", LONG)
    ):
        brings(
            world.acme,
            box,
            email(PRIYA, said, subject="Re: A seat", received_at=clock.now() - timedelta(minutes=n)),
        )
    assert found(world.acme, "ann") == found(world.acme, "MULLER") == ["Anna Müller comes, too"]
    assert found(world.acme, "mueller anna") == found(world.acme, "müller") == ["Anna Müller comes, too"]
    assert found(world.acme, "wohnung") == ["Our Dachgeschosswohnung is free"]
    for typed in ("303 555 0142", "+13035550142", "555-0142", "+1 303-555-0142"):
        assert found(world.acme, typed) == ["Call me at (303) 555-0142."], typed
    assert [len(one) for one in found(world.acme, "needle")] == [len(LONG.strip())]
    assert found(world.acme, '"comes, too"') == ["Anna Müller comes, too"]
    assert (
        found(world.acme, '"too comes"')
        == found(world.acme, "zoltan")
        == found(world.acme, "anna needle")
        == []
    )
    assert len(found(world.acme, "priya@foothill.example seat")) == 4
    assert len(found(world.acme, "raman")) == 4
    assert found(world.globex, "anna") == []
    with world.acme.acting():
        pages, at = [], None
        while True:
            page = messages_with(sought("seat"), after=at, size=3)
            pages.append(len(page.rows))
            at = page.after
            if at is None:
                break
    assert pages == [3, 1]


def test_what_is_erased_is_not_found_any_more(world: World) -> None:
    priya = world.acme.contact()
    brings(world.acme, mailbox(world.acme), email(PRIYA, "Anna comes, too"))
    assert found(world.acme, "anna")
    with world.acme.acting() as session:
        session.execute(text("SELECT erase_contact(:id, now())"), {"id": priya.id})
        session.commit()
    assert found(world.acme, "anna") == []
    assert count_of(world.acme, MessageWords) == 0
    assert [row.phrase for row in rows(world.acme, SortedReply)] == [""]


def test_messages_of_before_get_their_words_once(world: World) -> None:
    _many(world.acme, 3)
    assert found(world.acme, "dinner 3") == ["dinner 3"]
    assert one(world.acme, WordsMark).done_at is not None
    with tenancy.serving(world.acme.id):
        assert note_words.function() is False


def test_who_sees_only_their_own_finds_only_that_also_behind_many_of_others(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    brings(world.acme, box, email(PRIYA, "dinner for Priya"))
    mine = one(world.acme, Conversation)
    change(world.acme.world, Conversation, mine.id, assignee_id=world.acme.member.id)
    theirs = {"received_at": clock.now() + timedelta(minutes=1)}
    for n in range(5):
        world.acme.contact(f"Other {n}", f"other{n}@x.example")
        brings(world.acme, box, email(f"other{n}@x.example", "dinner for others", **theirs))
    with tenancy.acting_for(world.acme.id, world.acme.member.id) as session:
        tenancy.show_only_own(session)
        page = messages_with(sought("dinner"), size=2)
    assert ([row.text for row in page.rows], page.after) == (["dinner for Priya"], None)
    assert priya.id in {row.contact_id for row in page.rows}


def test_the_index_is_asked_and_no_table_is_read_whole(world: World) -> None:
    """The application's role, under policies: `@@` is not leakproof, and a policy would keep it from any index."""
    world.acme.contact()
    box = mailbox(world.acme)
    brings(world.acme, box, *(email(PRIYA, f"word{n} and dinner") for n in range(40)))
    looked = text(
        "SELECT (SELECT sum(idx_scan) FROM pg_stat_xact_user_tables WHERE relname = 'message_words'),"
        " (SELECT sum(seq_scan) FROM pg_stat_xact_user_tables WHERE relname IN ('message_words', 'message'))"
    )
    with world.acme.acting() as session:
        # Forty rows are read quicker without an index: what counts is whether one can be asked.
        session.execute(text("SET LOCAL enable_seqscan = off"))
        before = session.execute(looked).one()
        assert len(messages_with(sought("word7")).rows) == 1
        assert len(messages_with(sought("dinner word3")).rows) == 11
        after = session.execute(looked).one()
    assert after[0] > before[0]
    assert after[1] == before[1]


def test_of_a_common_word_the_newest_are_walked_through(world: World) -> None:
    """More hits than are sorted at once: in the end the same messages in the same order, page after page."""
    talk = _many(world.acme, 5_200)
    with world.acme.acting() as session:
        ids, at = [], None
        for _ in range(3):
            page = messages_with(sought("dinner"), after=at, size=40)
            ids += [row.id for row in page.rows]
            at = page.after
        newest = session.scalars(
            text(
                "SELECT id FROM message WHERE organization_id = :organization_id AND conversation_id = :talk"
                " ORDER BY occurred_at DESC, id DESC LIMIT 120"
            ),
            {"organization_id": world.acme.id, "talk": talk},
        ).all()
    assert ids == list(newest)


def test_a_common_word_that_was_not_said_lately_is_not_fetched_thousands_of_times(world: World) -> None:
    """None among the newest four hundred, and more hits than are sorted."""
    _many(world.acme, 4_700, quiet=450)
    fetched = text("SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'message_words'")
    with world.acme.acting() as session:
        # Some thousand rows are sorted quicker than they are read in their order, of millions it is the other way round.
        session.execute(text("SET LOCAL enable_sort = off"))
        before = session.scalar(fetched)
        page = messages_with(sought("dinner"), size=40)
        after = session.scalar(fetched)
    assert [row.text for row in page.rows] == [f"dinner {n}" for n in range(4_250, 4_210, -1)]
    assert after - before < 2_500


def _many(tenant: Tenant, count: int, quiet: int = 0) -> UUID:
    """So many messages, the newest `quiet` of them about something else."""
    tenant.contact()
    brings(tenant, mailbox(tenant), email(PRIYA, "lunch"))
    talk = one(tenant, Conversation)
    with tenant.acting() as session:
        bound = {
            "organization_id": tenant.id,
            "talk": talk.id,
            "count": count,
            "quiet": count - quiet,
            "now": clock.now(),
        }
        session.execute(
            text(
                "INSERT INTO message (organization_id, conversation_id, direction, medium, state, text, occurred_at)"
                " SELECT :organization_id, :talk, 'in', 'email', 'received', CASE WHEN n > :quiet THEN 'quiet ' ELSE 'dinner ' END || n,"
                " CAST(:now AS timestamptz) + n * interval '1 second' FROM generate_series(1, :count) AS n RETURNING id"
            ),
            bound,
        )
        session.commit()
    with tenancy.serving(tenant.id):
        while note_words.function():
            pass
    return talk.id
