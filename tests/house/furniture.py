"""What stands in a furnished house, by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

#: What the admin's authenticator was given, and nobody confirmed yet.
SECOND_FACTOR = b"twenty bytes, exactly"[:20]
MARK = "Zanzibar"  # stands in every name: it must never show up on a page of Globex


@dataclass
class Furniture:
    """The ids of what stands in the house, by name."""

    ids: dict[str, UUID] = field(default_factory=dict)

    def __getattr__(self, name: str) -> UUID:
        try:
            return self.ids[name]
        except KeyError:
            raise AttributeError(name) from None
