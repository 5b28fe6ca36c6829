"""People by what happened to them, as facts have it: who is behind a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, tuple_
from sqlalchemy.orm import aliased

from loumass.channels.models import Channel
from loumass.contacts.listing import id_of
from loumass.contacts.models import Contact
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.messages.models import Message

#: What an address calls it -> the kind of fact, and words.
DID = {
    "sent": ("message.sent", "Were written to"),
    "failed": ("message.failed", "Could not be written to"),
    "bounced": ("message.bounced", "Bounced"),
    "opened": ("message.opened", "Opened"),
    "clicked": ("message.clicked", "Clicked"),
    "received": ("message.received", "Wrote to us"),
    "replied": ("message.replied", "Replied"),
    "classed": ("message.classified", "Replied"),
    "unsubscribed": ("contact.unsubscribed", "Unsubscribed"),
    "complained": ("contact.complained", "Complained"),
    "enrolled": ("enrollment.started", "Entered a campaign"),
    "left": ("enrollment.ended", "Left a campaign"),
    "goal": ("enrollment.reached_goal", "Reached a goal"),
    "task": ("task.done", "A task was done"),
    "written": ("", "A colleague wrote to them"),
}
_MEDIA = ("email", "sms", "voicemail")
#: What `kind` tells apart, by kind of fact.
_KIND_OF = {"message.classified": "class", "enrollment.ended": "reason"}


@dataclass(frozen=True, slots=True)
class Doing:
    """What happened to somebody, where, and between which moments. Empty and None: no matter."""

    did: str
    campaign: UUID | None = None
    step: UUID | None = None
    channel: UUID | None = None
    medium: str = ""
    colleague: UUID | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def words(self) -> str:
        """What the list says of it."""
        kind = f" ({self.kind.replace('_', ' ')})" if self.kind else ""
        return DID[self.did][1] + kind

    def condition(self) -> ColumnElement[bool]:
        """What a contact must fulfil."""
        return self._was_written_to() if self.did == "written" else self._has_fact()

    def _has_fact(self) -> ColumnElement[bool]:
        kind = DID[self.did][0]
        found = [
            Event.organization_id == current_organization_id(),
            Event.contact_id == Contact.id,
            Event.kind == kind,
        ]
        for column, wanted in (
            (Event.campaign_id, self.campaign),
            (Event.node_id, self.step),
            (Event.channel_id, self.channel),
            (Event.user_id, self.colleague),
        ):
            if wanted is not None:
                found.append(column == wanted)
        if self.medium:
            senders = select(Channel.id).where(
                Channel.organization_id == current_organization_id(), Channel.medium == self.medium
            )
            found.append(Event.channel_id.in_(senders))
        if self.kind and kind in _KIND_OF:
            found.append(Event.facts[_KIND_OF[kind]].astext == self.kind)
        if kind == "message.classified":
            found.append(_is_last())
        return self._in_time(found, Event.happened_at, Event.id)

    def _was_written_to(self) -> ColumnElement[bool]:
        found = [
            Message.organization_id == current_organization_id(),
            Message.contact_id == Contact.id,
            Message.direction == "out",
            Message.state == "sent",
            Message.author_id == self.colleague if self.colleague else Message.author_id.is_not(None),
        ]
        return self._in_time(found, Message.occurred_at, Message.id)

    def _in_time(self, found: list[ColumnElement[bool]], at: object, id_: object) -> ColumnElement[bool]:
        if self.since is not None:
            found.append(at >= self.since)  # pyright: ignore[reportOperatorIssue]  a column
        if self.until is not None:
            found.append(at < self.until)  # pyright: ignore[reportOperatorIssue]  a column
        return exists(select(id_).where(*found).correlate(Contact))  # pyright: ignore[reportCallIssue, reportArgumentType]  a column


def _is_last() -> ColumnElement[bool]:
    """A reply counts as what it was taken for last, as in figures."""
    later = aliased(Event)
    return ~exists(
        select(later.id).where(
            later.organization_id == current_organization_id(),
            later.message_id == Event.message_id,
            later.kind == "message.classified",
            tuple_(later.happened_at, later.id) > tuple_(Event.happened_at, Event.id),
        )
    )


def doing_of(query: Mapping[str, str]) -> Doing | None:
    """What a page's query asks for (`did`, `campaign`, `at`, `via`, `by`, `kind`, `since`, `until`); None where it does not."""
    did = query.get("did", "")
    if did not in DID:
        return None
    return Doing(
        did=did,
        campaign=id_of(query.get("campaign", "")),
        step=id_of(query.get("at", "")),
        channel=id_of(query.get("via", "")),
        medium=query.get("via", "") if query.get("via") in _MEDIA else "",
        colleague=id_of(query.get("by", "")),
        kind=query.get("kind", "")[:100],
        since=_moment(query.get("since", "")),
        until=_moment(query.get("until", "")),
    )


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
