"""What proves a line of the consent ledger: where it came from, what was said or shown, and what can be looked up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Proof:
    """`wording` is what the person was shown or said; `evidence` names a page, a message, a file and its line."""

    source: str = ""
    wording: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def said(self, source: str) -> Proof:
        """The same, from `source` where none is named yet."""
        return self if self.source else replace(self, source=source)

    def values(self) -> dict[str, Any]:
        """What statements bind."""
        evidence = json.dumps(dict(self.evidence), default=str)
        return {"source": self.source, "wording": self.wording, "evidence": evidence}


UNPROVEN = Proof()
