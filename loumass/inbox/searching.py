"""Searching the inbox: people, addresses and subjects by their beginnings, as ranges, which policies leave fast; what was
said by its words (`messages/finding`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Uuid, and_, any_, bindparam, or_, select, union

from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.finding.hits import messages_with
from loumass.messages.finding.spelling import sought
from loumass.messages.models import Conversation

#: More than anybody scrolls through; a longer search text narrows it.
MOST = 500
_FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """Whom and what a search came upon; `is_cut` when there is more than anybody reads."""

    contact_ids: tuple[UUID, ...]
    conversation_ids: tuple[UUID, ...]

    @property
    def contacts(self) -> BindParameter[Sequence[UUID]]:
        """The people as one value, for `any_`."""
        return _array(self.contact_ids)

    @property
    def is_cut(self) -> bool:
        """Whether some were left out."""
        return MOST in (len(self.contact_ids), len(self.conversation_ids))

    def conditions(self, c: Any) -> ColumnElement[bool]:
        """What a conversation `c` must fulfil to be among them."""
        return or_(
            c.contact_id == any_(_array(self.contact_ids)), c.id == any_(_array(self.conversation_ids))
        )


def search(words: str) -> Found:
    """People whose name, company, address or number begins with `words`, and conversations by address, by subject, or by
    what was said in them."""
    wanted = " ".join(words.split()).lower()[:200]
    of_person = _of_person(wanted)
    # The indexes hold people who are not deleted; those who are, and whose words are kept, are few.
    people: list[ColumnElement[bool]] = [Contact.archived_at.is_(None) & one for one in of_person]
    people.append(Contact.archived_at.is_not(None) & or_(*of_person))
    talks = dict.fromkeys((*_ids(Conversation, _of_conversation(wanted)), *_said_in(words)))
    return Found(_ids(Contact, people), tuple(talks)[:MOST])


def _said_in(words: str) -> list[UUID]:
    """The conversations of what was said last with these words."""
    rows = messages_with(sought(words), size=MOST, columns=("id", "conversation_id")).rows
    return [row.conversation_id for row in rows if row.conversation_id is not None]


def _ids(
    model: type[Contact] | type[Conversation], conditions: list[ColumnElement[bool]]
) -> tuple[UUID, ...]:
    """One range of one index for each condition: an OR of them would read the whole table."""
    ours = model.organization_id == current_organization_id()
    ranges = [select(model.id).where(ours, condition).limit(MOST) for condition in conditions]
    return tuple(db().scalars(union(*ranges).limit(MOST)))


def _array(ids: tuple[UUID, ...]) -> BindParameter[Sequence[UUID]]:
    """One value, whatever the number: hundreds of single ones would be a new statement for each number."""
    return bindparam(None, list(ids), type_=ARRAY(Uuid()))


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
    # The index of subjects holds conversations in which something was said.
    by_subject = begins(Conversation.subject_key, wanted) & Conversation.last_message_at.is_not(None)
    conditions = [begins(Conversation.counterpart, wanted), by_subject]
    digits = re.sub(r"\D", "", wanted)
    if len(digits) >= _FEWEST_DIGITS:
        conditions.append(begins(Conversation.counterpart, f"+{digits}"))
        conditions.append(begins(Conversation.counterpart, f"+1{digits}"))
    return conditions


def begins(column: Any, beginning: str) -> ColumnElement[bool]:
    """`column` (C collation) begins with `beginning`, said as a range."""
    return and_(column >= beginning, column < beginning + "\U0010ffff")
