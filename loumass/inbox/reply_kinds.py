"""What answers were taken for, as people read it: the kind, and in a sentence why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from loumass.accounts.models import User
from loumass.core.database import db
from loumass.messages import proposing
from loumass.messages.models import Message
from loumass.messages.sorting import keeping
from loumass.messages.sorting.accounts import SORTERS
from loumass.messages.sorting.kinds import KINDS, OPT_OUT, OUT_OF_OFFICE, QUESTION, UNSORTED
from loumass.messages.sorting.models import SortedReply

#: What a list is narrowed by: (word of the address, what people call it).
CHOICES: Sequence[tuple[str, str]] = (*KINDS.items(), (UNSORTED, "None of these"))


@dataclass(frozen=True, slots=True)
class Said:
    """The kind of one answer; empty where nothing says it for sure."""

    kind: str
    label: str
    why: str
    is_corrected: bool


_BEFORE = Said("", "Not sorted", "It came before answers were sorted.", is_corrected=False)


def kinds_of(messages: Sequence[Message]) -> Mapping[UUID, Said]:
    """What was found of these answers, in two statements."""
    ids = [one.id for one in messages if one.direction == "in"]
    if not ids:
        return {}
    rows = db().scalars(select(SortedReply).where(SortedReply.message_id.in_(ids))).all()
    people = {row.corrected_by_id for row in rows if row.corrected_by_id}
    asked = select(User.id, User.name).where(User.id.in_(people))
    names = {row.id: row.name for row in db().execute(asked)} if people else {}
    found = {row.message_id: _said(row, names) for row in rows}
    return {
        one.id: found.get(one.id, _BEFORE)
        for one in messages
        if one.direction == "in" and not (one.is_automatic and not (one.id in found and found[one.id].kind))
    }


def correct(message_ids: Sequence[UUID], kind: str, user_id: UUID) -> int:
    """A colleague says what these answers are; returns how many were something else. Raises Refused, NotFound.

    What is called an opt-out is asked about, and what is called something else is not any more.
    """
    changed = keeping.correct(message_ids, kind, user_id)
    proposing.on_corrected(changed, user_id)
    return len(changed)


def _said(row: SortedReply, names: Mapping[UUID, str]) -> Said:
    label = KINDS.get(row.kind, "Not sorted")
    return Said(row.kind, label, _why(row, names), row.corrected_at is not None)


def _why(row: SortedReply, names: Mapping[UUID, str]) -> str:
    if row.corrected_by_id is not None:
        who = names.get(row.corrected_by_id, "Somebody who left")
        was = f" It was taken for “{KINDS[row.first_kind]}” before." if row.first_kind in KINDS else ""
        return f"{who} said so.{was if row.first_kind != row.kind else ''}"
    waits = " Your own judge is still to be asked." if row.asks_since is not None else ""
    if row.judge in SORTERS.vendors:
        reason = row.phrase.rstrip(".") or KINDS.get(row.kind, "nothing sure")
        return f"{SORTERS.vendors[row.judge].label} says: {reason}.{waits}"
    return _words(row) + waits


def _words(row: SortedReply) -> str:
    if not row.kind:
        return "Nothing in it says for sure what it is."
    if not row.phrase:
        return "Its words said so."
    if row.kind == OUT_OF_OFFICE:
        back = f" Back on {row.back_on.day} {row.back_on:%B}." if row.back_on else ""
        return f"It says “{row.phrase}”.{back}"
    verb = {QUESTION: "They ask", OPT_OUT: "They wrote"}.get(row.kind, "They wrote")
    return f"{verb} “{row.phrase}”{'' if row.phrase.endswith('?') else '.'}"
