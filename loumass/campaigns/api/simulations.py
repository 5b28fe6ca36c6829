"""The time machine for programs: what a funnel would do to people, and to one of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from flask import Response
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.campaigns.api.blueprint import api
from loumass.campaigns.simulating import kept
from loumass.campaigns.simulating.habits import Habits, habits_now
from loumass.campaigns.simulating.kept import Kept
from loumass.campaigns.simulating.outcomes import Outcomes, outcomes_of
from loumass.campaigns.simulating.running import begin
from loumass.campaigns.simulating.showing import Shown
from loumass.campaigns.simulating.subjects import Subject, subject_of
from loumass.campaigns.simulating.walking import MOST_ANSWERS, walk
from loumass.campaigns.simulating.walking import Line as Walk
from loumass.campaigns.simulating.wishes import LONGEST_TASK_HOURS, MOST_SAMPLE, MOST_SEED, SAMPLE, Wish
from loumass.campaigns.simulation_pages import GONE, run_or_404, senders_of, simulation_file
from loumass.contacts.models import Contact
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import PLAIN, WHOLE, Done, Id, ListOut, listed
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get_or_404

ONE = "/funnels/<uuid:graph_id>/simulations"
Share = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Key = Annotated[str, Field(min_length=1, max_length=80, pattern=PLAIN)]


class OutcomesOut(ApiModel):
    """A step that people or vendors decide: its ways with their words, and which per cent usually takes each."""

    key: str
    name: str
    ways: dict[str, str]
    usual: dict[str, int]


class UsualOut(ApiModel):
    """How people usually are, in per cent, and what usually comes of steps that people or vendors decide."""

    reply: float
    open: float
    click: float
    bounce: float
    outcomes: list[OutcomesOut]


class SourceBody(ApiModel):
    """Who would be added beside those inside: a list, everybody of a tag, or everybody."""

    kind: Literal["import", "tag", "everyone"]
    id: Id | None = None


class SimulationBody(ApiModel):
    """What is asked. Rates are per cent; what is left out is as usual. A campaign has its own people, and may take more from `source`;
    a template invents `sample` people, and asks which `channels` send, by medium. `outcomes`: step -> way -> per cent.
    """

    reply: Share | None = None
    open: Share | None = None
    click: Share | None = None
    bounce: Share | None = None
    seed: Annotated[int, Field(ge=0, le=MOST_SEED), WHOLE] = 1
    task_hours: Annotated[int, Field(ge=0, le=LONGEST_TASK_HOURS), WHOLE] = 24
    source: SourceBody | None = None
    sample: Annotated[int, Field(ge=1, le=MOST_SAMPLE), WHOLE] = SAMPLE
    channels: Annotated[dict[Literal["email", "sms", "voicemail"], Id], Field(default_factory=dict)]
    outcomes: Annotated[dict[Key, dict[Key, Share]], Field(default_factory=dict, max_length=500)]


class SimulationOut(ApiModel):
    """How far it is: of `whole` people so many are `done`; `moment`: where virtual time stands. `report` once it is done: figures of
    every step, sender and hour, and for how many a message is skipped, why.
    """

    id: UUID
    state: str
    done: int
    whole: int
    moment: datetime | None
    problem: str
    report: dict[str, Any] | None


class SkippedQuery(ApiModel):
    """Whom a step sends nothing, for one reason, as the report names them."""

    reason: Annotated[str, Field(min_length=1, max_length=60, pattern=PLAIN)]
    step: Id


class SkippedOut(ApiModel):
    """How many there are, and some of them."""

    count: int
    contact_ids: list[UUID]


class WalkQuery(ApiModel):
    """Who walks (nobody: somebody invented), and what is answered to the questions on the way, in their order."""

    contact: Id | None = None
    answer: Annotated[
        list[Annotated[str, Field(max_length=200, pattern=PLAIN)]],
        Field(default_factory=list, max_length=MOST_ANSWERS),
    ]


class QuestionOut(ApiModel):
    """What could be answered here: answer -> words. `chosen` is empty where nobody has; `taken` is what happens then."""

    number: int
    options: dict[str, str]
    chosen: str
    taken: str


class WalkedOut(ApiModel):
    """One step on the way: when, what it says, what happens, why they stay."""

    name: str
    words: str
    at: datetime
    sent_at: datetime | None
    left_at: datetime | None
    result: str
    notes: list[str]
    question: QuestionOut | None


@endpoint(api, "GET", f"{ONE}/usual", answers=UsualOut)
@requires("campaigns.read")
def usual_simulation(graph_id: UUID) -> UsualOut:
    """What a simulation takes for granted where nothing else is said."""
    habits, outcomes = habits_now(), outcomes_of(subject_of(graph_id))
    told = [
        OutcomesOut(key=one.key, name=one.name, ways=dict(one.ways), usual=dict(one.usual))
        for one in outcomes
    ]
    return UsualOut(**_rates_of(habits), outcomes=told)


@endpoint(api, "POST", ONE, takes=SimulationBody, answers=SimulationOut, status=201)
@requires("campaigns.write")
def simulate(graph_id: UUID, body: SimulationBody) -> SimulationOut:
    """Simulate: at once, or by a worker when there are many. It is kept for a day. The same seed gives the same result."""
    subject = subject_of(graph_id)
    run_id = begin(_wish(subject, body), subject)
    return _told(run_id, run_or_404(graph_id, run_id))


@endpoint(api, "GET", f"{ONE}/<uuid:run_id>", answers=SimulationOut)
@requires("campaigns.read")
def read_simulation(graph_id: UUID, run_id: UUID) -> SimulationOut:
    """How far it is, or what comes of it."""
    subject_of(graph_id)
    return _told(run_id, run_or_404(graph_id, run_id))


@endpoint(api, "POST", f"{ONE}/<uuid:run_id>/cancel", answers=Done)
@requires("campaigns.write")
def cancel_simulation(graph_id: UUID, run_id: UUID) -> Done:
    """Nobody wants it any more."""
    subject_of(graph_id)
    run_or_404(graph_id, run_id)
    kept.ask_to_stop(run_id)
    return Done(done="It stops soon.", count=1)


@endpoint(api, "GET", f"{ONE}/<uuid:run_id>/messages.csv", gives="text/csv")
@requires("campaigns.read")
def export_simulation(graph_id: UUID, run_id: UUID) -> Response:
    """Messages per hour and sender, as a file."""
    subject_of(graph_id)
    return simulation_file(graph_id, run_id)


@endpoint(api, "GET", f"{ONE}/<uuid:run_id>/skipped", asks=SkippedQuery, answers=SkippedOut)
@requires("contacts.read")
def list_skipped(graph_id: UUID, run_id: UUID, query: SkippedQuery) -> SkippedOut:
    """Who gets no message at a step, for one reason."""
    subject_of(graph_id)
    report = run_or_404(graph_id, run_id).report
    if report is None:
        raise NotFound(GONE)
    count, ids = Shown(report).skipped_people(query.reason, str(query.step))
    return SkippedOut(count=count, contact_ids=[UUID(one) for one in ids])


@endpoint(api, "GET", "/funnels/<uuid:graph_id>/walk", asks=WalkQuery, answers=ListOut[WalkedOut])
@requires("contacts.read")
def walk_person(graph_id: UUID, query: WalkQuery) -> ListOut[WalkedOut]:
    """Every step that somebody would take from now on."""
    subject = subject_of(graph_id)
    if subject.campaign is not None and query.contact is None:
        raise Refused("Say which `contact` walks: a campaign has people of its own.")
    asks = query.contact if subject.campaign is not None else None
    contact = get_or_404(Contact, asks) if asks else None
    found = walk(graph_id, contact.id if contact else None, query.answer)
    return listed(found.lines, _walked)


def _wish(subject: Subject, body: SimulationBody) -> Wish:
    usual, given = _rates_of(habits_now()), body.model_dump()
    rates: dict[str, Any] = {
        name: (usual[name] if given[name] is None else given[name]) / 100 for name in usual
    }
    return Wish(
        graph_id=subject.graph_id,
        seed=body.seed,
        task_hours=body.task_hours,
        task_ways={one.key: _shares(one, body.outcomes.get(one.key)) for one in outcomes_of(subject)},
        source=_source(subject, body),
        sample=body.sample,
        channels=_channels(subject, body),
        **rates,
    )


def _rates_of(habits: Habits) -> dict[str, float]:
    return {name: getattr(habits, name) for name in ("reply", "open", "click", "bounce")}


def _shares(step: Outcomes, said: Mapping[str, float] | None) -> dict[str, float]:
    if not said:
        return step.shares
    if set(said) - set(step.ways) or abs(sum(said.values()) - 100) >= 1:
        raise Refused(
            f"The outcomes of {step.name} are {', '.join(step.ways)}, and add up to 100. Nothing was simulated."
        )
    return {way: per_cent / 100 for way, per_cent in said.items() if per_cent}


def _source(subject: Subject, body: SimulationBody) -> dict[str, str]:
    if body.source is None:
        return {}
    if subject.campaign is None:
        raise Refused(
            "A template has nobody inside, and takes nobody in: say `sample`. Nothing was simulated."
        )
    if (body.source.id is None) != (body.source.kind == "everyone"):
        raise Refused("Say `id` of the import or the tag; everybody has none. Nothing was simulated.")
    return {body.source.kind: str(body.source.id or "")}


def _channels(subject: Subject, body: SimulationBody) -> dict[str, str]:
    """By medium that a template writes on, who sends: what was said, else the first there is."""
    if subject.campaign is not None:
        return {}
    offered = {medium: [one for one, _ in found] for medium, found in senders_of(subject).items()}
    chosen = {medium: str(one) for medium, one in body.channels.items()}
    if any(one not in offered.get(medium, ()) for medium, one in chosen.items()):
        raise NotFound(
            "One of the channels is not here, or the template does not write on it. Nothing was simulated."
        )
    return {medium: found[0] for medium, found in offered.items() if found} | chosen


def _told(run_id: UUID, found: Kept) -> SimulationOut:
    report = found.report
    if report is not None:
        # Who they are is told by `skipped`, to whoever may see people.
        report = {**report, "skipped": [list(one)[:3] for one in report["skipped"]]}
    plain = {name: getattr(found, name) for name in ("state", "done", "whole", "moment", "problem")}
    return SimulationOut(id=run_id, report=report, **plain)


def _walked(line: Walk) -> WalkedOut:
    visit, asked = line.visit, line.visit.question
    question = None
    if asked is not None:
        question = QuestionOut(
            number=asked.number, options=dict(asked.options), chosen=asked.chosen, taken=asked.taken
        )
    return WalkedOut(
        name=line.name,
        words=line.words,
        at=visit.at,
        sent_at=visit.sent_at,
        left_at=visit.left_at,
        result=line.result,
        notes=[words for words, _ in line.notes],
        question=question,
    )
