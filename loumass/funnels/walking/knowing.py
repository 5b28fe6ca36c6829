"""What a step looks at, for everybody who stands there: most of it came with the claim, the rest in one statement.

Who is alike in all of it is decided on together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from loumass.funnels.facts import Facts
from loumass.funnels.walking.ground import Ground, zone_or
from loumass.funnels.walking.walker import Walker


def _says_nothing(value: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Answers:
    """What one statement found, by contact or by enrollment, and what a value (None: nothing found) is as keywords of
    `Facts`."""

    values: Mapping[UUID, Any]
    as_facts: Callable[[Any], Mapping[str, Any]] = _says_nothing
    is_by_contact: bool = True

    def of(self, walker: Walker) -> Any:
        """The value found for `walker`, or None."""
        return self.values.get(walker.contact_id if self.is_by_contact else walker.id)


NOTHING_ASKED = Answers({})


def with_days_off(ground: Ground, answers: Answers = NOTHING_ASKED) -> Answers:
    """`answers`, and `Facts.days_off`, which are the same for everybody."""
    known = {"days_off": ground.days_off()}
    return replace(answers, as_facts=lambda found: {**answers.as_facts(found), **known})


def known_of(
    ground: Ground, walkers: Sequence[Walker], answers: Answers
) -> Iterator[tuple[Facts, list[UUID]]]:
    """The facts of each who differs, and the enrollments of whom exactly that is known.

    The facts carry the id of one of them: who is told apart by it cannot be decided on together.
    """
    alike: dict[Any, list[Walker]] = defaultdict(list)
    for walker in walkers:
        known = (walker.entered_at, walker.timezone, walker.status, walker.replied_at, walker.last_sent_at)
        alike[known, _hashable(answers.of(walker))].append(walker)
    for group in alike.values():
        yield facts_of(ground, group[0], answers), [walker.id for walker in group]


def facts_of(ground: Ground, walker: Walker, answers: Answers = NOTHING_ASKED, **more: Any) -> Facts:
    """What is known of one of them, and `more` of `Facts`."""
    return Facts(
        enrollment_id=walker.id,
        entered_at=walker.entered_at or ground.now,
        timezone=zone_or(walker.timezone, ground.home),
        status=walker.status,
        replied_at=walker.replied_at,
        last_sent_at=walker.last_sent_at,
        event_at=ground.event_at,
        event_timezone=zone_or(ground.event_timezone, ground.home),
        **answers.as_facts(answers.of(walker)),
        **more,
    )


def _hashable(answer: Any) -> Hashable:
    if isinstance(answer, dict):
        return tuple(sorted(answer.items()))
    return tuple(sorted(answer)) if isinstance(answer, list) else answer
