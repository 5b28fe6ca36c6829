"""Rows of the tables that tell one thing apart: a step, a way, a sender, a medium."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from loumass.analytics.reading import NEVER, Sum, Sums
from loumass.channels.models import Channel
from loumass.core.database import db

#: Column of the tables and files: title, kind of fact, what the list of people calls it.
COLUMNS = (
    ("Sent", "message.sent", "sent"),
    ("Opened", "message.opened", "opened"),
    ("Clicked", "message.clicked", "clicked"),
    ("Replied", "message.replied", "replied"),
    ("Bounced", "message.bounced", "bounced"),
)
MEDIA = {"email": "E-mail", "sms": "Text", "voicemail": "Voicemail"}
CLASSES = {
    "positive": "Positive",
    "question": "Question",
    "not_now": "Not now",
    "not_interested": "Not interested",
    "out_of_office": "Out of office",
    "wrong_person": "Wrong person",
    "opt_out": "Asked us to stop",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its name, where that leads, its sums, and how the list of people asks for it."""

    name: str
    sums: Sums
    href: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    @property
    def cells(self) -> list[Any]:
        """As a line of a file: how often now, and in the period before."""
        return [
            self.name,
            *(number for _, kind, _ in COLUMNS for number in (self.sums[kind].now, self.sums[kind].before)),
        ]


HEADER = [word for title, *_ in COLUMNS for word in (title, f"{title} before")]


def senders_named(ids: Iterable[str]) -> dict[str, Channel]:
    """The channels behind the parts of the slice `sender`, by id as text."""
    wanted = [UUID(one) for one in ids]
    found = db().scalars(select(Channel).where(Channel.id.in_(wanted)).order_by(Channel.name, Channel.id))
    return {str(one.id): one for one in found}


def by_medium(parts: Mapping[str, Sums], channels: Mapping[str, Channel]) -> list[Row]:
    """The same as the senders, by what they send."""
    found: dict[str, list[Sums]] = {}
    for part, sums in parts.items():
        if part in channels:
            found.setdefault(channels[part].medium, []).append(sums)
    return [Row(MEDIA[one], added(found[one]), where={"via": one}) for one in MEDIA if one in found]


def added(all_sums: Sequence[Sums]) -> Sums:
    """Sums of several parts together."""
    kinds = {kind for sums in all_sums for kind in sums.by_kind}
    return Sums(
        {
            kind: Sum(
                sum(sums[kind].now for sums in all_sums),
                sum(sums[kind].before for sums in all_sums),
                sum(sums[kind].seconds for sums in all_sums),
                sum(sums[kind].seconds_before for sums in all_sums),
            )
            for kind in kinds
        }
    )


def classes_in(parts: Mapping[str, Sums]) -> list[tuple[str, str, Sum]]:
    """(class, words, sum) of replies, the most first; classes that we have no word for are told as they are called."""
    kinds = {part: sums["message.classified"] for part, sums in parts.items()}
    rows = [
        (part, CLASSES.get(part, part.replace("_", " ").capitalize()), one)
        for part, one in kinds.items()
        if one is not NEVER
    ]
    return sorted(rows, key=lambda row: (-row[2].now, row[0]))
