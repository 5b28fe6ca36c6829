"""Why somebody waits, is held or has left, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from loumass.campaigns.models import Enrollment
from loumass.messages.service import Waiting

When = Callable[[datetime | None], str]

#: Where a gate's remedy is: what the link says, and the endpoint.
_REMEDIES = {
    "channel_disconnected": ("Reconnect", "channels.index"),
    "channel_paused": ("Open channels", "channels.index"),
    "domain_braked": ("Look", "deliverability.index"),
    "in_doubt": ("Settle", "messages.in_doubt"),
    "opt_out_proposed": ("Open inbox", "inbox.index"),
}
_GATE_ICONS = {
    "quiet_hours": "moon",
    "day_off": "calendar-off",
    "window": "clock-hour-9",
    "daily_cap": "gauge",
    "segments": "gauge",
    "frequency": "hourglass",
    "channel_disconnected": "plug-x",
    "channel_paused": "player-pause",
    "campaign_paused": "player-pause",
    "channel_resting": "clock-pause",
    "domain_braked": "hourglass",
    "opt_out_proposed": "ban",
    "paused_by_them": "clock-pause",
    "away": "calendar-off",
}
#: How one person ended.
_ENDED_WORDS = {
    "finished": "Came to the end",
    "goal": "Reached the goal",
    "bounced": "The address bounced",
    "opted_out": "Opted out",
    "by_hand": "Taken out",
    "cancelled": "The campaign was cancelled",
    "past_due": "Past due after a pause, so it ended",
    "colleague": "A colleague at the same company replied",
    "step_removed": "Their step was taken out",
    "deleted": "The person was deleted",
    "erased": "The person was erased",
    "merged": "Merged with somebody who is inside",
}
_ENDED_ICONS = {
    "goal": "target-arrow",
    "bounced": "mail-off",
    "opted_out": "ban",
    "by_hand": "user-minus",
    "cancelled": "ban",
    "past_due": "clock-off",
    "status": "flag",
    "colleague": "users-group",
    "step_removed": "circle-minus",
    "deleted": "user-x",
    "erased": "user-x",
    "merged": "users",
}
#: How a person left, said of many ("44 undeliverable") and of one.
LEFT_WORDS = {
    "replied": "replied",
    "finished": "reached the end",
    "goal": "reached the goal",
    "bounced": "undeliverable",
    "opted_out": "opted out",
    "by_hand": "taken out",
    "cancelled": "campaign cancelled",
    "past_due": "past due after a pause",
    "status": "reached a status that ends it",
    "colleague": "left since a colleague replied",
    "step_removed": "left as their step was taken out",
    "deleted": "deleted",
    "erased": "erased",
    "merged": "merged with somebody inside",
}


def left_words(reason: str) -> str:
    """How somebody left, said of one or many; the funnel's own reasons (an end's, a wait's) are words already."""
    return LEFT_WORDS.get(reason, reason.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Why:
    """A sentence without a full stop, its icon, and perhaps a remedy: what the link says and its endpoint."""

    sentence: str
    icon: str
    remedy: str = ""
    endpoint: str = ""
    needs_you: bool = False


def ended_because(one: Enrollment, when: When) -> Why:
    """Why they left, and when."""
    if one.reason == "replied":
        decide = ". You decide" if one.status == "Needs BDR" else ""
        return Why(
            f"Replied {when(one.replied_at or one.ended_at)}{decide}",
            icon="message-reply",
            needs_you=bool(decide),
        )
    reason = one.reason or ""
    if reason == "status":
        return Why(f"Left as {one.status} {when(one.ended_at)}".strip(), _ENDED_ICONS[reason])
    words = _ENDED_WORDS.get(reason) or left_words(reason or "left")
    sentence = f"{words[:1].upper()}{words[1:]} {when(one.ended_at)}".strip()
    return Why(sentence, _ENDED_ICONS.get(reason, "circle-check"))


def held_because(one: Enrollment, names: Mapping[str, str], when: When) -> Why:
    """Why they are on hold, and who can end it."""
    waits = one.waiting_for or {}
    if waits.get("for") == "settlement":
        remedy, endpoint = _REMEDIES["in_doubt"]
        return Why(str(waits.get("because")), "help-circle", remedy, endpoint, needs_you=True)
    if waits.get("for") == "opt_out":
        remedy, endpoint = _REMEDIES["opt_out_proposed"]
        return Why(str(waits.get("because")), "ban", remedy, endpoint, needs_you=True)
    if waits.get("for") == "person":
        by = names.get(str(waits.get("by")), "a colleague")
        since = datetime.fromisoformat(waits["since"]) if waits.get("since") else None
        return Why(f"Held by {by} {when(since)}".strip(), "hand-stop", needs_you=True)
    return Why(str(waits.get("because") or "On hold. You decide"), "hand-stop", needs_you=True)


def waits_because(gates: Sequence[Waiting]) -> Why:
    """Why a planned message has not left: the first gate that refuses it."""
    first = gates[0]
    remedy, endpoint = _REMEDIES.get(first.gate, ("", ""))
    return Why(first.sentence.rstrip("."), _GATE_ICONS.get(first.gate, "clock"), remedy, endpoint)
