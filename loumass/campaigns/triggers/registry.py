"""The registry of triggers. A new kind is its own file and one line here."""

from __future__ import annotations

from typing import Any

from loumass.campaigns.triggers.base import TriggerKind
from loumass.campaigns.triggers.kinds.by_hand import ByHand
from loumass.campaigns.triggers.kinds.called import Called
from loumass.campaigns.triggers.kinds.commerce import CartAbandoned, OrderPlaced, OrderShipped, TicketClosed
from loumass.campaigns.triggers.kinds.date_field import DateField
from loumass.campaigns.triggers.kinds.field_changed import FieldChanged
from loumass.campaigns.triggers.kinds.outcome import Outcome
from loumass.campaigns.triggers.kinds.read_message import Clicked, Opened
from loumass.campaigns.triggers.kinds.replied import Replied
from loumass.campaigns.triggers.kinds.segment_entered import SegmentEntered
from loumass.campaigns.triggers.kinds.tag_added import TagAdded

TRIGGERS: dict[str, TriggerKind[Any]] = {
    kind.name: kind
    for kind in (
        ByHand(),
        TagAdded(),
        SegmentEntered(),
        FieldChanged(),
        DateField(),
        Called(),
        Replied(),
        Opened(),
        Clicked(),
        Outcome(),
        OrderPlaced(),
        CartAbandoned(),
        OrderShipped(),
        TicketClosed(),
    )
}
