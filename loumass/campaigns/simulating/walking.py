"""One person's walk from now on, with the answers that somebody chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.campaigns.simulating.reading import Only, read
from loumass.campaigns.simulating.wishes import Wish
from loumass.campaigns.simulating.words import ended_words, held_words, on_hold_words, skipped_words
from loumass.funnels.kinds import KINDS
from loumass.funnels.service import names_in
from loumass.funnels.simulating.by_hand import Diary, Note, Script, Visit

#: A way round a loop has no end.
MOST_ANSWERS, MOST_VISITS = 100, 200
#: A note that holds nobody up is left out.
_WORTH_TELLING = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One step as a page shows it: what it is, what happens there (sentence, moment), and what could be answered."""

    visit: Visit
    name: str
    icon: str
    tone: str
    words: str
    notes: list[tuple[str, Note]]
    result: str


@dataclass(frozen=True, slots=True)
class Walked:
    """The walk of somebody who lives in `zone`; `is_inside`: they are in the campaign already."""

    lines: list[Line]
    zone: ZoneInfo
    is_inside: bool
    is_cut: bool


def walk(graph_id: UUID, contact_id: UUID | None, answers: Sequence[str]) -> Walked:
    """Lead the contact (somebody invented without one) through. The transaction may only read afterwards. Raises NotFound."""
    wish = Wish(graph_id=graph_id)
    script = Script(answers, wish.assumed)
    diaries: list[Diary] = []

    def begun(home: ZoneInfo) -> Diary:
        diaries.append(Diary(home, script))
        return diaries[-1]

    ready = read(wish, keeps=begun, only=Only(contact_id, script))
    ready.simulation.run()
    visits = diaries[0].visits[:MOST_VISITS]
    names = names_in(ready.subject.graph, graph_id)
    zone = ready.zone_of_first or ready.home
    return Walked(
        [_line(one, names) for one in visits], zone, bool(ready.inside), len(diaries[0].visits) > MOST_VISITS
    )


def _line(visit: Visit, names: object) -> Line:
    stop = visit.stop
    kind = KINDS.get(stop.node.kind) if stop is not None else None
    words = ""
    if stop is not None and stop.kind is not None:
        words = stop.kind.describe(stop.node, stop.config, names)  # pyright: ignore[reportArgumentType]
    return Line(
        visit,
        stop.node.name if stop is not None else "Before the first step",
        kind.icon if kind else "help-circle",
        kind.tone if kind else "gray",
        words,
        [(_because(one), one) for one in visit.notes if _is_worth_telling(one)],
        _result(visit),
    )


def _because(note: Note) -> str:
    return held_words(note.gate, note.sender) if note.gate else note.because


def _is_worth_telling(note: Note) -> bool:
    return note.until is None or note.until - note.since > _WORTH_TELLING


def _result(visit: Visit) -> str:
    """What becomes of them here, beside a message that leaves."""
    if visit.skipped:
        return f"Nothing is sent: {skipped_words(visit.skipped).lower()}"
    if visit.left:
        return f"Leaves the campaign: {ended_words(visit.left).lower()}"
    return f"Stays here: {on_hold_words(visit.held)}" if visit.held else ""
