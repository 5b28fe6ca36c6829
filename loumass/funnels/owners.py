"""Whose graph it is. Templates are known here; higher slices add who else owns graphs (campaigns do)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Owner:
    """What the editing page of a graph must know of its owner.

    ``blueprint`` is the one whose entry in the rail stands out meanwhile. ``tabs`` are ``(label, address)`` of the owner's
    pages, the graph's own among them. ``note`` says why something cannot be changed. ``dead_media`` and
    ``has_event`` are what validation is told (``validation.Surroundings``).
    """

    name: str
    list_label: str
    list_href: str
    href: str
    blueprint: str = ""
    tabs: tuple[tuple[str, str], ...] = ()
    may_change_steps: bool = True
    may_change_words: bool = True
    note: str = ""
    dead_media: Mapping[str, str] = field(default_factory=dict)
    has_event: bool | None = None
    #: How people come to the first step, as the end of a sentence, and the page where that is set; empty where nobody says.
    ways_in: tuple[str, str] = ("", "")


#: Each is asked with a graph's id and answers None for graphs that are not its own.
OWNERS: list[Callable[[UUID], Owner | None]] = []


def owner_of(graph_id: UUID) -> Owner | None:
    """The first answer, or None for a graph that nobody claims."""
    return next((owner for ask in OWNERS if (owner := ask(graph_id)) is not None), None)
