"""People carried over by a change: all of them in the transaction of the click where they are few, else slice by slice.

Where they are many, each slice is a transaction of its own, and what was done is committed with how far it is (`work`): a worker
that is killed between any two, or in the middle of one, leaves what the next one goes on with. Nobody of the campaign advances
meanwhile (`campaign.changing_since`), and what happens to people keeps its meaning, since at any moment each stands on a step
with all its ways: those on steps that go are set onto the frozen version before the graph is changed, also whoever is moved.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from loumass.accounts.service import audit_of
from loumass.campaigns import states
from loumass.campaigns.advancing.ground import ground_of
from loumass.campaigns.advancing.sending import plan_for
from loumass.campaigns.changing import moving, people, retiming
from loumass.campaigns.changing.drafts import is_of_template
from loumass.campaigns.changing.proposal import Proposal, proposal_of
from loumass.campaigns.changing.work import ASK, DONE, LEAVE, MOVE_ON, TIME, TURN, WRITE, Work
from loumass.campaigns.goal_times import look_ahead
from loumass.campaigns.models import Campaign, CampaignChange
from loumass.campaigns.under_way import change_under_way
from loumass.campaigns.waking import announce, wake_engine
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.plans import PLANNED_FOR_MANY
from loumass.core.tenancy import get, get_or_404
from loumass.funnels.models import Graph
from loumass.funnels.replacing import take_over
from loumass.funnels.service import freeze, graph_of
from loumass.messages.rewriting import channels_waiting, rewrite_planned

CARRY_ON = "campaigns.carry_change_on"
#: So many people at most are carried over while somebody waits for the page: a second or two.
AT_ONCE = 5_000
#: So many in one transaction of the job: nothing else of the campaign waits longer than for these.
SLICE = 2_000


def carry_out(campaign: Campaign, change: CampaignChange, work: Work) -> None:
    """Do all that is to be done: now, or by a job where many people are concerned. The caller has locked the campaign."""
    change.work = work.as_json()
    if work.people > AT_ONCE:
        campaign.changing_since = clock.now()
        # Whoever is just saving the draft comes too late.
        freeze(change.graph_id)
        wake_all([Wake(CARRY_ON, (str(campaign.id),), clock.now())], is_urgent=True)
        announce([campaign.id])
        return
    while change.work is not None:
        _slice(campaign, change)


def carry_on(campaign_id: UUID) -> bool:
    """One slice of the change that is being applied, if there is one; True while more is to be done."""
    campaign = states.locked(campaign_id)
    change = change_under_way(campaign)
    if change is None:
        return False
    _slice(campaign, change)
    announce([campaign_id])
    return change.work is not None


def _slice(campaign: Campaign, change: CampaignChange) -> None:
    db().execute(PLANNED_FOR_MANY)
    work = Work.of(change.work or {})
    if not _PHASES[work.phase](campaign, change, work):
        work.go_on()
    change.work = work.as_json()
    if work.phase == DONE:
        _finish(campaign, change)
    db().flush()


def _leave(campaign: Campaign, change: CampaignChange, work: Work) -> bool:
    """Whoever stands on a step that goes leaves the campaign, or the step for its frozen copy: they finish there, or wait there
    for the step that they are moved to."""
    if ids := moving.some_at(campaign, work.ending, SLICE):
        return _count(change, work, len(ids), ended=moving.take_out(ids))
    before_id = _before(change)
    for name, nodes in (("finishing", work.finishing), ("", work.moving)):
        if ids := moving.some_at(campaign, nodes, SLICE):
            return _count(change, work, len(ids), **{name: moving.let_finish(before_id, ids, nodes)})
    return False


def _turn(campaign: Campaign, change: CampaignChange, work: Work) -> bool:
    """The graph becomes what the draft says; however many people there are, this is a matter of its steps. If somebody stands
    on a step that goes all the same, they finish on the old version first."""
    proposal = _proposal(campaign, change)
    stray = set(people.standing_at(campaign)) & proposal.match.removed
    if stray:
        work.finishing += sorted(stray - set(work.finishing))
        work.phase = LEAVE
        return True
    change.removed_graph_id = take_over(
        campaign.graph_id, change.graph_id, proposal.match, proposal.said_anew
    )
    campaign.version = change.number or campaign.version
    _note_origin(campaign, change)
    db().flush()
    return False


def _move_on(campaign: Campaign, change: CampaignChange, work: Work) -> bool:
    copies = moving.copies_of(_before(change), work.moving)
    for node_id, target in work.moving.items():
        if ids := moving.some_at(campaign, [copies[node_id]], SLICE):
            moved = moving.move_to(campaign, ids, copies[node_id], target)
            return _count(change, work, len(ids), moved=moved)
    return False


def _time(campaign: Campaign, change: CampaignChange, work: Work) -> bool:
    if not work.timing:
        return False
    graph = graph_of(campaign.graph_id)
    if work.since is None:
        # They are counted first: then each slice can give its turns without knowing the others.
        work.since = clock.now()
        work.spread = retiming.turns_to_give(campaign, graph, work)
        return True
    looked_at, moved = retiming.retime_some(campaign, graph, work, SLICE)
    return _count(change, work, looked_at, retimed=moved)


def _ask(campaign: Campaign, change: CampaignChange, work: Work) -> bool:
    if not work.timing:
        return False
    asked, moved = retiming.ask_some_anew(campaign, work, SLICE)
    return _count(change, work, asked, retimed=moved)


def _write(campaign: Campaign, change: CampaignChange, work: Work) -> bool:
    """What is queued takes its new words, step by step and sender by sender."""
    if not work.writing:
        return False
    graph = graph_of(campaign.graph_id)
    ground = ground_of(campaign, graph)
    for node_id in work.writing:
        channels = [get(Channel, one) for one in channels_waiting(campaign.id, node_id)]
        for plan in (plan_for(ground, graph.node(node_id), one) for one in channels if one):
            if plan and (written := rewrite_planned(plan, SLICE)):
                return _count(change, work, written, rewritten=written)
    return False


_PHASES: dict[str, Callable[[Campaign, CampaignChange, Work], bool]] = {
    LEAVE: _leave, TURN: _turn, MOVE_ON: _move_on, TIME: _time, ASK: _ask, WRITE: _write,
}  # fmt: skip


def _count(change: CampaignChange, work: Work, pieces: int, **done: int) -> bool:
    """Note what was done; whether that was anything."""
    work.done += pieces
    counted = {name: change.people.get(name, 0) + count for name, count in done.items() if name and count}
    change.people = {**change.people, **counted}
    return bool(pieces)


def _finish(campaign: Campaign, change: CampaignChange) -> None:
    since, change.work, campaign.changing_since = campaign.changing_since, None, None
    verb = "campaign.change_undone" if change.undoes is not None else "campaign.change_applied"
    facts = {"number": change.number, **change.people}
    audit_of(change.applied_by_id, verb, "campaign", campaign.id, facts)
    wake_engine([campaign.id])
    # Also what came to be due while it was carried out.
    look_ahead(campaign, since)
    announce([campaign.id])


def _proposal(campaign: Campaign, change: CampaignChange) -> Proposal:
    return proposal_of(campaign, change.graph_id, is_own=change.from_graph_id is None)


def _before(change: CampaignChange) -> UUID:
    assert change.before_graph_id is not None  # noqa: S101  frozen when it was decided on
    return change.before_graph_id


def _note_origin(campaign: Campaign, change: CampaignChange) -> None:
    """The campaign runs that version of its template from now on."""
    if change.from_graph_id is not None and is_of_template(change.from_graph_id):
        get_or_404(Graph, campaign.graph_id).cloned_from_id = change.from_graph_id
