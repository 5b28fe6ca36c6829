"""Changes of what runs: a draft begun, reviewed in people, applied or discarded; taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from flask import g
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.campaigns.api.blueprint import api
from loumass.campaigns.changing import choices, drafts
from loumass.campaigns.changing.applying import apply, review_of_draft, review_of_undoing, undo
from loumass.campaigns.changing.history import Running, compared, running_template, versions_of
from loumass.campaigns.changing.reviewing import Review
from loumass.campaigns.models import Campaign, CampaignChange
from loumass.campaigns.under_way import progress_of
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import WHOLE, Done, Id, ListOut, PageOut, PageQuery, listed, paged
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.tenancy import get_or_404
from loumass.funnels.api_models import ComparisonOut
from loumass.funnels.models import Graph, Template

ONE = "/campaigns/<uuid:campaign_id>"


class VersionOut(ApiModel):
    """A version of the funnel, and how many people finish on it."""

    number: int
    graph_id: UUID
    since: datetime | None
    summary: str
    is_newest: bool
    finishing: int


class BeginBody(ApiModel):
    """From the funnel as it is, or from a version of the campaign or of its template."""

    from_graph_id: Id | None = None


class ConcernOut(ApiModel):
    """People whom a change finds somewhere: on a step that goes (`removed`), waiting where the waiting changes (`waits`), past a new
    step (`too_late`), before a step that they had (`again`), with queued messages in the old words (`old_words`: messages).
    """

    what: str
    step_id: UUID
    step: str
    count: int


class CompareQuery(ApiModel):
    """Two versions by their numbers."""

    before: Annotated[int, Field(ge=1, le=100_000), WHOLE]
    after: Annotated[int, Field(ge=1, le=100_000), WHOLE]


class RunningOut(ApiModel):
    """A campaign of a template: which version it runs (null: nobody knows), and whether it was changed in its own way since."""

    id: UUID
    name: str
    state: str
    version: int | None
    is_changed: bool
    has_draft: bool


class DraftOut(ApiModel):
    """A draft of change. Its steps are `GET /funnels/{graph_id}`; what it means to the people inside stands beside."""

    graph_id: UUID
    made_at: datetime
    is_outdated: bool
    summary: str
    people_inside: int
    stops: list[str]
    concerns: list[ConcernOut]


class UndoingOut(ApiModel):
    """The latest change, and what taking it back does to people."""

    number: int | None
    summary: str
    people_inside: int
    stops: list[str]
    concerns: list[ConcernOut]


class ApplyBody(ApiModel):
    """What becomes of people, by step (docs/changing.md): `removed-<step>`, `target-<step>`, `wait-<step>`,
    `hours-<step>`, `queued-<step>`, `repeat-<step>`. What nobody answers is done the safe way."""

    choices: Annotated[
        dict[
            Annotated[str, Field(max_length=60, pattern=r"^[a-z]+-[0-9a-f-]{36}$")],
            Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9_-]*$")],
        ],
        Field(default_factory=dict, max_length=1_000),
    ]


class AppliedOut(ApiModel):
    """The version that people walk now, and what became of them so far: of many, `GET .../change/progress` tells when it is done."""

    number: int | None
    people: dict[str, int]


class ProgressOut(ApiModel):
    """How many of how many people were carried over by a change that is being applied or taken back."""

    is_under_way: bool
    done: int
    whole: int
    sentence: str


class UndoBody(ApiModel):
    """Which version is taken back: the latest."""

    number: Annotated[int, Field(ge=1, le=100_000), WHOLE]


@endpoint(api, "GET", f"{ONE}/versions", answers=ListOut[VersionOut])
@requires("campaigns.read")
def list_versions(campaign_id: UUID) -> ListOut[VersionOut]:
    """Every version of the campaign's funnel, the latest first."""
    names = VersionOut.model_fields
    found = versions_of(get_or_404(Campaign, campaign_id))
    return listed(found, lambda one: VersionOut(**{name: getattr(one, name) for name in names}))


@endpoint(api, "POST", f"{ONE}/change", takes=BeginBody, answers=DraftOut, status=201)
@requires("campaigns.write")
def begin_change(campaign_id: UUID, body: BeginBody) -> DraftOut:
    """Begin a draft of change. Nobody notices anything before it is applied."""
    campaign = get_or_404(Campaign, campaign_id)
    from_id = _version(campaign, body.from_graph_id) if body.from_graph_id else None
    drafts.begin(campaign_id, g.user.id, from_id)
    return _draft(campaign)


@endpoint(api, "GET", f"{ONE}/change", answers=DraftOut)
@requires("campaigns.read")
def review_change(campaign_id: UUID) -> DraftOut:
    """The draft, and what applying it would do."""
    return _draft(get_or_404(Campaign, campaign_id))


@endpoint(api, "POST", f"{ONE}/change/apply", takes=ApplyBody, answers=AppliedOut)
@requires("campaigns.launch")
def apply_change(campaign_id: UUID, body: ApplyBody) -> AppliedOut:
    """Apply it, with what was chosen for the people."""
    get_or_404(Campaign, campaign_id)
    done = apply(campaign_id, choices.read_choices(body.choices), g.user.id)
    return AppliedOut(number=done.number, people=done.people)


@endpoint(api, "POST", f"{ONE}/change/base", answers=DraftOut)
@requires("campaigns.write")
def carry_on_change(campaign_id: UUID) -> DraftOut:
    """Hold the draft against the campaign as it is now."""
    drafts.go_on(campaign_id)
    return _draft(get_or_404(Campaign, campaign_id))


@endpoint(api, "DELETE", f"{ONE}/change", answers=Done)
@requires("campaigns.write")
def discard_change(campaign_id: UUID) -> Done:
    """Nothing comes of the draft."""
    drafts.discard(campaign_id)
    return Done(done="The draft of change is discarded.", count=1)


@endpoint(api, "GET", f"{ONE}/change/progress", answers=ProgressOut)
@requires("campaigns.read")
def change_progress(campaign_id: UUID) -> ProgressOut:
    """How far the change has come that is being applied; meanwhile nothing else of the campaign can be changed."""
    progress = progress_of(get_or_404(Campaign, campaign_id))
    if progress is None:
        return ProgressOut(is_under_way=False, done=0, whole=0, sentence="No change is being applied.")
    return ProgressOut(
        is_under_way=True, done=progress.done, whole=progress.whole, sentence=f"{progress.sentence}."
    )


@endpoint(api, "POST", f"{ONE}/versions/undo", takes=UndoBody, answers=AppliedOut)
@requires("campaigns.launch")
def undo_change(campaign_id: UUID, body: UndoBody) -> AppliedOut:
    """Take the latest change back."""
    get_or_404(Campaign, campaign_id)
    done = undo(campaign_id, body.number, g.user.id)
    return AppliedOut(number=done.number, people=done.people)


@endpoint(api, "GET", f"{ONE}/versions/undo", answers=UndoingOut)
@requires("campaigns.read")
def review_undoing(campaign_id: UUID) -> UndoingOut:
    """What taking the latest change back would do."""
    last, review = review_of_undoing(get_or_404(Campaign, campaign_id))
    return UndoingOut(
        number=last.number,
        summary=review.proposal.comparison.sentence,
        people_inside=review.inside,
        stops=list(review.stops),
        concerns=_concerns(review),
    )


@endpoint(api, "GET", f"{ONE}/versions/compare", asks=CompareQuery, answers=ComparisonOut)
@requires("campaigns.read")
def compare_versions(campaign_id: UUID, query: CompareQuery) -> ComparisonOut:
    """What is different between two versions."""
    return ComparisonOut.of(compared(get_or_404(Campaign, campaign_id), query.before, query.after))


@endpoint(api, "GET", "/templates/<uuid:template_id>/campaigns", asks=PageQuery, answers=PageOut[RunningOut])
@requires("campaigns.read")
def list_running(template_id: UUID, query: PageQuery) -> PageOut[RunningOut]:
    """The campaigns of a template, and which version each runs."""
    template = get_or_404(Template, template_id)

    def told(one: Running) -> RunningOut:
        return RunningOut(
            id=one.campaign.id,
            name=one.campaign.name,
            state=one.campaign.state,
            version=one.number,
            is_changed=one.is_changed,
            has_draft=one.has_draft,
        )

    return paged(running_template(template, query.cursor, query.limit), told)


def _draft(campaign: Campaign) -> DraftOut:
    change = drafts.open_change(campaign.id)
    if change is None:
        raise Conflict(f"There is no draft of change for {campaign.name}.")
    review = review_of_draft(campaign, change)
    return DraftOut(
        graph_id=change.graph_id,
        made_at=change.made_at,
        is_outdated=drafts.is_outdated(campaign, change),
        summary=review.proposal.comparison.sentence,
        people_inside=review.inside,
        stops=list(review.stops),
        concerns=_concerns(review),
    )


def _concerns(review: Review) -> list[ConcernOut]:
    found = [("removed", one.node, one.people) for one in review.removed]
    found += [("waits", one.node, one.times.waiting) for one in review.waits]
    found += [("too_late", one.node, one.people) for one in review.too_late]
    found += [("again", one.node, one.people) for one in review.again]
    found += [("old_words", one.node, one.messages) for one in review.old_words]
    return [
        ConcernOut(what=what, step_id=node.id, step=node.name, count=count) for what, node, count in found
    ]


def _version(campaign: Campaign, graph_id: UUID) -> UUID:
    """A version of the campaign's own, or of its template: others lead nowhere."""
    graph = get_or_404(Graph, graph_id)
    own = select(CampaignChange.before_graph_id).where(CampaignChange.campaign_id == campaign.id)
    is_of_template = graph.published_at is not None and graph.template_id == campaign.template_id
    if graph.id not in set(db().scalars(own)) and not (is_of_template and campaign.template_id):
        raise Refused("That version is not one of this campaign or of its template. Nothing was changed.")
    return graph.id
