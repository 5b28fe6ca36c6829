"""What others ask of calls to other systems."""

from __future__ import annotations

from loumass.outgoing.addresses import LONGEST as LONGEST_URL
from loumass.outgoing.addresses import host_of, lacks
from loumass.outgoing.counting import ended_since
from loumass.outgoing.filling import COLUMNS as FILLABLE
from loumass.outgoing.filling import Fill, read_fills
from loumass.outgoing.keys import names as key_names
from loumass.outgoing.planning import COLUMNS, Errand, Subject, body_of, calls_at, plan_calls
from loumass.outgoing.sending import Answer
from loumass.outgoing.trying import call_once, key_for

__all__ = [
    "COLUMNS",
    "FILLABLE",
    "LONGEST_URL",
    "Answer",
    "Errand",
    "Fill",
    "Subject",
    "body_of",
    "call_once",
    "calls_at",
    "ended_since",
    "host_of",
    "key_for",
    "key_names",
    "lacks",
    "plan_calls",
    "read_fills",
]
