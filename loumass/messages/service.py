"""What other slices need of messages."""

from __future__ import annotations

from loumass.messages.gates_waiting import Waiting, why_wait
from loumass.messages.outbox_queueing import (
    NewMessage,
    cancel_for_stream,
    cancel_messages,
    queue_messages,
    ring_channels,
)
from loumass.messages.planned import cancel_planned
from loumass.messages.planning import Plan, plan_messages
from loumass.messages.planning_conversations import Recipient
from loumass.messages.rendering_shown import Shown, original, shown
from loumass.messages.service_streams import (
    PastDue,
    close_stream,
    open_stream,
    past_due,
    pause_stream,
    resume_stream,
)

__all__ = [
    "NewMessage",
    "PastDue",
    "Plan",
    "Recipient",
    "Shown",
    "Waiting",
    "cancel_for_stream",
    "cancel_messages",
    "cancel_planned",
    "close_stream",
    "open_stream",
    "original",
    "past_due",
    "pause_stream",
    "plan_messages",
    "queue_messages",
    "resume_stream",
    "ring_channels",
    "shown",
    "why_wait",
]
