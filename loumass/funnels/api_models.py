"""What the API says of funnels, and what it takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from loumass.core.api import ApiModel
from loumass.core.api.models import WHOLE
from loumass.funnels.comparing import Comparison
from loumass.funnels.csv_format import FARTHEST

Pixels = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST, allow_inf_nan=False)]
Word = Annotated[str, Field(max_length=80)]


class BranchOut(ApiModel):
    """A way out that a step offers. One that is not required may stay undrawn."""

    name: str
    label: str
    is_required: bool


class KindOut(ApiModel):
    """A kind of step, as the palette shows it, and what a new one of it is like."""

    name: str
    label: str
    group: str
    icon: str
    tone: str
    hint: str
    medium: str | None
    words: str
    branches: list[BranchOut]


class KindsOut(ApiModel):
    """Every kind of step, in the order of the palette."""

    kinds: list[KindOut]


class StepOut(ApiModel):
    """A step with its settings in words and the ways out that it offers (none where settings cannot be read)."""

    id: UUID
    key: str
    kind: str
    kind_label: str
    name: str
    config: dict[str, Any]
    x: float | None
    y: float | None
    content_id: UUID | None
    icon: str
    tone: str
    words: str
    branches: list[BranchOut]


class WayOut(ApiModel):
    """A way out of one step into another."""

    source: UUID
    branch: str
    target: UUID


class ProblemOut(ApiModel):
    """Something wrong. Errors keep a funnel from being used, hints only tell. Without a step the whole funnel is meant."""

    code: str
    step_id: UUID | None
    sentence: str
    remedy: str
    severity: Literal["error", "hint"]


class GraphOut(ApiModel):
    """A funnel. `revision` is what a change of it must name."""

    id: UUID
    revision: int
    start: UUID | None
    entry_words: str
    may_change_steps: bool
    may_change_words: bool
    nodes: list[StepOut]
    edges: list[WayOut]
    problems: list[ProblemOut]


class StepIn(ApiModel):
    """A step as it is to be. New ones have an id that the caller made; `key` counts for those only. `content_id` is what it
    says, or what is to be copied for it: any content of the organization."""

    id: UUID
    kind: Word
    name: Annotated[str, Field(max_length=200)]
    config: Annotated[dict[str, Any], Field(default_factory=dict)]
    key: Word = ""
    x: Pixels | None = None
    y: Pixels | None = None
    content_id: UUID | None = None


class WayIn(ApiModel):
    """A way as it is to be."""

    source: UUID
    branch: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00]+$")]
    target: UUID


class GraphIn(ApiModel):
    """The whole funnel as it is to be, made from `revision`. Steps in reading order."""

    revision: Annotated[int, Field(ge=0, le=2_000_000_000), WHOLE]
    start: UUID | None
    nodes: Annotated[list[StepIn], Field(max_length=1_000)]
    edges: Annotated[list[WayIn], Field(max_length=10_000)]


class DifferenceOut(ApiModel):
    """One thing about a step, before and after: its `name`, `settings`, `words`, or where its `ways` lead."""

    what: str
    label: str
    before: str
    after: str


class StepChangeOut(ApiModel):
    """A step that is not what it was: `added`, `removed` or `changed`."""

    id: UUID
    key: str
    name: str
    verdict: str
    differences: list[DifferenceOut]


class ComparisonOut(ApiModel):
    """What is different in the second of two versions. `start`: where people begin, before and after, if elsewhere."""

    sentence: str
    start: list[str] | None
    steps: list[StepChangeOut]

    @classmethod
    def of(cls, found: Comparison) -> ComparisonOut:
        steps = [
            StepChangeOut(
                id=step.node.id,
                key=step.node.key,
                name=step.node.name,
                verdict=step.verdict,
                differences=[
                    DifferenceOut(what=one.what, label=one.label, before=one.before, after=one.after)
                    for one in step.differences
                ],
            )
            for step in found.steps
        ]
        return cls(sentence=found.sentence, start=list(found.start) if found.start else None, steps=steps)
