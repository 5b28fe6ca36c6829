"""Whose graph it is. Templates are known here; higher slices add who else owns graphs (campaigns do)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Act:
    """A button in the head of a graph's page: a link, or (`is_post`) a form of its own."""

    label: str
    href: str
    icon: str = ""
    is_post: bool = False
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """What the editing page of a graph must know of its owner.

    ``blueprint`` is the one whose entry in the rail stands out meanwhile. ``tabs`` are ``(label, address)`` of the owner's
    pages, the graph's own among them. ``note`` says why something cannot be changed. ``dead_media`` and
    ``has_event`` are what validation is told (``validation.Surroundings``). ``badge`` says what the graph is, if it is not
    simply the owner's, and its icon; ``acts`` are what is done with it as a whole, the primary one last.
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
    badge: tuple[str, str] = ("", "")
    acts: tuple[Act, ...] = ()
    #: Where the people of a running funnel are counted and listed (``?at=<step>`` is added), and the topic of live news.
    counts_href: str = ""
    people_href: str = ""
    live_topic: str = ""
    #: How people come to the first step, as the end of a sentence, and the page where that is set; empty where nobody says.
    ways_in: tuple[str, str] = ("", "")


#: Each is asked with a graph's id and answers None for graphs that are not its own.
OWNERS: list[Callable[[UUID], Owner | None]] = []


def owner_of(graph_id: UUID) -> Owner | None:
    """The first answer, or None for a graph that nobody claims."""
    return next((owner for ask in OWNERS if (owner := ask(graph_id)) is not None), None)
