"""What a question is made of: words, settings, SQL, and where one person can be asked, the same as a pure function.

A new predicate is one class and one line in `loumass/rules.py`; pages, editor and engine learn of it there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement

from loumass.core.settings_form import Settings

S = TypeVar("S", bound=Settings)

#: `contact`: answerable of anybody. `enrollment`: needs one walk through a campaign.
Scope = Literal["contact", "enrollment"]
#: Stands for the message that started this walk, where a question names a step.
TRIGGER = "^trigger"


class NotKnown(LookupError):
    """The facts do not say: the rows must be asked (`answering`), and their answer put into `facts.answers`."""


class Known(Protocol):
    """What a pure question may look at. `funnels.facts.Facts` is one; values are as documented there.

    `answers`: what rows said to questions (and whole rules) that no fact tells, by their `key`; or the rule that stands in the
    place of one, to be asked instead.
    """

    @property
    def timezone(self) -> ZoneInfo: ...
    @property
    def fields(self) -> Mapping[str, str | None]: ...
    @property
    def tags(self) -> frozenset[str]: ...
    @property
    def bounced_at(self) -> Mapping[str, datetime]: ...
    @property
    def opted_out_at(self) -> Mapping[str, datetime]: ...
    @property
    def answers(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Reference:
    """A kind of thing that questions name: a tag, a segment, a campaign. One statement finds all that a rule names.

    `find` takes what the settings hold and returns what of it is here: value -> (id or key, what people call it).
    `offer` lists (value, words) to choose from. `missing` is said of one that is not here; empty: such a rule is
    kept all the same, and nobody fulfils it until there is one.
    """

    kind: str
    find: Callable[[Collection[str]], Mapping[str, tuple[Any, str]]]
    offer: Callable[[], Sequence[tuple[str, str]]]
    missing: str = ""


Ref = tuple[str, str]
"""(kind of reference, value as the settings hold it)."""


@dataclass(frozen=True, slots=True)
class Names:
    """What was found of all that a rule names."""

    found: Mapping[Ref, tuple[Any, str]] = field(default_factory=dict)

    def with_steps(self, steps: Mapping[str, str]) -> Names:
        """The same with the names of a funnel's steps by key."""
        return Names({**self.found, **{("step", key): (key, name) for key, name in steps.items()}})

    def id_of(self, kind: str, value: str) -> Any | None:
        """Its id, None where there is none."""
        return self.found[kind, value][0] if (kind, value) in self.found else None

    def name_of(self, kind: str, value: str) -> str:
        """What people call it; the value itself where nobody knows it, and of an id that it is gone."""
        if (kind, value) in self.found:
            return self.found[kind, value][1]
        return f"a {kind} that is gone" if _is_id(value) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One campaign, for questions about a walk through it.

    `steps_called`: the nodes known by a key, in every version that somebody walks (none: no such step). `statuses`: by
    enrollment, those that a step has just set and rows do not say yet.
    """

    campaign_id: UUID
    steps_called: Callable[[str], Sequence[UUID]]
    event_at: datetime | None = None
    statuses: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a rule is compiled for: whose rows, which moment, the organization's own timezone, what names stand for.

    `walk` is there where questions of scope `enrollment` are asked.
    """

    organization_id: UUID
    now: datetime
    home: ZoneInfo
    names: Names = field(default_factory=Names)
    walk: Walk | None = None

    @property
    def is_about_few(self) -> bool:
        """Whether people are looked up one by one, rather than everybody sifted."""
        return self.walk is not None


class Predicate(ABC, Generic[S]):
    """One question. Instances hold no state; the registry keeps one of each.

    `yes_no` are the two words a form offers for asked and turned round; None where settings say it already.
    `woken_by` names the news after which the answer may differ, as conditions wait for it (`replied`, `opened`, ...);
    without any it is asked again from time to time.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    group: ClassVar[str]
    scope: ClassVar[Scope] = "contact"
    yes_no: ClassVar[tuple[str, str] | None] = None
    woken_by: ClassVar[tuple[str, ...]] = ()
    Settings: type[S]

    @abstractmethod
    def words(self, settings: S, is_not: bool, names: Names) -> str:
        """The question in words, as part of a sentence: `tag is VIP`, `did not reply in the last 30 days`."""

    @abstractmethod
    def sql(self, settings: S, asked: Asked) -> ColumnElement[bool]:
        """The condition on `contact` (scope `enrollment`: and `enrollment`); NULL counts as no."""

    def holds(self, settings: S, facts: Any, now: datetime) -> bool:
        """The same of one person, from facts alone. Raises NotKnown where they do not say."""
        raise NotKnown(self.name)

    def is_pure(self, settings: S) -> bool:
        """Whether `holds` answers."""
        return type(self).holds is not Predicate.holds

    def is_lasting(self, settings: S) -> bool:
        """Whether `sql` says the same at every moment and whatever else there is: it counts from no day, and finds nothing by
        a name. What is compiled of it may be kept."""
        return False

    def needs(self, settings: S) -> Needs:
        """The facts that `holds` looks at."""
        return Needs()

    def refers(self, settings: S) -> Iterable[Ref]:
        """What the settings name that must be found."""
        return ()

    def flaws(self, settings: S) -> Iterable[tuple[str, str]]:
        """What settings lack that can be read, as (setting, sentence)."""
        return ()

    def needs_event(self, settings: S) -> bool:
        """Whether it counts from the campaign's event."""
        return False

    def turns_at(self, settings: S, event_at: datetime) -> frozenset[datetime]:
        """The moments from which on time alone gives another answer, for a campaign whose event is then."""
        return frozenset()

    def steps_named(self, settings: S) -> frozenset[str]:
        """The keys of steps that the settings name."""
        return frozenset()


@dataclass(frozen=True, slots=True)
class Needs:
    """Facts that a rule looks at: fields by name, steps by key (the empty one: any), whether tags and barred media; and
    the keys of questions that only rows can answer."""

    fields: frozenset[str] = frozenset()
    has_tags: bool = False
    has_barred: bool = False
    sent: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()
    clicked: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            self.fields | other.fields,
            self.has_tags or other.has_tags,
            self.has_barred or other.has_barred,
            self.sent | other.sent,
            self.opened | other.opened,
            self.clicked | other.clicked,
            self.answers | other.answers,
        )


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
