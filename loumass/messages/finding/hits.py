"""Messages by their words, the newest first, of those that whoever asks may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    DateTime,
    Row,
    Select,
    Text,
    TextClause,
    Uuid,
    bindparam,
    func,
    select,
    text,
    true,
)

from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.finding.spelling import Sought
from loumass.messages.models import Conversation, Message

#: Hits that are looked at for a page where many are not shown: filtered away, or somebody else's.
MOST_LOOKED_AT = 20_000
_MORE = 5
#: What a hit tells of its message.
COLUMNS = (
    "id", "conversation_id", "contact_id", "direction", "medium", "subject", "text", "reply_text", "from_name",
    "from_address", "to_address", "author_id", "occurred_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hits:
    """Some messages, the newest first; `after` leads on, also where nothing of what was looked at is shown."""

    rows: Sequence[Row[Any]]
    after: tuple[datetime, UUID] | None


def messages_with(
    wanted: Sought,
    condition: ColumnElement[bool] | None = None,
    *,
    after: tuple[datetime, UUID] | None = None,
    size: int = 40,
    columns: tuple[str, ...] = COLUMNS,
) -> Hits:
    """A page of messages in which everything that is `wanted` stands, and of whose conversation `condition` holds."""
    if not wanted:
        return Hits((), None)
    plain = _plain(len(wanted.phrases), columns) if condition is None else None
    statement = plain if plain is not None else _statement(wanted.phrases, condition, columns)
    rows: list[Row[Any]] = []
    looked, slice_size, at = 0, size + 1, after
    while True:
        bound = _bound(wanted, at, slice_size, has_condition=condition is not None)
        found = db().execute(statement, bound).all()
        rows += [row for row in found if row.id is not None]
        looked += len(found)
        if len(rows) > size:
            last = rows[size - 1]
            return Hits(rows[:size], (last.hit_at, last.hit_id))
        if len(found) < slice_size:
            return Hits(rows, None)
        at = (found[-1].hit_at, found[-1].hit_id)
        if looked >= MOST_LOOKED_AT:
            return Hits(rows, at)
        slice_size = min(slice_size * _MORE, 5_000)


@cache
def _plain(phrases: int, columns: tuple[str, ...]) -> TextClause:
    """The same as `_statement` without a condition, which most searches are: there is nothing to compose."""
    there = "folded(regexp_replace(concat_ws(' ', message.subject, message.text), '\\s+', ' ', 'g'))"
    stands = "".join(f" AND strpos({there}, CAST(:phrase_{n} AS text)) > 0" for n in range(phrases))
    return text(f"""
        SELECT hit.message_id AS hit_id, hit.occurred_at AS hit_at, said.*
        FROM find_messages(CAST(:terms AS text[]), CAST(:before AS timestamptz), CAST(:before_id AS uuid), :most) AS hit
        LEFT JOIN LATERAL (
            SELECT {", ".join(f"message.{name}" for name in columns)} FROM message
            WHERE message.organization_id = :organization_id AND message.id = hit.message_id AND message.state <> 'cancelled'{stands}
            LIMIT 1) AS said ON true
        ORDER BY hit.occurred_at DESC, hit.message_id DESC
    """)


def _statement(
    phrases: Sequence[str], condition: ColumnElement[bool] | None, columns: tuple[str, ...]
) -> Select[Any]:
    """Each hit, and its message where it may be shown. The function knows the organization; the row is under policies."""
    hit = func.find_messages(
        bindparam("terms", type_=ARRAY(Text())),
        bindparam("before", type_=DateTime(timezone=True)),
        bindparam("before_id", type_=Uuid()),
        bindparam("most"),
    ).table_valued(Column("message_id", Uuid()), Column("occurred_at", DateTime(timezone=True)), name="hit")
    said = select(*(getattr(Message, name) for name in columns)).where(
        Message.organization_id == current_organization_id(),
        Message.id == hit.c.message_id,
        Message.state != "cancelled",
    )
    for phrase in phrases:
        there = func.folded(
            func.regexp_replace(func.concat_ws(" ", Message.subject, Message.text), r"\s+", " ", "g")
        )
        said = said.where(func.strpos(there, phrase) > 0)
    if condition is not None:
        talk = select(Conversation.id).where(
            Conversation.organization_id == current_organization_id(),
            Conversation.id == Message.conversation_id,
            condition,
        )
        said = said.where(talk.exists())
    # One row, whatever the planner believes: looked up by its key.
    one = said.limit(1).lateral("said")
    return (
        select(hit.c.message_id.label("hit_id"), hit.c.occurred_at.label("hit_at"), *one.c)
        .select_from(hit.outerjoin(one, true()))
        .order_by(hit.c.occurred_at.desc(), hit.c.message_id.desc())
    )


def _bound(
    wanted: Sought, at: tuple[datetime, UUID] | None, most: int, *, has_condition: bool
) -> dict[str, Any]:
    before, before_id = at or (None, None)
    bound = {"terms": list(wanted.terms), "before": before, "before_id": before_id, "most": most}
    if has_condition:
        return bound
    phrases = {f"phrase_{n}": phrase for n, phrase in enumerate(wanted.phrases)}
    return {**bound, **phrases, "organization_id": current_organization_id()}
