"""Facts about a person as single quiet lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from loumass.campaigns.reasons import left_words
from loumass.events.models import Event

_MEDIA = {"email": "e-mail", "sms": "texts", "voicemail": "voicemail"}


@dataclass(frozen=True, slots=True)
class Trace:
    """What to write and which picture goes with it."""

    text: str
    icon: str


Said = Callable[[Event, str], Trace]


def _medium(event: Event) -> str:
    return _MEDIA.get(str(event.facts.get("medium") or ""), "messages")


def _ended(event: Event, campaign: str) -> Trace:
    reason = str(event.facts.get("reason") or "")
    because = left_words(reason)
    return Trace(f"Left {campaign}: {because}" if because else f"Left {campaign}", icon="route")


def _bounced(event: Event, _: str) -> Trace:
    if event.facts.get("permanent"):
        return Trace("A message came back for good", icon="mail-off")
    return Trace("A message came back for now", icon="mail-off")


#: Event kind -> (event, name of its campaign) -> trace. Kinds that are not here are told by their message.
_TRACES: Mapping[str, Said] = {
    "contact.created": lambda event, _: Trace("Became a contact", icon="user-plus"),
    "contact.merged": lambda event, _: Trace("Merged with a duplicate", icon="users"),
    "contact.unsubscribed": lambda event, _: Trace(f"Opted out of {_medium(event)}", icon="ban"),
    "contact.paused": lambda event, _: Trace(
        f"No {_medium(event)} of campaigns for a while", icon="clock-pause"
    ),
    "contact.away": lambda event, _: Trace(
        f"Out of office until {event.facts.get('back_on', 'later')}", icon="calendar-off"
    ),
    "contact.opt_out_proposed": lambda event, _: Trace("May have asked us to stop", icon="ban"),
    "contact.resubscribed": lambda event, _: Trace(f"Opted in to {_medium(event)} again", icon="check"),
    "contact.complained": lambda event, _: Trace("Called a message spam", icon="alert-triangle"),
    "enrollment.started": lambda event, campaign: Trace(f"Entered {campaign}", icon="speakerphone"),
    "enrollment.ended": _ended,
    "enrollment.forwarded": lambda event, campaign: Trace(
        f"Handed on from {campaign} to another campaign", icon="arrows-right-left"
    ),
    "enrollment.not_forwarded": lambda event, campaign: Trace(
        f"Could not be handed on from {campaign}: {event.facts.get('because', 'it takes nobody')}",
        icon="alert-triangle",
    ),
    "contact.assigned": lambda event, _: Trace(
        "Got an owner" if event.facts.get("to") else "Has no owner any more", icon="user-share"
    ),
    "enrollment.status_changed": lambda event, campaign: Trace(
        f"Status in {campaign} is now {event.facts.get('status', 'changed')}", icon="route"
    ),
    "message.bounced": _bounced,
    "message.opened": lambda event, _: Trace("Opened a message", icon="mail-opened"),
    "message.clicked": lambda event, _: Trace("Clicked a link", icon="click"),
}
KINDS = tuple(_TRACES)


def trace_of(event: Event, campaigns: Mapping[UUID, str]) -> Trace:
    """How `event` reads; `campaigns` holds the names of campaigns by id. Raises KeyError for other kinds."""
    campaign = campaigns.get(event.campaign_id, "a campaign") if event.campaign_id else "a campaign"
    return _TRACES[event.kind](event, campaign)
