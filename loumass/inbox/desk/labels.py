"""Labels: words in a colour of ours, on all conversations of whoever stands in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.inbox.desk.models import COLOURS, ConversationLabel, Label

MOST = 100
LONGEST = 40


def labels() -> Sequence[Label]:
    """All of the organization's, by name."""
    return db().scalars(select(Label).order_by(Label.name_key)).all()


def create(name: str, colour: str) -> Label:
    """A new label. Raises Refused for a name that is empty, too long or taken, and for one too many."""
    name = _name(name)
    if len(labels()) >= MOST:
        raise Refused(f"{MOST} labels are the most. Remove one first; nothing was changed.")
    _refuse_taken(name)
    label = Label(name=name, name_key=name.casefold(), colour=_colour(colour))
    db().add(label)
    db().flush()
    return label


def change(label_id: UUID, name: str, colour: str) -> Label:
    """Another name or colour; it stays where it is. Raises NotFound, Refused."""
    label, name = get_or_404(Label, label_id), _name(name)
    _refuse_taken(name, label.id)
    label.name, label.name_key, label.colour = name, name.casefold(), _colour(colour)
    announce("inbox")
    return label


def remove(label_id: UUID) -> Label:
    """Off every conversation, and gone. Raises NotFound."""
    label = get_or_404(Label, label_id)
    db().execute(delete(Label).where(Label.id == label.id))
    announce("inbox")
    return label


def carried_by(label_id: UUID) -> int:
    """On how many conversations it is, a thousand standing for more."""
    some = select(ConversationLabel.label_id).where(ConversationLabel.label_id == label_id).limit(1000)
    return db().scalar(select(func.count()).select_from(some.subquery())) or 0


def put(ids: Sequence[UUID], label_id: UUID) -> Label:
    """The label is on all of these conversations. Raises NotFound."""
    label = get_or_404(Label, label_id)
    rows = [
        {"organization_id": current_organization_id(), "conversation_id": one, "label_id": label.id}
        for one in ids
    ]
    if rows:
        db().execute(insert(ConversationLabel).on_conflict_do_nothing(), rows)
        announce("inbox")
    return label


def take_off(ids: Sequence[UUID], label_id: UUID) -> Label:
    """The label is on none of these conversations. Raises NotFound."""
    label = get_or_404(Label, label_id)
    db().execute(
        delete(ConversationLabel).where(
            ConversationLabel.conversation_id.in_(ids), ConversationLabel.label_id == label.id
        )
    )
    announce("inbox")
    return label


def on(ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Label]]:
    """Conversation -> its labels by name, in one statement."""
    rows = db().execute(
        select(ConversationLabel.conversation_id, Label)
        .join(Label, Label.id == ConversationLabel.label_id)
        .where(ConversationLabel.conversation_id.in_(ids))
        .order_by(Label.name_key)
    )
    found: dict[UUID, list[Label]] = {}
    for conversation_id, label in rows:
        found.setdefault(conversation_id, []).append(label)
    return found


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST:
        raise Refused(f"A label's name has between 1 and {LONGEST} letters. Nothing was changed.")
    return name


def _colour(colour: str) -> str:
    if colour not in COLOURS:
        raise Refused("Choose one of the colours. Nothing was changed.")
    return colour


def _refuse_taken(name: str, but: UUID | None = None) -> None:
    taken = db().scalar(select(Label.id).where(Label.name_key == name.casefold()))
    if taken is not None and taken != but:
        raise Refused(f"There is a label {name} already. Nothing was changed; choose another name.")
