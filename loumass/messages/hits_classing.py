"""Hits are classed some seconds after they came, message by message, from the raw rows: doing it again changes nothing.

The first human opening of a message, and the first human click on each of its links, becomes a fact, once; so does what a
machine fetched before any person did.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.core import clock, live
from loumass.core.agenda import Wake
from loumass.core.arrays import integer_array, uuid_array
from loumass.core.database import db, engine
from loumass.core.jobs import wake_all
from loumass.core.plans import PLANNED_FOR_MANY
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all
from loumass.messages.facts import ids_of
from loumass.messages.hit_models import PIXEL
from loumass.messages.hits_judging import Class, Seen, judged
from loumass.messages.hits_keeping import CLASSING, SETTLED

#: Hits that one slice looks at, and hits of one message that count at all: whoever fetches more is no reader.
BATCH, MOST = 2_000, 2_000
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

_MARK = text("""
    INSERT INTO hit_mark (organization_id, classed_until) VALUES (:organization_id, :beginning)
    ON CONFLICT (organization_id) DO UPDATE SET classed_until = hit_mark.classed_until
    RETURNING classed_until
""")
_CAME = text("""
    SELECT happened_at, message_id FROM hit
    WHERE organization_id = :organization_id AND happened_at > :since AND happened_at <= :until
    ORDER BY happened_at FETCH FIRST :most ROWS WITH TIES
""")
_OLDEST = text(
    "SELECT min(happened_at) FROM hit WHERE organization_id = :organization_id AND happened_at > :since"
)
_MOVE = text("UPDATE hit_mark SET classed_until = :until WHERE organization_id = :organization_id")
_MESSAGES = text("""
    SELECT id, contact_id, stream_id, enrollment_id, conversation_id, channel_id, node_id, coalesce(sent_at, attempted_at) AS sent_at
    FROM message WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[]))
""")
# A mail is not looked at before it was made: older months are not asked.
_HITS = text("""
    SELECT hits.* FROM unnest(CAST(:ids AS uuid[]), CAST(:sent AS timestamptz[])) AS asked(id, sent_at) CROSS JOIN LATERAL (
        SELECT message_id, id, happened_at, link, ip_hash, network, agent, is_head, is_prefetch FROM hit
        WHERE organization_id = :organization_id AND message_id = asked.id AND happened_at >= asked.sent_at - interval '1 hour'
        ORDER BY happened_at, id LIMIT :most) hits
""")
_COUNT = text("""
    INSERT INTO hit_count (organization_id, message_id, link, stream_id, node_id, human, machine, unknown, first_human_at, last_at, told_at)
    SELECT :organization_id, one.message_id, one.link, one.stream_id, one.node_id, one.human, one.machine, one.unknown,
           one.first_human_at, one.last_at, CASE WHEN one.first_human_at IS NOT NULL THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:messages AS uuid[]), CAST(:links AS bigint[]), CAST(:streams AS uuid[]), CAST(:nodes AS uuid[]),
                CAST(:human AS integer[]), CAST(:machine AS integer[]), CAST(:unknown AS integer[]),
                CAST(:first_human AS timestamptz[]), CAST(:last AS timestamptz[]))
        AS one(message_id, link, stream_id, node_id, human, machine, unknown, first_human_at, last_at)
    ORDER BY one.message_id, one.link
    ON CONFLICT (organization_id, message_id, link) DO UPDATE SET
        human = excluded.human, machine = excluded.machine, unknown = excluded.unknown,
        first_human_at = excluded.first_human_at, last_at = excluded.last_at,
        told_at = coalesce(hit_count.told_at, excluded.told_at)
    RETURNING message_id, link, first_human_at, old.told_at IS NULL AND new.told_at IS NOT NULL AS is_news,
        old.message_id IS NULL AND new.told_at IS NULL AS is_fetched, new.human, new.machine, new.unknown, new.last_at
""")
_PREPARE = text("""
    SELECT prepare_hit_month(CAST(date_trunc('month', CAST(:today AS date)) + n * interval '1 month' AS date))
    FROM generate_series(0, 3) AS n
""")
_FORGET = text("SELECT forget_hit_months()")


def class_slice() -> datetime | None:
    """Class some of what came long enough ago; when more is to be classed, or None."""
    db().execute(PLANNED_FOR_MANY)
    # Locked until the commit: two slices at once would tell the same news twice, or wait for each other.
    since = db().scalar(_MARK, _bound(beginning=_BEGINNING)) or _BEGINNING
    until = clock.now() - SETTLED
    came = db().execute(_CAME, _bound(since=since, until=until, most=BATCH)).all()
    class_messages({row.message_id for row in came})
    is_more = len(came) >= BATCH
    reached = came[-1].happened_at if is_more else max(since, until)
    db().execute(_MOVE, _bound(until=reached))
    oldest = db().scalar(_OLDEST, _bound(since=reached))
    return oldest + SETTLED if oldest else None


def class_messages(message_ids: set[UUID]) -> None:
    """Class all the hits of these messages anew, and tell what is new."""
    if not message_ids:
        return
    messages = {row.id: row for row in db().execute(_MESSAGES, _bound(ids=uuid_array(message_ids)))}
    hits = raw_hits({row.id: row.sent_at for row in messages.values()})
    counts = [one for message_id, rows in hits.items() for one in _counted(messages[message_id], rows)]
    if counts:
        rows = db().execute(_COUNT, _counting(counts)).all()
        _tell([row for row in rows if row.is_news], messages)
        _tell_fetched([row for row in rows if row.is_fetched], messages)


def raw_hits(sent: Mapping[UUID, datetime | None]) -> dict[UUID, list[Row[Any]]]:
    """The hits that count of messages that were sent at these times, the oldest first."""
    hits: dict[UUID, list[Row[Any]]] = defaultdict(list)
    since = [at or _BEGINNING for at in sent.values()]
    for row in db().execute(_HITS, _bound(ids=uuid_array(sent), sent=since, most=MOST)):
        hits[row.message_id].append(row)
    return hits


def class_again(since: datetime) -> None:
    """Have everything that came after `since` classed anew: after the rules or the list of networks changed."""
    db().execute(_MARK, _bound(beginning=_BEGINNING))
    db().execute(_MOVE, _bound(until=since))
    wake_all([Wake(CLASSING, (), clock.now())])


def seen(row: Row[Any]) -> Seen:
    """A raw hit as it is judged."""
    return Seen(row.happened_at, row.link, row.ip_hash, row.network, row.agent, row.is_head, row.is_prefetch)


def sweep() -> list[Wake]:
    """When something that came is to be classed, for the agenda."""
    since = db().scalar(
        text("SELECT classed_until FROM hit_mark WHERE organization_id = :organization_id"), _bound()
    )
    oldest = db().scalar(_OLDEST, _bound(since=since or _BEGINNING))
    return [Wake(CLASSING, (), oldest + SETTLED)] if oldest else []


def prepare_months() -> None:
    """Make the partitions of this month and the next three, and forget what is older than 13 months, as the owner, for
    the whole installation."""
    with engine().begin() as connection:
        connection.execute(_PREPARE, {"today": clock.now().date()})
    with engine().begin() as connection:
        connection.execute(_FORGET)


Counted = tuple[Row[Any], int, Counter[Class], datetime | None, datetime]


def _counted(message: Row[Any], rows: Sequence[Row[Any]]) -> list[Counted]:
    """For each link of a message that was hit: how often by whom, the first human hit and the last of all."""
    classes: dict[int, Counter[Class]] = defaultdict(Counter)
    first: dict[int, datetime] = {}
    last: dict[int, datetime] = {}
    for row, found in zip(rows, judged([seen(row) for row in rows], message.sent_at), strict=True):
        classes[row.link][found] += 1
        last[row.link] = row.happened_at
        if found == "human":
            first.setdefault(row.link, row.happened_at)
    return [(message, link, counter, first.get(link), last[link]) for link, counter in classes.items()]


def _counting(counts: Sequence[Counted]) -> dict[str, Any]:
    return _bound(
        now=clock.now(),
        messages=uuid_array(message.id for message, *_ in counts),
        links=integer_array(link for _, link, *_ in counts),
        streams=uuid_array(message.stream_id for message, *_ in counts),
        nodes=uuid_array(message.node_id for message, *_ in counts),
        human=integer_array(counter["human"] for _, _, counter, *_ in counts),
        machine=integer_array(counter["machine"] for _, _, counter, *_ in counts),
        unknown=integer_array(counter["unknown"] for _, _, counter, *_ in counts),
        first_human=[first for *_, first, _ in counts],
        last=[last for *_, last in counts],
    )


def _tell(news: Sequence[Row[Any]], messages: Mapping[UUID, Row[Any]]) -> None:
    opened = [_fact(row, messages) for row in news if row.link == PIXEL]
    clicked = [_fact(row, messages) | {"facts": {"link": row.link}} for row in news if row.link != PIXEL]
    publish_all("message.opened", opened)
    publish_all("message.clicked", clicked)
    for conversation_id in {messages[row.message_id].conversation_id for row in news}:
        live.announce(f"conversation:{conversation_id}")


def _tell_fetched(news: Sequence[Row[Any]], messages: Mapping[UUID, Row[Any]]) -> None:
    """message.fetched: a picture or a link that something fetched before any person did, once, with what it seemed to be."""
    facts = [
        ids_of(
            messages[row.message_id],
            what=f"{'opened' if row.link == PIXEL else 'clicked'} by {'something' if row.unknown else 'a machine'}",
        )
        | {"happened_at": row.last_at}
        for row in news
    ]
    publish_all("message.fetched", facts)


def _fact(row: Row[Any], messages: Mapping[UUID, Row[Any]]) -> dict[str, Any]:
    return ids_of(messages[row.message_id]) | {"happened_at": row.first_human_at}


def _bound(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **more}
