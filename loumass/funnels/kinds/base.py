"""What a node kind is: its settings, its ways out, its step for one person and for many, its words."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.funnels.decisions import NEXT, Decision
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.settings import Settings
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import NOTHING_ASKED, Answers, known_of
from loumass.funnels.walking.verdict import Verdict
from loumass.funnels.walking.walker import Walker

C = TypeVar("C", bound=Settings)


@dataclass(frozen=True, slots=True)
class Branch:
    """A way out that a step offers. One that is not required may stay undrawn."""

    name: str
    label: str
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Names:
    """What ids and keys are called: contents (their subject or first words), steps by key, and what was chosen from a
    list (people, campaigns), by id."""

    contents: Mapping[UUID, str] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a step's settings, and what mends it."""

    code: str
    sentence: str
    remedy: str


class Kind(ABC, Generic[C]):
    """One node kind. Instances hold no state; the registry keeps one of each.

    ``tone`` is the colour family of its icon: blue sends, amber waits, teal decides, green does, violet asks somebody else to,
    gray ends.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str]  # a Tabler icon
    tone: ClassVar[str]
    group: ClassVar[str]
    hint: ClassVar[str]
    medium: ClassVar[str | None] = None
    #: Whether it is asked of everybody in the campaign, wherever they stand, so that no way need lead to it.
    is_everywhere: ClassVar[bool] = False
    #: Whether it changes what a later step, or a goal, may ask of the person.
    changes_people: ClassVar[bool] = False
    #: The template of what its page offers beside the settings, such as a test.
    panel: ClassVar[str] = ""
    Config: type[C]

    def read(self, node: Node) -> C:
        """The settings of ``node``. Raises pydantic's ValidationError when they cannot be read."""
        return self.Config.model_validate(node.config)

    @abstractmethod
    def decide(self, node: Node, config: C, facts: Facts, now: datetime) -> Decision:
        """The pure step: what one person does here."""

    def look_up(self, ground: Ground, node: Node, config: C, walkers: Sequence[Walker]) -> Answers:
        """What `decide` looks at beyond what came with the claim, for all of them, in one statement."""
        return NOTHING_ASKED

    def advance(self, ground: Ground, node: Node, config: C, walkers: Sequence[Walker]) -> Verdict:
        """The same step for everybody who stands here, in a number of statements that does not grow with them.

        As it is written here: the pure step, once for all who are alike. A kind that does something does it for all of them
        and says where they go. Raises ValueError for settings that make no sense: they are held, visibly.
        """
        verdict = Verdict()
        for facts, alike in known_of(ground, walkers, self.look_up(ground, node, config, walkers)):
            verdict.take(alike, self.decide(node, config, facts, ground.now))
        return verdict

    def let_go(self, enrollment_ids: Sequence[UUID]) -> None:
        """What this kind still holds for enrollments that ended, or were moved elsewhere, is given up in the same
        transaction."""

    @abstractmethod
    def describe(self, node: Node, config: C, names: Names) -> str:
        """The settings in words, without a full stop."""

    def figures(self, node: Node, config: C) -> list[str]:
        """Sentences about what came of this step so far in a campaign that runs, for kinds that count something."""
        return []

    def example(self, config: C, now: datetime, zone: ZoneInfo, days_off: Mapping[date, str]) -> str:
        """The settings told with a real date, for somebody in ``zone`` who comes here ``now``; or nothing. ``days_off`` are
        the organization's, for a step that skips them."""
        return ""

    def branches(self, config: C) -> tuple[Branch, ...]:
        """The ways out, in the order they are drawn."""
        return (Branch(NEXT, "next"),)

    def breaks_loops(self, config: C, branch: str) -> bool:
        """Whether leaving by ``branch`` always takes time, or can happen once only, however often one comes by."""
        return False

    def looks_for_reply(self, config: C) -> bool:
        """Whether this step tells those who replied from the others."""
        return False

    def skips_days_off(self, config: C) -> bool:
        """Whether this step looks at the organization's days off."""
        return False

    def needs_event(self, config: C) -> bool:
        """Whether this step counts from the campaign's event."""
        return False

    def turns_at(self, config: C, event_at: datetime) -> frozenset[datetime]:
        """For a kind that is asked of everybody: the moments from which on time alone may give another answer."""
        return frozenset()

    def steps_named(self, config: C) -> frozenset[str]:
        """The keys of other steps that the settings name."""
        return frozenset()

    def rules_asked(self, config: C) -> tuple[dict[str, Any], ...]:
        """The rules that the settings hold, as they are kept."""
        return ()

    def fields_named(self, config: C) -> frozenset[str]:
        """The contact's fields that the settings ask for."""
        return frozenset()

    def flaws(self, config: C) -> Iterable[Flaw]:
        """What is wrong with settings that can be read, seen by themselves."""
        return ()
