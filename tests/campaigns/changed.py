"""Random changes of a campaign that people walk, applied with random choices, and the same done to the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loumass.campaigns.advancing.slice import advance_slice
from loumass.campaigns.changing import carrying
from loumass.campaigns.changing.applying import apply, review_of_draft, undo
from loumass.campaigns.changing.choices import Choices, Removal, Timing
from loumass.campaigns.changing.drafts import begin
from loumass.campaigns.changing.moving import STEP_REMOVED
from loumass.campaigns.models import Campaign, CampaignChange
from loumass.core import clock
from loumass.core.errors import Refused
from loumass.funnels import editing
from loumass.funnels.graph import Graph, branches_of
from loumass.funnels.service import graph_of, graphs_of
from loumass.funnels.validation import problems
from tests.campaigns.anything import Crash, dying_before
from tests.campaigns.cast import Run
from tests.campaigns.changing.edits import Drafted, open_change
from tests.campaigns.happening import broken_promises
from tests.campaigns.journeys import HAD, Course, Journey

#: Over which a change spreads those whose time has passed.
HOURS = 5
PUT: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("email_send", {}, "New words"),
    ("sms_send", {}, "New words"),
    ("wait", {"amount": 2, "unit": "days", "after": "entered"}, ""),
    ("stage", {}, ""),
    ("task", {"title": "Call", "a": "Reached", "c": "No answer", "give_up_after": 3}, ""),
    ("goal", {"test": "tag", "tag": "Guest"}, ""),
)


@dataclass(frozen=True, slots=True)
class Them:
    """The keys of the steps where somebody stands, and of those that wrote to somebody."""

    stand: set[str]
    had: set[str]


def change(session: Session, run: Run, course: Course, people: list[Journey], chance: Random) -> bool:
    """A draft edited, and applied unless something is wrong with it; whether it was."""
    draft_id = begin(run.id, run.tenant.admin.id).graph_id
    draft = Drafted(session, draft_id)
    them = Them(
        _crowded(course, people), {said.key for one in people for said in one.said if said.state in HAD}
    )
    for _ in range(chance.randint(1, 3)):
        EDITS[chance.choice([*EDITS, "reorder", "reorder"])](draft, graph_of(draft_id), chance, them)
    _tidy(draft, draft_id)
    found = open_change(run.id)
    assert found is not None
    campaign = session.get_one(Campaign, (run.tenant.id, run.id))
    proposed = review_of_draft(campaign, found).proposal.graph
    removal, timing, choices = _choices(chance, course.live, proposed)
    try:
        with _few_at_a_time(chance):
            apply(run.id, choices, None)
            _carried_over(session, run, chance)
    except Refused:
        session.rollback()
        return False
    _follow(session, run, course, people, removal, timing)
    return True


def take_back(session: Session, run: Run, course: Course, people: list[Journey], chance: Random) -> bool:
    """The latest change undone; whether there was one that could be."""
    campaign = session.get_one(Campaign, (run.tenant.id, run.id), populate_existing=True)
    if campaign.version == 1:
        return False
    try:
        with _few_at_a_time(chance):
            undo(run.id, campaign.version, None)
            _carried_over(session, run, chance)
    except Refused:
        # What it would bring back lacks what is needed now, or is what runs already.
        session.rollback()
        return False
    _follow(session, run, course, people, Removal(), Timing())
    return True


@contextmanager
def _few_at_a_time(chance: Random) -> Iterator[None]:
    """Some changes are too large to be applied at once."""
    if chance.random() < 0.5:
        yield
        return
    with patch.object(carrying, "AT_ONCE", -1), patch.object(carrying, "SLICE", chance.choice([1, 1, 2, 5])):
        yield


def _carried_over(session: Session, run: Run, chance: Random) -> None:
    """What is left of the change is done slice by slice, by workers of whom many die; nobody walks meanwhile."""
    session.commit()
    is_left = session.get_one(Campaign, (run.tenant.id, run.id)).changing_since is not None
    while is_left:
        assert advance_slice(run.id) is None
        try:
            with dying_before(chance.randint(2, 60)):
                is_left = carrying.carry_on(run.id)
        except Crash:
            session.rollback()
        session.commit()
        assert broken_promises(session, run) == []


def _crowded(course: Course, people: list[Journey]) -> set[str]:
    """The keys of running steps where somebody stands."""
    here = [one.node for one in people if one.node is not None and one.state != "ended"]
    return {course.live.node(one).key for one in here if one in course.live}


def _choices(chance: Random, live: Graph, proposed: Graph) -> tuple[Removal, Timing, Choices]:
    targets = [node.id for node in proposed.nodes]
    what = chance.choice(["finish", "finish", "move", "end"])
    removal = Removal(what, chance.choice(targets) if what == "move" else None)
    timing = Timing(chance.choice(["keep", "now", "spread"]), HOURS)
    queued = chance.choice(["as_planned", "anew"])
    ids = [node.id for node in live.nodes]
    choices = Choices(
        removed=dict.fromkeys(ids, removal),
        waits=dict.fromkeys(ids, timing),
        queued=dict.fromkeys(ids, queued),
    )
    return removal, timing, choices


def _follow(
    session: Session, run: Run, course: Course, people: list[Journey], removal: Removal, timing: Timing
) -> None:
    """The model walks on over what the campaign is now: the running steps kept their ids, removed ones are on the copy."""
    session.flush()
    campaign = session.get_one(Campaign, (run.tenant.id, run.id), populate_existing=True)
    found = select(CampaignChange.before_graph_id).where(
        CampaignChange.campaign_id == run.id, CampaignChange.applied_at.is_not(None)
    )
    befores = [one for one in session.scalars(found.order_by(CampaignChange.number.desc())) if one]
    graphs = graphs_of([campaign.graph_id, *befores])
    before = course.live
    gone = {node.id: node.key for node in before.nodes if node.id not in graphs[campaign.graph_id]}
    course.take(graphs[campaign.graph_id], [graphs[one] for one in befores])
    course.skips = {UUID(one): datetime.fromisoformat(at) for one, at in campaign.skips.items()}
    copies = {node.key: node.id for node in graphs[befores[0]].nodes}
    changed = retimed(before, course.live)
    for one in people:
        if one.node in changed:
            one.retime(timing, clock.now())
        if one.node is None or one.node not in gone or one.state == "ended":
            continue
        if removal.what == "end":
            one.end(STEP_REMOVED)
        elif removal.what == "move":
            assert removal.target is not None
            one.move(removal.target, clock.now())
        else:
            one.node = copies[gone[one.node]]


def retimed(before: Graph, after: Graph) -> set[UUID]:
    """The steps that stay with other settings: who waits there waits for another time, or is asked anew."""
    known = {node.id: node for node in before.nodes}
    return {node.id for node in after.nodes if node.id in known and known[node.id].config != node.config}


def _remove(draft: Drafted, graph: Graph, chance: Random, them: Them) -> None:
    node = chance.choice([one for one in graph.nodes if one.key in them.stand] or graph.nodes)
    ways = graph.ways_out(node.id)
    onward = next((one for one in ways.values() if one != node.id), None)
    if len(graph.nodes) > 2 and node.kind != "end":
        editing.connect(draft.graph_id, node.id, dict.fromkeys(ways, onward))
        editing.remove_step(draft.graph_id, node.id)


def _put(draft: Drafted, graph: Graph, chance: Random, them: Them) -> None:
    kind, config, says = chance.choice(PUT)
    before = chance.choice([one for one in graph.nodes if one.kind != "end"] or [None])
    if before is None:
        return
    branch = chance.choice([one.name for one in branches_of(before) or ()] or ["next"])
    key = draft.put(f"New {chance.randint(0, 9)}", kind, before.key, branch, says)
    draft.set(key, **config)
    node = next(one for one in graph_of(draft.graph_id).nodes if one.key == key)
    drawn = graph_of(draft.graph_id).ways_out(node.id)
    onward = next(iter(drawn.values()), graph.nodes[-1].id)
    missing = [one.name for one in branches_of(node) or () if one.is_required and one.name not in drawn]
    editing.connect(draft.graph_id, node.id, dict.fromkeys(missing, onward))


def _set(draft: Drafted, graph: Graph, chance: Random, them: Them) -> None:
    waits = [one for one in graph.nodes if one.kind in ("wait", "wait_for", "condition")]
    if not waits:
        return
    node = chance.choice([one for one in waits if one.key in them.stand] or waits)
    config: dict[str, Any] = {"amount": chance.randint(1, 9), "unit": "days", "after": "entered"}
    if node.kind != "wait":
        config = {"test": chance.choice(["replied", "clicked"]), "wait_up_to": chance.randint(1, 9)}
    editing.save_step(draft.node(node.key), node.name, config, {})


def _say(draft: Drafted, graph: Graph, chance: Random, them: Them) -> None:
    sending = [one for one in graph.nodes if one.kind in ("email_send", "sms_send")]
    if sending:
        draft.say(chance.choice(sending).key, f"Words {chance.randint(0, 99)}")


def _lead(draft: Drafted, graph: Graph, chance: Random, them: Them) -> None:
    node = chance.choice(graph.nodes)
    if ways := graph.ways_out(node.id):
        target = chance.choice(graph.nodes).id
        editing.connect(draft.graph_id, node.id, {chance.choice(list(ways)): target})


def _begin(draft: Drafted, graph: Graph, chance: Random, them: Them) -> None:
    editing.begin_at(draft.graph_id, chance.choice(graph.nodes).id)


def _reorder(draft: Drafted, graph: Graph, chance: Random, them: Them) -> None:
    """A step that writes comes behind the one where people stand: those who had it would get it again."""
    writing = [one for one in graph.nodes if one.kind in ("email_send", "sms_send")]
    here = [one for one in graph.nodes if one.key in them.stand and graph.ways_out(one.id)]
    if not writing or not here:
        return
    step, before = (
        chance.choice([one for one in writing if one.key in them.had] or writing),
        chance.choice(here),
    )
    onward = graph.ways_out(step.id).get("next")
    if step.id == before.id or onward is None or onward == step.id:
        return
    for source in graph.nodes:
        into = [branch for branch, target in graph.ways_out(source.id).items() if target == step.id]
        editing.connect(draft.graph_id, source.id, dict.fromkeys(into, onward))
    if graph.start == step.id:
        editing.begin_at(draft.graph_id, onward)
    ways = graph_of(draft.graph_id).ways_out(before.id)
    ahead = next(iter(ways.values()))
    editing.connect(draft.graph_id, step.id, dict.fromkeys(graph.ways_out(step.id), ahead))
    editing.connect(draft.graph_id, before.id, dict.fromkeys(ways, step.id))


EDITS = {
    "reorder": _reorder,
    "remove": _remove,
    "put": _put,
    "set": _set,
    "say": _say,
    "lead": _lead,
    "begin": _begin,
}


def _tidy(draft: Drafted, draft_id: UUID) -> None:
    """What nobody comes to any more is taken out, so that most drafts can be applied."""
    while True:
        wrong = [one for one in problems(graph_of(draft_id)) if one.code == "unreachable"]
        if not wrong or wrong[0].node_id is None:
            return
        editing.remove_step(draft_id, wrong[0].node_id)
