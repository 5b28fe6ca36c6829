"""One thing to know before a campaign starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from loumass.funnels.graph import Graph
from loumass.funnels.kinds import KINDS

Severity = Literal["error", "warning", "fact"]
#: What a medium's sender is called, and one and many of its messages.
MEDIA = {
    "email": ("mailbox", "e-mail", "e-mails"),
    "sms": ("number", "text", "texts"),
    "voicemail": ("caller ID", "voicemail", "voicemails"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`severity` error keeps the campaign from starting. `link` is (label, endpoint, values) of the remedy."""

    code: str
    severity: Severity
    sentence: str
    remedy: str = ""
    link: tuple[str, str, Mapping[str, Any]] | None = field(default=None, hash=False)


def media_in(graph: Graph) -> list[str]:
    """The media that the graph's steps write on, in the order people read them."""
    media = (KINDS[node.kind].medium for node in graph.nodes if node.kind in KINDS)
    return list(dict.fromkeys(medium for medium in media if medium))
