"""Edits of a draft of change in a few words, and the check that nobody was lost.

with edited(run) as draft:
    draft.remove("pause")
    draft.put("nudge", "email_send", after="hello", says="Still there?")
applied(run, removed={"pause": "finish"})
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from loumass.campaigns.changing.applying import apply, review_of_draft
from loumass.campaigns.changing.choices import Choices, Removal, Timing
from loumass.campaigns.changing.drafts import begin, open_change
from loumass.campaigns.changing.reviewing import Review
from loumass.campaigns.models import Campaign, CampaignChange
from loumass.content.composing import Draft
from loumass.core.tenancy import get_or_404
from loumass.funnels import contents, editing, models
from loumass.funnels.kinds import KINDS
from tests.campaigns.cast import Run


class Drafted:
    """The draft while it is edited: the funnel's own verbs, by key."""

    def __init__(self, session: Any, graph_id: UUID) -> None:
        self._session, self.graph_id = session, graph_id

    def node(self, key: str) -> models.Node:
        """The draft's step known as `key`."""
        found = select(models.Node).where(models.Node.graph_id == self.graph_id, models.Node.key == key)
        return self._session.scalars(found).one()

    def nodes(self) -> list[models.Node]:
        """All steps of the draft, in order."""
        found = select(models.Node).where(models.Node.graph_id == self.graph_id)
        return list(self._session.scalars(found.order_by(models.Node.position, models.Node.id)))

    def swap(self, one: str, other: str) -> None:
        """Both change places, where that leaves no loop: what led to one leads to the other, and on as the other did."""
        keys = [node.key for node in self.nodes()]
        places = {key: keys.index(key) for key in (one, other)}
        keys[places[one]], keys[places[other]] = other, one
        for key, following in pairwise(keys):
            if self.node(key).kind != "end":
                editing.connect(self.graph_id, self.node(key).id, {"next": self.node(following).id})
        self.begin_at(keys[0])
        for place, key in enumerate(keys):
            self.node(key).position = place
        self._session.flush()

    def remove(self, key: str) -> None:
        """Take the step out; what led to it leads on."""
        editing.remove_step(self.graph_id, self.node(key).id)

    def put(
        self, name: str, kind: str, after: str, branch: str = "next", says: str = "", **config: Any
    ) -> str:
        """A new step behind another one; returns its key."""
        way = editing.Way(self.node(after).id, branch)
        node = editing.add_step(self.graph_id, kind, name, way=way)
        node.config = config
        if says:
            contents.write(node, self._draft(node, says), None)
        self._session.flush()
        return node.key

    def set(self, key: str, **config: Any) -> None:
        """Other settings."""
        self.node(key).config = config
        self._session.flush()

    def say(self, key: str, says: str) -> None:
        """Other words."""
        contents.write(self.node(key), self._draft(self.node(key), says), None)

    def lead(self, key: str, **ways: str) -> None:
        """Ways that lead elsewhere."""
        editing.connect(
            self.graph_id, self.node(key).id, {branch: self.node(to).id for branch, to in ways.items()}
        )

    def begin_at(self, key: str) -> None:
        """People begin there."""
        editing.begin_at(self.graph_id, self.node(key).id)

    def _draft(self, node: models.Node, says: str) -> Draft:
        return Draft(subject="About it" if KINDS[node.kind].medium == "email" else "", text=says)


@contextmanager
def edited(run: Run, from_graph_id: UUID | None = None) -> Iterator[Drafted]:
    """A draft of change of the campaign, open for edits; committed at the end."""
    with run.tenant.acting() as session:
        change = open_change(run.id) or begin(run.id, run.tenant.admin.id, from_graph_id)
        yield Drafted(session, change.graph_id)
        session.commit()


def reviewed(run: Run, **choices: dict[str, Any]) -> Review:
    """What applying the draft would do."""
    with run.tenant.acting() as session:
        campaign = session.get_one(Campaign, (run.tenant.id, run.id))
        change = open_change(run.id)
        assert change is not None
        return review_of_draft(campaign, change, chosen(run, change.graph_id, **choices))


def applied(run: Run, **choices: dict[str, Any]) -> CampaignChange:
    """The draft applied with choices by key: `removed={"pause": "to:again"}`, `waits={"pause": "spread:24"}`,
    `queued={"hello": "anew"}`, `repeats={"hello": "repeat"}`. Nobody is lost; what is due is done."""
    with run.tenant.acting() as session:
        change = open_change(run.id)
        assert change is not None
        made = apply(run.id, chosen(run, change.graph_id, **choices), run.tenant.admin.id)
        session.commit()
    learn(run)
    nobody_is_lost(run)
    run.tenant.world.work()
    nobody_is_lost(run)
    return made


def chosen(run: Run, draft_id: UUID, **choices: dict[str, Any]) -> Choices:
    """Choices by key."""
    ids = {**_ids(draft_id), **run.nodes}
    return Choices(
        removed={ids[key]: _removal(ids, said) for key, said in choices.get("removed", {}).items()},
        waits={ids[key]: _timing(said) for key, said in choices.get("waits", {}).items()},
        queued={ids[key]: said for key, said in choices.get("queued", {}).items()},
        repeats={ids[key]: said for key, said in choices.get("repeats", {}).items()},
    )


def _removal(ids: dict[str, UUID], said: str) -> Removal:
    what, _, key = said.partition(":")
    return Removal("move", ids[key]) if what == "to" else Removal(said)


def _timing(said: str) -> Timing:
    what, _, hours = said.partition(":")
    return Timing(what, int(hours or 24))


def _ids(graph_id: UUID) -> dict[str, UUID]:
    from loumass.core.database import db

    return {
        node.key: node.id
        for node in db().scalars(select(models.Node).where(models.Node.graph_id == graph_id))
    }


def learn(run: Run) -> None:
    """The run knows the steps that came, also those that were taken out, by key."""
    with run.tenant.acting() as session:
        graph_id = session.get_one(Campaign, (run.tenant.id, run.id)).graph_id
        found = session.scalars(select(models.Node).where(models.Node.graph_id == graph_id))
        run.nodes.update({node.key: node.id for node in found})


_LOST = text("""
    SELECT count(*) FROM enrollment e JOIN campaign c ON c.organization_id = :organization_id AND c.id = e.campaign_id
    WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.state <> 'ended'
      AND e.node_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM node n WHERE n.organization_id = :organization_id AND n.id = e.node_id AND (
            n.graph_id = c.graph_id OR n.graph_id IN (
                SELECT before_graph_id FROM campaign_change x
                WHERE x.organization_id = :organization_id AND x.campaign_id = c.id AND x.applied_at IS NOT NULL)))
""")
_STEPLESS = text("""
    SELECT count(*) FROM enrollment e
    WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign_id AND e.state <> 'ended'
      AND e.node_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM step s WHERE s.organization_id = :organization_id AND s.id = e.step_id AND s.enrollment_id = e.id
          AND s.left_at IS NULL AND s.visit = e.visit)
""")
_STRAY_WAYS = text("""
    SELECT count(*) FROM edge JOIN node ON node.organization_id = :organization_id AND node.id IN (edge.source_id, edge.target_id)
    WHERE edge.organization_id = :organization_id AND node.graph_id <> edge.graph_id
""")


def nobody_is_lost(run: Run) -> None:
    """Everybody inside stands on a step that the engine walks, in a visit that is open; no way leads out of its graph."""
    bound = {"organization_id": run.tenant.id, "campaign_id": run.id}
    with run.tenant.acting() as session:
        assert session.scalar(_LOST, bound) == 0
        assert session.scalar(_STEPLESS, bound) == 0
        assert session.scalar(_STRAY_WAYS, {"organization_id": run.tenant.id}) == 0
        campaign = get_or_404(Campaign, run.id)
        open_ids = session.scalars(
            select(CampaignChange.id).where(
                CampaignChange.campaign_id == campaign.id,
                CampaignChange.applied_at.is_(None),
                CampaignChange.discarded_at.is_(None),
            )
        )
        assert len(open_ids.all()) <= 1
