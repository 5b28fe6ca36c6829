"""Gates, reasons and outcomes of a simulation, said of many."""

from __future__ import annotations

from loumass.campaigns.reasons import left_words

_HELD = {
    "daily_cap": "{sender} has used its messages of the day",
    "segments": "The brand of {sender} has used its segments of the day",
    "channel_resting": "{sender} keeps its pace",
    "day_off": "A day off, on which {sender} rests",
    "window": "Outside of the sending window of {sender}",
    "quiet_hours": "Night where they live",
    "frequency": "They got enough for a day or a week",
    "paused_by_them": "They are spared for a while",
    "opt_out_proposed": "They may have asked us to stop, and somebody must decide",
    "domain_braked": "Their mail server sends too much back",
    "channel_paused": "{sender} is paused",
    "channel_disconnected": "{sender} is disconnected",
}
_SKIPPED = {
    "no_email": "No e-mail address",
    "no_phone": "No phone number",
    "invalid": "The e-mail address is invalid",
    "no_voice_consent": "No consent to a synthetic voice",
    "suppressed": "On the suppression list",
    "no_consent": "No consent",
    "topic_refused": "They do not want the topic",
}
_ON_HOLD = {
    "in_doubt": "A send in doubt waits to be settled",
    "no_event": "The campaign has no event date",
    "no_channel": "No sender is chosen for this step",
    "unreadable": "The settings or words of this step make no sense",
    "opt_out_proposed": "They may have asked us to stop, and somebody must decide",
    "by_hand": "Held by a colleague",
    "elsewhere": "They stand at a step that this funnel does not have any more",
}
_ENDED = {
    "finished": "Reached the end",
    "replied": "Replied",
    "bounced": "Undeliverable",
    "deleted": "Deleted",
}


def held_words(gate: str, sender: str) -> str:
    """Why messages wait."""
    return _HELD.get(gate, gate.replace("_", " ")).format(sender=sender)


def skipped_words(reason: str) -> str:
    """Why somebody gets no message."""
    return _SKIPPED.get(reason, reason.replace("_", " ").capitalize())


def on_hold_words(reason: str) -> str:
    """Why somebody stays until a person decides."""
    return _ON_HOLD.get(reason, reason.replace("_", " ").capitalize())


def ended_words(reason: str) -> str:
    """How people leave; a funnel's own reasons are words already."""
    words = _ENDED.get(reason) or left_words(reason)
    return f"{words[:1].upper()}{words[1:]}"
