"""Who walks: what is known of each person, whether they can be reached, and where they stand. As small as it can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.contacts.rules.model import Question
from loumass.contacts.rules.predicates.origins import OwnerSettings, is_whose
from loumass.contacts.rules.predicates.values import folded
from loumass.funnels.facts import Facts, MessageOutcome
from loumass.funnels.kinds.assign import Standing
from loumass.funnels.statuses import Status

if TYPE_CHECKING:
    from loumass.funnels.simulating.posting import Post
    from loumass.funnels.simulating.stops import Stop

#: Fields that the full name is made of.
NAMES = frozenset({"first_name", "last_name"})
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: Facts that each person has for themselves.
_THEIRS = frozenset({
    "enrollment_id", "entered_at", "timezone", "status", "replied_at", "last_sent_at", "message", "own", "sent_at",
    "opened_at", "clicked_at",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reach:
    """What keeps somebody from being written to, by medium; people who are alike share one.

    `unplanned`: no message is planned for them (no address, ...), and why. `refused`: a gate ends their message, and
    which. `spared`: a gate holds it until then, or until somebody decides (None).
    """

    unplanned: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    spared: Mapping[str, tuple[str, datetime | None]] = field(default_factory=dict)


class Known:
    """The facts that walking changes by steps alone; people of whom the same is known share one.

    `own`: what a step's kind found for itself, by node id. `asked`: the questions that rows answered, by key. `statuses`: by
    key, the status of this walk that answers a question whatever rows said.
    """

    __slots__ = ("_changed", "asked", "own", "statuses", "values")

    def __init__(
        self,
        values: Mapping[str, Any],
        own: Mapping[UUID, Any] | None = None,
        asked: Mapping[str, Question] | None = None,
        statuses: Mapping[str, str] | None = None,
    ) -> None:
        self.values = {name: value for name, value in values.items() if name not in _THEIRS}
        self.own: Mapping[UUID, Any] = own or {}
        self.asked: Mapping[str, Question] = asked or {}
        self.statuses: Mapping[str, str] = statuses or {}
        #: What is known once a step changed something, shared as well.
        self._changed: dict[tuple[Any, ...], Known] = {}

    def with_tag(self, tag: str, *, has: bool) -> Known:
        """The same with or without the tag."""
        key = ("tag", tag, has)
        if key not in self._changed:
            before = frozenset(self.values.get("tags") or ())
            others = {one for one in before if one.strip().casefold() != tag.strip().casefold()}
            self._changed[key] = self._with("tags", frozenset(others | {tag} if has else others), "tag", tag)
        return self._changed[key]

    def with_field(self, name: str, value: str | None) -> Known:
        """The same with another value in a field."""
        key = ("field", name, value)
        if key not in self._changed:
            fields = {**(self.values.get("fields") or {}), name: value}
            changed = self._with("fields", fields, "field", name)
            if name in NAMES and fields.keys() >= NAMES:
                whole = f"{fields['first_name'] or ''} {fields['last_name'] or ''}".strip(" ")
                changed = changed._with("fields", {**fields, "full_name": whole}, "field", "full_name")
            self._changed[key] = changed
        return self._changed[key]

    def with_owner(self, owner_id: UUID | None) -> Known:
        """The same of somebody who belongs to a colleague, or to nobody."""
        key = ("owner", owner_id)
        if key not in self._changed:
            asked = {key: one.settings for key, one in self.asked.items()}
            says = {
                key: is_whose(one, owner_id) for key, one in asked.items() if isinstance(one, OwnerSettings)
            }
            values = {**self.values, "answers": {**self.values.get("answers", {}), **says}}
            own = {node: _owned(found, owner_id) for node, found in self.own.items()}
            self._changed[key] = Known(values, own, self.asked, self.statuses)
        return self._changed[key]

    def with_status(self, status: str) -> Mapping[str, Any]:
        """The values of somebody whose status this is."""
        if not self.statuses:
            return self.values
        theirs = {key: True for key, wanted in self.statuses.items() if wanted == status}
        return (
            {**self.values, "answers": {**self.values.get("answers", {}), **theirs}}
            if theirs
            else self.values
        )

    def _with(self, name: str, value: Any, kind: str, about: str) -> Known:
        """What rows said about it before does not count any more: the fact answers."""
        said = self.values.get("answers", {})
        stale = {key for key, one in self.asked.items() if key in said and _is_about(one, kind, about)}
        answers = {key: one for key, one in said.items() if key not in stale}
        return Known({**self.values, "answers": answers, name: value}, self.own, self.asked, self.statuses)


def _owned(found: Any, owner_id: UUID | None) -> Any:
    return replace(found, owner_id=owner_id) if isinstance(found, Standing) else found


def _is_about(question: Question, kind: str, name: str) -> bool:
    refers = question.predicate.refers(question.settings)
    is_named = any(one == kind and folded(value) == folded(name) for one, value in refers)
    return is_named and question.predicate.is_pure(question.settings)


class Did:
    """What conditions ask of somebody's messages, by step (the empty one for any), kept where a condition asks for it."""

    __slots__ = ("clicked_at", "opened_at", "sent_at")

    def __init__(self) -> None:
        self.sent_at: dict[str, datetime] = {}
        self.opened_at: dict[str, datetime] = {}
        self.clicked_at: dict[str, datetime] = {}


class Person:
    """One person on their walk. `stop` is where they stand; None before they begin, and once they left (`is_over`)."""

    __slots__ = (
        "contact_id", "did", "entered_at", "got", "id", "is_changed", "is_over", "kept", "known", "last_sent_at", "post", "reach",
        "replied_at", "status", "stop", "visits", "waits_for", "wake_at", "zone",
    )  # fmt: skip

    def __init__(self, id: UUID, contact_id: UUID, zone: ZoneInfo, known: Known, reach: Reach) -> None:  # noqa: A002  as everywhere
        self.id, self.contact_id, self.zone, self.known, self.reach = id, contact_id, zone, known, reach
        self.stop: Stop | None = None
        self.entered_at = _LONG_AGO
        self.last_sent_at: datetime | None = None
        self.replied_at: datetime | None = None
        self.status: str = Status.NO_ACTIVITY
        self.visits = 0
        #: When a decision is due; who is woken at another moment has gone on meanwhile.
        self.wake_at: datetime | None = None
        #: What they wait for, as the decision calls it; empty while they walk.
        self.waits_for = ""
        #: Whose queue holds their message.
        self.post: Post | None = None
        #: By medium, who wrote to them before; None where there is one sender only.
        self.kept: dict[str, UUID] | None = None
        #: When they were written to lately, where that is limited.
        self.got: list[datetime] | None = None
        self.did: Did | None = None
        self.is_over = False
        #: Whether a step changed what a goal may ask for, and no goal was asked since.
        self.is_changed = False

    def facts(self, message: MessageOutcome | None = None, own: Any = None) -> Facts:
        """What a step may look at; `own` is what its kind looks at for itself."""
        did = self.did
        more = {} if did is None else {name: getattr(did, name) for name in Did.__slots__}
        return Facts(
            enrollment_id=self.id,
            entered_at=self.entered_at,
            timezone=self.zone,
            status=self.status,
            replied_at=self.replied_at,
            last_sent_at=self.last_sent_at,
            message=message,
            own=own,
            **(self.known.with_status(self.status) if self.known.statuses else self.known.values),
            **more,
        )

    def notes(self) -> Did:
        """What they did, to be written down."""
        if self.did is None:
            self.did = Did()
        return self.did

    @property
    def alike(self) -> tuple[Any, ...]:
        """Who has the same of this at the same step is decided on together."""
        return (
            self.entered_at, self.last_sent_at, self.replied_at, self.status, id(self.zone), id(self.known), id(self.did),
        )  # fmt: skip


def alike_among(people: list[Person]) -> Iterable[list[Person]]:
    """Groups of those who are decided on together at a step."""
    if len(people) == 1:
        return (people,)
    found: defaultdict[tuple[object, ...], list[Person]] = defaultdict(list)
    for person in people:
        found[person.alike].append(person)
    return found.values()
