"""A campaign's messages in the order in which they go out, as a sequence: what is said, and after how many days.

The funnel itself, with its branches, is `GET /funnels/{graph_id}`; this is the plain view of it.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from flask import g
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.campaigns.api.blueprint import api
from loumass.campaigns.models import Campaign
from loumass.content.composing import Draft
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import SAID_ON_A_LINE, WHOLE, Done, Id, ListOut, LongText, listed
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get_or_404
from loumass.funnels import editing, models, queries
from loumass.funnels.contents import write as write_words
from loumass.funnels.editing import Way
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import KINDS
from loumass.funnels.node import Node

ALL = "/campaigns/<uuid:campaign_id>/sequences"
ONE = "/sequences/<uuid:step_id>"
_NEXT = "next"


class SequenceQuery(ApiModel):
    """Of which campaign."""

    campaign_id: Id


class SequenceOut(ApiModel):
    """A message: the how-manyth it is, and how many days it waits before it goes out."""

    id: UUID
    campaign_id: UUID
    number: int
    name: str
    medium: str
    delay_days: int
    subject: str
    html: str
    text: str


class SequenceBody(ApiModel):
    """An e-mail at the end of the campaign."""

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=SAID_ON_A_LINE)]
    subject: Annotated[str, Field(max_length=998, pattern=r"^[^\x00-\x1f\x7f]*$")]
    html: LongText = ""
    text: LongText = ""
    delay_days: Annotated[int, Field(ge=0, le=365), WHOLE] = 0


@endpoint(api, "GET", ALL, answers=ListOut[SequenceOut], also=[ALL])
@requires("campaigns.read")
def list_sequence(campaign_id: UUID) -> ListOut[SequenceOut]:
    """The messages of a campaign, in their order."""
    return _listed(get_or_404(Campaign, campaign_id))


@endpoint(api, "GET", "/sequences", asks=SequenceQuery, answers=ListOut[SequenceOut], also=["/sequences"])
@requires("campaigns.read")
def list_sequences(query: SequenceQuery) -> ListOut[SequenceOut]:
    """The same, by the campaign's id."""
    return _listed(get_or_404(Campaign, query.campaign_id))


@endpoint(api, "POST", ALL, takes=SequenceBody, answers=SequenceOut, status=201, also=[ALL])
@requires("campaigns.write")
def add_message(campaign_id: UUID, body: SequenceBody) -> SequenceOut:
    """Put an e-mail at the end, behind a wait of so many days. A campaign that runs is changed by a draft of change."""
    campaign = get_or_404(Campaign, campaign_id)
    way = _last_way(queries.graph_of(campaign.graph_id))
    if body.delay_days and way is not None:
        wait = editing.add_step(campaign.graph_id, "wait", way=way)
        wait.config = {**wait.config, "mode": "duration", "amount": body.delay_days, "unit": "days"}
        db().flush()
        way = Way(wait.id, _NEXT)
    node = editing.add_step(campaign.graph_id, "email_send", body.name, way=way)
    if way is None:
        editing.add_step(campaign.graph_id, "end", way=Way(node.id, _NEXT))
    write_words(node, _draft(body), g.user.id)
    db().flush()
    return _one(campaign, node.id)


@endpoint(api, "PUT", ONE, takes=SequenceBody, answers=SequenceOut, also=[ONE])
@requires("campaigns.write")
def change_message(step_id: UUID, body: SequenceBody) -> SequenceOut:
    """Say something else, also while the campaign runs; the wait before it can be changed until then."""
    campaign, node = _found(step_id)
    if KINDS[node.kind].medium != "email":
        raise Refused("This step sends no e-mail. Change it in the builder. Nothing was changed.")
    editing.open_graph(node.graph_id, None, only_words=True)
    write_words(node, _draft(body), g.user.id)
    graph = queries.graph_of(campaign.graph_id)
    wait = _wait_before(graph, node.id)
    if _days(wait) != body.delay_days:
        _change_wait(campaign, wait, body.delay_days)
    db().flush()
    return _one(campaign, node.id)


@endpoint(api, "DELETE", ONE, answers=Done, also=[ONE])
@requires("campaigns.write")
def remove_message(step_id: UUID) -> Done:
    """Take a message out; what led to it leads on."""
    campaign, node = _found(step_id)
    editing.remove_step(campaign.graph_id, node.id)
    return Done(done=f"{node.name} is taken out.", count=1)


def _listed(campaign: Campaign) -> ListOut[SequenceOut]:
    graph, words = queries.graph_of(campaign.graph_id), queries.written_in(campaign.graph_id)
    sending = [node for node in graph.nodes if node.kind in KINDS and KINDS[node.kind].medium]

    def told(pair: tuple[int, Node]) -> SequenceOut:
        number, node = pair
        said = words.get(node.content_id, Draft()) if node.content_id else Draft()
        return SequenceOut(
            id=node.id,
            campaign_id=campaign.id,
            number=number,
            name=node.name,
            medium=KINDS[node.kind].medium or "",
            delay_days=_days(_wait_before(graph, node.id)),
            subject=said.subject,
            html=said.html,
            text=said.text,
        )

    return listed(enumerate(sending, 1), told)


def _one(campaign: Campaign, node_id: UUID) -> SequenceOut:
    return next(one for one in _listed(campaign).items if one.id == node_id)


def _found(step_id: UUID) -> tuple[Campaign, models.Node]:
    node = get_or_404(models.Node, step_id)
    campaign = db().scalar(select(Campaign).where(Campaign.graph_id == node.graph_id))
    if campaign is None or node.kind not in KINDS or KINDS[node.kind].medium is None:
        raise NotFound
    return campaign, node


def _draft(body: SequenceBody) -> Draft:
    return Draft(subject=body.subject, html=body.html, text=body.text)


def _last_way(graph: Graph) -> Way | None:
    """The way that leads to the end, along the plain ways from the first step; None in an empty graph."""
    at, seen = graph.start, set[UUID]()
    if at is None:
        return None
    while at not in seen:
        seen.add(at)
        onward = graph.ways_out(at).get(_NEXT)
        if onward is None or graph.node(onward).kind == "end":
            return Way(at, _NEXT)
        at = onward
    raise Refused(
        "The ways of this campaign lead in a circle. Add the message in the builder. Nothing was changed."
    )


def _wait_before(graph: Graph, node_id: UUID) -> Node | None:
    """The wait of some days that leads to the step, where it is the only one that does."""
    before = {edge.source for edge in graph.edges if edge.target == node_id}
    if len(before) != 1:
        return None
    node = graph.node(before.pop())
    is_plain = node.kind == "wait" and node.config.get("mode", "duration") == "duration"
    return node if is_plain and node.config.get("unit", "days") == "days" else None


def _days(wait: Node | None) -> int:
    return int(wait.config.get("amount", 0)) if wait else 0


def _change_wait(campaign: Campaign, wait: Node | None, days: int) -> None:
    if wait is None or days == 0:
        raise Refused("There is no plain wait before this message to be changed. Use the builder.")
    editing.open_graph(campaign.graph_id, None)
    row = get_or_404(models.Node, wait.id)
    row.config = {**row.config, "amount": days}
