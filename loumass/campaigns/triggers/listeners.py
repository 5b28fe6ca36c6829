"""News that brings people in. Told only where a trigger that is on waits for it; one statement for each kind and batch."""

from __future__ import annotations

from collections.abc import Sequence

from loumass.campaigns.triggers.dates import look_at_changed
from loumass.campaigns.triggers.entering import enter_by
from loumass.campaigns.triggers.registry import TRIGGERS
from loumass.campaigns.triggers.wanted import wants_of
from loumass.events.models import Event
from loumass.events.service import hears, only_where

_COLUMNS = (
    "id", "kind", "contact_id", "campaign_id", "enrollment_id", "message_id", "node_id", "facts",
)  # fmt: skip


@only_where(wants_of("contact.tagged"))
@hears(*_COLUMNS)
def on_tagged(events: Sequence[Event]) -> None:
    """contact.tagged: somebody has a tag that they had not."""
    enter_by(TRIGGERS["tag_added"], events)


@only_where(wants_of("contact.changed"))
@hears(*_COLUMNS)
def on_contact_changed(events: Sequence[Event]) -> None:
    """contact.changed: a field says something else; it may hold a date."""
    enter_by(TRIGGERS["field_changed"], events)
    look_at_changed(events)


@only_where(wants_of("message.received"))
@hears(*_COLUMNS)
def on_written(events: Sequence[Event]) -> None:
    """message.received: somebody wrote."""
    enter_by(TRIGGERS["replied"], events)


@only_where(wants_of("message.opened"))
@hears(*_COLUMNS)
def on_message_opened(events: Sequence[Event]) -> None:
    """message.opened: by a person."""
    enter_by(TRIGGERS["opened"], events)


@only_where(wants_of("message.clicked"))
@hears(*_COLUMNS)
def on_link_clicked(events: Sequence[Event]) -> None:
    """message.clicked: by a person."""
    enter_by(TRIGGERS["clicked"], events)


@only_where(wants_of("enrollment.ended"))
@hears(*_COLUMNS)
def on_left(events: Sequence[Event]) -> None:
    """enrollment.ended: somebody left a campaign."""
    enter_by(TRIGGERS["outcome"], events)


@only_where(wants_of("enrollment.status_changed"))
@hears(*_COLUMNS)
def on_status_reached(events: Sequence[Event]) -> None:
    """enrollment.status_changed: somebody's status in a campaign is another one."""
    enter_by(TRIGGERS["outcome"], events)
