"""One person led through a funnel by hand: what happens, when and why, with an answer chosen at each question.

Answers are counted: the first is of the first question that they come to, and so on. Where none was chosen they do nothing,
and what the funnel knows of them decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.funnels.decisions import Decision, Go, WaitFor, WaitUntil
from loumass.funnels.simulating import carrying
from loumass.funnels.simulating.carrying import Assumed
from loumass.funnels.simulating.chances import Fate
from loumass.funnels.simulating.ledger import Ledger
from loumass.funnels.simulating.people import Person
from loumass.funnels.simulating.posting import Post
from loumass.funnels.simulating.stops import Stop

#: Who replies does so after this.
REPLIES_AFTER = timedelta(hours=1)
NOTHING, REPLY = "nothing", "reply"


@dataclass(slots=True)
class Question:
    """What may be chosen: (answer, words). `chosen` is empty where nobody has; `taken` is what happens then."""

    number: int
    options: Sequence[tuple[str, str]]
    chosen: str = ""
    taken: str = ""


@dataclass(slots=True)
class Note:
    """Why they stay: a gate (`gate`) or the step's own words, from `since` until `until` (None: nobody knows)."""

    because: str
    since: datetime
    until: datetime | None
    gate: str = ""
    sender: str = ""


@dataclass(slots=True)
class Visit:
    """One step on the way. `way` is how they leave it, `skipped` why it sent nothing, `left` why they leave the campaign."""

    stop: Stop | None
    at: datetime
    notes: list[Note] = field(default_factory=list)
    question: Question | None = None
    sent_at: datetime | None = None
    sender: str = ""
    left_at: datetime | None = None
    way: str = ""
    skipped: str = ""
    left: str = ""
    held: str = ""


class Script:
    """Answers instead of chances: asks as they come to each question."""

    def __init__(self, answers: Sequence[str], assumed: Assumed) -> None:
        self._answers, self._assumed = list(answers), assumed
        self._asked: dict[tuple[Stop, int, str], Question] = {}
        self._stops: dict[UUID, Stop] = {}

    def question(self, stop: Stop, visit: int, what: str = "") -> Question | None:
        """What is asked at this visit of a step."""
        return self._asked.get((stop, visit, what))

    def after_sending(
        self, person_id: UUID, node_id: UUID, visit: int, medium: str, at: datetime
    ) -> Fate | None:
        """A reply that takes them out is a question of its own."""
        stop = self._stops.get(node_id)
        if stop is None or not stop.leaves_on_reply:
            return None
        asked = self._ask(stop, visit, [(NOTHING, "They do nothing"), (REPLY, "They reply")], REPLY)
        asked.taken = asked.chosen or NOTHING
        return Fate(replied_at=at + REPLIES_AFTER) if asked.chosen == REPLY else None

    def share(self, person_id: UUID, node_id: UUID, visit: int) -> float:
        """Gaps are taken for half as much longer as they may be."""
        return 0.5

    def outcome(self, person_id: UUID, node_id: UUID, visit: int) -> float:
        """What only people can tell is asked; where nobody says, it is the first."""
        return 0.0

    def comes_to(self, stop: Stop) -> None:
        """They stand here from now on."""
        self._stops[stop.node.id] = stop

    def choose(self, stop: Stop, person: Person, decision: Decision, now: datetime) -> Decision:
        """The answer that was chosen for this visit, else the step's own decision."""
        branches = stop.kind.branches(stop.config) if stop.kind is not None else ()
        is_assumed = carrying.is_assumed(stop, decision)
        if len(branches) < 2 or (stop.node.kind == "split" and not is_assumed):
            return decision
        asked = self._ask(stop, person.visits, [(one.name, one.label) for one in branches])
        chosen = asked.chosen
        if is_assumed:
            until = person.entered_at + self._assumed.after
            if until > now:
                return WaitUntil(until, "It is taken to be done by then")
            chosen = chosen or self._assumed.way(stop).branch
        elif isinstance(decision, WaitFor) and chosen in ("", "timeout"):
            return decision
        asked.taken = chosen or (decision.branch if isinstance(decision, Go) else "")
        return Go(chosen) if chosen else decision

    def _ask(self, stop: Stop, visit: int, options: Sequence[tuple[str, str]], what: str = "") -> Question:
        slot = stop, visit, what
        if slot not in self._asked:
            number = len(self._asked)
            given = self._answers[number] if number < len(self._answers) else ""
            self._asked[slot] = Question(number, options, given if given in dict(options) else "")
        return self._asked[slot]


class Diary(Ledger):
    """Writes down every step of one person."""

    def __init__(self, home: ZoneInfo, script: Script) -> None:
        super().__init__(home)
        self.visits: list[Visit] = []
        self._script = script

    def found(self, stop: Stop, person: Person, at: datetime) -> None:
        """They stand here already."""
        self._visit(stop, at)

    def arrived(self, stop: Stop, people: Sequence[Person], at: datetime) -> None:
        """They come to the step."""
        self._visit(stop, at)

    def decided(self, stop: Stop, people: Sequence[Person], decision: Decision, at: datetime) -> None:
        """The step lets them wait, and says why; or asks."""
        visit = self._here(stop, at)
        visit.question = self._script.question(stop, people[0].visits)
        if isinstance(decision, WaitUntil):
            visit.notes.append(Note(decision.because, at, decision.at))
        elif isinstance(decision, WaitFor):
            visit.notes.append(Note(decision.because, at, decision.until))

    def left(self, stop: Stop, people: Sequence[Person], outcome: str, at: datetime) -> None:
        """They go on."""
        visit = self._here(stop, at)
        visit.left_at, visit.way = at, outcome
        visit.question = visit.question or self._script.question(stop, people[0].visits, REPLY)

    def finished(self, person: Person, reason: str, at: datetime) -> None:
        """They leave the campaign."""
        if person.stop is not None:
            self._here(person.stop, at).left = reason
        else:
            self.visits.append(Visit(None, at, left=reason))
        self.visits[-1].left_at = at

    def stuck(self, stop: Stop | None, person: Person, reason: str, at: datetime) -> None:
        """They stay until a person decides."""
        visit = self._here(stop, at) if stop is not None else self._visit(None, at)
        visit.held = reason

    def skip(self, stop: Stop | None, person: Person, reason: str, at: datetime) -> None:
        """They get no message here."""
        if stop is not None:
            self._here(stop, at).skipped = reason

    def went(self, post: Post, people: Sequence[Person], at: datetime) -> None:
        """Their message leaves."""
        for person in people:
            if person.stop is not None:
                visit = self._here(person.stop, at)
                visit.sent_at, visit.sender = at, post.sender.name
                self._script.comes_to(person.stop)

    def queue(self, post: Post, change: int, at: datetime) -> None:
        """Who sends their message."""
        if change > 0 and self.visits:
            self.visits[-1].sender = post.sender.name

    def hold(self, post: Post, gate: str, count: int, since: datetime, until: datetime | None) -> None:
        """A limit holds their message."""
        if count > 0 and self.visits:
            self.visits[-1].notes.append(Note("", since, until, gate, post.sender.name))

    def _here(self, stop: Stop, at: datetime) -> Visit:
        if self.visits and self.visits[-1].stop is stop:
            return self.visits[-1]
        return self._visit(stop, at)

    def _visit(self, stop: Stop | None, at: datetime) -> Visit:
        self.visits.append(Visit(stop, at))
        return self.visits[-1]
