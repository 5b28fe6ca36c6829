"""The two things a graph is made of. Plain values: no database, no Flask."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Node:
    """One step of a funnel.

    ``key`` is short, unique within its graph and survives cloning, so that settings and files can name
    another step by it. ``config`` is the JSON its kind's ``Config`` reads. ``content_id`` is what a
    sending step says.
    """

    id: UUID
    key: str
    kind: str
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    content_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """The way out of step ``source`` by ``branch`` into step ``target``."""

    source: UUID
    branch: str
    target: UUID
