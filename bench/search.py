"""Searching what was said, as the application does it, among the messages of several organizations.

Each kind of search is asked in turns: by the application's role under its policies (`messages_with`, with all of its statements), and
as the same question to the same index by the tables' owner, for whom the policies are lifted. `value` is the median in ms
of all of ours, `limit` of all of the owner's, `ratio` the worst kind's (owner's median / ours); `ratios` has each.
Both must find the same messages. SIZE=full: 1,000,000 messages, of which half are one organization's.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text, update

from bench.installation import House, founded, installed
from bench.measuring import forget_peak, peak_mib, print_line, size
from bench.seeding import mailbox
from loumass.channels.models import Channel
from loumass.core import clock, database, tenancy
from loumass.core.tenancy import acting_for
from loumass.messages.finding.hits import messages_with
from loumass.messages.finding.spelling import Sought, sought
from loumass.messages.models import Conversation

NEIGHBOURS, EACH, ROUNDS, PAGE = 5, 10, 40, 40
FEWEST, LONGEST = 5, 10.0
_PORT = 2525  # nothing is sent

_TALKS = text("""
    INSERT INTO conversation (organization_id, channel_id, medium, counterpart, thread_key, subject, assignee_id,
        last_message_at, last_inbound_at, created_at)
    SELECT :organization_id, CASE WHEN n % 20 = 3 THEN CAST(:other_channel AS uuid) ELSE CAST(:channel AS uuid) END, 'email',
        'reader' || n || '@people.example', 'bench:' || n, 'A table for Company ' || n % 997,
        CASE WHEN n % 50 = 7 THEN CAST(:user_id AS uuid) END, at, at, at
    FROM (SELECT n, CAST(:now AS timestamptz) - n * interval '1 minute' AS at FROM generate_series(0, :talks - 1) AS n) AS talk
    RETURNING id
""")
# Some forty words of a vocabulary of which few are frequent, as in any language; names, a phrase and a number here and there.
_MESSAGES = text("""
    INSERT INTO message (organization_id, conversation_id, channel_id, direction, medium, state, to_address, from_address,
        from_name, subject, text, reply_text, occurred_at)
    SELECT :organization_id, talk.id, talk.channel_id, 'in', 'email', 'received', 'maya@acme.example', talk.counterpart,
        'Reader' || n, 'Re: ' || talk.subject, said.words, said.words, talk.last_message_at - k * interval '1 second'
    FROM (SELECT *, CAST(substr(thread_key, 7) AS integer) AS n FROM conversation WHERE organization_id = :organization_id) AS talk
    CROSS JOIN generate_series(0, :each - 1) AS k
    CROSS JOIN LATERAL (SELECT (
        SELECT string_agg(left(translate(md5((floor(power(random(), 3) * 20000))::text), '0123456789', 'ghijklmnop'), 7), ' ')
        FROM generate_series(1, 36 + (n + k) * 0)) || CASE WHEN random() < 0.3 THEN ' dinner' ELSE '' END
        || CASE WHEN random() < 0.02 THEN ' it is a quiet evening' ELSE '' END || CASE WHEN random() < 0.05 THEN ' parking' ELSE '' END
        || CASE WHEN (n * 10 + k) % 50021 = 17 THEN ' Zanzibar' ELSE '' END
        || CASE WHEN (n * 10 + k) % 5003 = 3 THEN ' Call Jonathan Weatherby at (303) 555-0142' ELSE '' END AS words) AS said
    ORDER BY talk.last_message_at RETURNING id
""")
_WORDS = """
    INSERT INTO message_words (organization_id, message_id, occurred_at, words)
    SELECT organization_id, id, occurred_at, search_words(organization_id, concat_ws(E'\\n', subject, from_name || ' ' || from_address, text))
    FROM message WHERE organization_id = :organization_id ORDER BY occurred_at
"""
_INDEX = "CREATE INDEX ix_message_words_words ON message_words USING gin (words) WITH (fastupdate = off)"
_OWNERS = """
    SELECT m.id, m.conversation_id, m.contact_id, m.direction, m.medium, m.subject, m.text, m.reply_text, m.from_name,
        m.from_address, m.to_address, m.author_id, m.occurred_at
    FROM message_words w JOIN message m ON m.organization_id = w.organization_id AND m.id = w.message_id {join}
    WHERE w.organization_id = :organization_id AND w.words @@ sought(:organization_id, :terms) {phrase}
    ORDER BY w.occurred_at DESC, w.message_id DESC LIMIT :most
"""
_TALK = "JOIN conversation t ON t.organization_id = m.organization_id AND t.id = m.conversation_id AND {}"
_PHRASE = (
    "AND strpos(folded(regexp_replace(concat_ws(' ', m.subject, m.text), '\\s+', ' ', 'g')), :phrase) > 0"
)


@dataclass(frozen=True, slots=True)
class Search:
    """One kind: what is typed, whether only one's own is seen, and a filter for both sides."""

    typed: str
    is_own: bool = False
    is_of_channel: bool = False

    @property
    def wanted(self) -> Sought:
        return sought(self.typed)


SEARCHES = {
    "common word": Search("dinner"),
    "rare word": Search("zanzibar"),
    "two words": Search("dinner parking"),
    "beginning of a word": Search("zanz"),
    "a name": Search("jonathan weatherby"),
    "an address": Search("reader16@people.example"),
    "a number": Search("303 555 0142"),
    "a phrase": Search('"a quiet evening"'),
    "words of a subject": Search("table company 16"),
    "nothing": Search("qqqqqq"),
    "common word, only one's own": Search("dinner", is_own=True),
    "rare word, only one's own": Search("weatherby", is_own=True),
    "common word, one sender": Search("dinner", is_of_channel=True),
}


def main() -> None:
    """Prints one line. Raises AssertionError where both sides do not find the same."""
    count = size(20_000, 1_000_000)
    with installed() as house:
        owner = database.connect(house.settings.owner_database_url, role=database.OWNER, pool_size=1)
        channel = _seeded(house, owner, count)
        with owner.connect() as connection:
            forget_peak()
            taken = {name: _asked(house, connection, one, channel) for name, one in SEARCHES.items()}
        owner.dispose()
    _print(count, taken)


def _seeded(house: House, owner: Any, count: int) -> UUID:
    with owner.begin() as connection:
        for table in ("message", "message_words", "conversation"):
            connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        connection.execute(text("DROP INDEX ix_message_words_words"))
    channel = _furnish(house, owner, count // 2)
    for n in range(NEIGHBOURS):
        organization_id, user = founded(f"Neighbour {n}", "Ben Boss")
        _furnish(
            House(house.settings, organization_id, user, house.folder, house.environment),
            owner,
            count // 2 // NEIGHBOURS,
        )
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        connection.execute(text(_INDEX))
    house.analyze("message", "message_words", "conversation")
    return channel


def _furnish(house: House, owner: Any, messages: int) -> UUID:
    channel = mailbox(house, _PORT, daily_cap=1)
    other = mailbox(house, _PORT, daily_cap=1, address="other@acme.example")
    common = {"organization_id": house.organization_id, "now": clock.now()}
    with house.acting() as session:
        talk = {
            "channel": channel.id,
            "other_channel": other.id,
            "user_id": house.user.id,
            "talks": messages // EACH,
        }
        # Whoever owns the sender sees what strangers write to it.
        session.execute(update(Channel).values(owner_id=None))
        session.execute(_TALKS, common | talk)
        session.execute(_MESSAGES, {"organization_id": house.organization_id, "each": EACH})
        session.commit()
    with owner.begin() as connection:
        connection.execute(text(_WORDS), {"organization_id": house.organization_id})
    return other.id


def _asked(house: House, owner: Connection, one: Search, channel: UUID) -> tuple[list[float], list[float]]:
    """Milliseconds of ours and of the owner's, in turns."""
    condition = Conversation.channel_id == channel if one.is_of_channel else None
    join = _TALK.format("t.assignee_id = :user_id") if one.is_own else ""
    join = _TALK.format("t.channel_id = :channel") if one.is_of_channel else join
    statement = text(_OWNERS.format(join=join, phrase=_PHRASE if one.wanted.phrases else ""))
    bound = {
        "organization_id": house.organization_id, "terms": list(one.wanted.terms), "most": PAGE + 1,
        "user_id": house.user.id, "channel": channel, "phrase": next(iter(one.wanted.phrases), ""),
    }  # fmt: skip
    bound = {name: value for name, value in bound.items() if f":{name}" in statement.text}

    def ours() -> list[UUID]:
        return [row.id for row in messages_with(one.wanted, condition, size=PAGE).rows]

    def owners() -> list[UUID]:
        return [row.id for row in owner.execute(statement, bound)][:PAGE]

    with acting_for(house.organization_id, house.user.id) as session, owner.begin():
        if one.is_own:
            tenancy.show_only_own(session)
        mine, theirs = ours(), owners()
        assert mine == theirs, (
            f"{one.typed}: {len(mine)} and {len(theirs)}, alike {sum(a == b for a, b in zip(mine, theirs, strict=False))}"
        )
        taken: tuple[list[float], list[float]] = ([], [])
        began = time.perf_counter()
        for turn in range(ROUNDS):
            # The owner reads half a million messages for some words: a few turns tell as much.
            if turn >= FEWEST and time.perf_counter() - began > LONGEST:
                break
            for each, ask in zip(taken, (ours, owners), strict=True):
                each.append(_milliseconds(ask))
        return taken


def _milliseconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def _print(count: int, taken: dict[str, tuple[list[float], list[float]]]) -> None:
    medians = {
        name: (statistics.median(ours), statistics.median(owners)) for name, (ours, owners) in taken.items()
    }
    ratios = {name: round(owners / ours, 2) for name, (ours, owners) in medians.items()}
    value, limit = (statistics.median([each[side] for each in medians.values()]) for side in (0, 1))
    print_line(
        "search", value, "ms", limit, min(ratios.values()), peak=peak_mib(), count=count, ratios=ratios,
        medians={name: [round(one, 1) for one in each] for name, each in medians.items()},
    )  # fmt: skip


if __name__ == "__main__":
    main()
