"""Searching the inbox by person, address or subject: prefixes as ranges, which policies leave fast."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.messages.models import Conversation

#: More than anybody scrolls through; a longer search text narrows it.
_MOST = 500
_FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """Whom and what a search came upon."""

    contact_ids: tuple[UUID, ...]
    conversation_ids: tuple[UUID, ...]


def search(words: str) -> Found:
    """People whose name, company, address or number begins with `words`, and conversations by address or subject."""
    wanted = " ".join(words.split()).lower()[:200]
    people = select(Contact.id).where(or_(*_of_person(wanted))).limit(_MOST)
    talks = select(Conversation.id).where(or_(*_of_conversation(wanted))).limit(_MOST)
    return Found(tuple(db().scalars(people)), tuple(db().scalars(talks)))


def _of_person(wanted: str) -> list[ColumnElement[bool]]:
    conditions = [
        begins(Contact.name_key, wanted),
        begins(Contact.last_name_key, wanted),
        begins(Contact.company_key, wanted),
        begins(Contact.email_key, wanted),
    ]
    digits = re.sub(r"\D", "", wanted)
    if len(digits) >= _FEWEST_DIGITS:
        conditions.append(begins(Contact.phone_last_ten, digits[1:] if len(digits) == 11 else digits[-10:]))
    return conditions


def _of_conversation(wanted: str) -> list[ColumnElement[bool]]:
    conditions = [begins(Conversation.counterpart, wanted), begins(Conversation.subject_key, wanted)]
    digits = re.sub(r"\D", "", wanted)
    if len(digits) >= _FEWEST_DIGITS:
        conditions.append(begins(Conversation.counterpart, f"+{digits}"))
        conditions.append(begins(Conversation.counterpart, f"+1{digits}"))
    return conditions


def begins(column: Any, beginning: str) -> ColumnElement[bool]:
    """`column` (C collation) begins with `beginning`, said as a range."""
    return and_(column >= beginning, column < beginning + "\U0010ffff")
