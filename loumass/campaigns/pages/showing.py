"""One campaign: the funnel as the filter, its people, where they stand and why they wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.accounts.models import User
from loumass.accounts.service import audit
from loumass.campaigns import people
from loumass.campaigns.changing.history import versions_of
from loumass.campaigns.counting import counts_of, figures_of
from loumass.campaigns.models import STATUSES, Campaign
from loumass.campaigns.moving import stuck_senders
from loumass.campaigns.pages.blueprint import home, pages, tabs_of
from loumass.campaigns.people import WHERE, PeopleWanted
from loumass.campaigns.reading import read_by_step
from loumass.campaigns.standing import standings
from loumass.campaigns.triggers import listing
from loumass.campaigns.unsent import people_who_missed_one
from loumass.contacts.downloads import csv_download
from loumass.core.database import db
from loumass.core.tenancy import get_or_404
from loumass.core.words import moment
from loumass.funnels.csv_format import file_name
from loumass.funnels.drawing import Drawing, draw
from loumass.funnels.graph import Graph
from loumass.funnels.service import graph_of, names_in

#: What the address of the list may carry.
QUERY = ("q", "at", "status", "where", "reason", "among", "had", "version")
_EXPORTED = (
    "Name", "E-mail", "Phone", "Company", "Stage", "Status", "Step", "Next step", "State", "Why", "Due", "Added",
    "Last message", "Replied", "Left", "Not sent",
)  # fmt: skip


@pages.get("/campaigns/<uuid:id>")
@requires("campaigns.read")
def show(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The drawing with its numbers, and the people who match the filters in the address."""
    campaign = get_or_404(Campaign, id)
    graph, wanted = graph_of(campaign.graph_id), PeopleWanted.of(request.args)
    figures = figures_of([campaign.id])[campaign.id]
    found = people.people_page(campaign.id, wanted, request.args.get("after") or request.args.get("before"))
    return render_template(
        "campaigns/show.html",
        campaign=campaign,
        tabs_of=tabs_of(campaign, "People"),
        graph=graph,
        figures=figures,
        missed=people_who_missed_one(campaign.id),
        older=[one for one in versions_of(campaign) if one.finishing] if campaign.version > 1 else [],
        stuck=stuck_senders(campaign) if campaign.state == "running" else [],
        read=read_by_step(campaign.id).get(None),
        picture=_picture(campaign, graph, wanted) if graph.nodes else None,
        found=found,
        standings=standings([enrollment for enrollment, _ in found.items]),
        count=people.count_of(campaign.id, wanted) if wanted.is_set else figures.enrolled,
        wanted=wanted,
        step=graph.node(wanted.node) if wanted.node and wanted.node in graph else None,
        statuses=[(status, status) for status in STATUSES],
        where=list(WHERE.items()),
        ways_in=listing.words_in(campaign.id),
        owner=db().get(User, campaign.owner_id) if campaign.owner_id else None,
        query=query_now(),
    )


@pages.get("/campaigns/<uuid:id>/people.csv")
@requires("contacts.export")
def export(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Everybody who matches the filters, as CSV with harmless cells."""
    campaign = get_or_404(Campaign, id)
    wanted = PeopleWanted.of(request.args)
    audit("campaign.people_exported", "campaign", campaign.id, filters=sorted(query_now()))
    db().commit()
    timezone = home().key
    return csv_download(file_name(campaign.name), _EXPORTED, lambda: _exported(id, wanted, timezone))


def query_now() -> dict[str, Any]:
    """The filters that the address carries."""
    return {name: request.args[name] for name in QUERY if request.args.get(name)}


def _picture(campaign: Campaign, graph: Graph, wanted: PeopleWanted) -> Drawing:
    others: dict[str, Any] = {name: value for name, value in query_now().items() if name in ("q", "status")}

    def href(node_id: UUID) -> str:
        at: dict[str, Any] = {} if node_id == wanted.node else {"at": node_id}
        return url_for(".show", id=campaign.id, **others, **at)

    return draw(
        graph,
        direction="across",
        names=names_in(graph, campaign.graph_id),
        counts=counts_of(campaign, graph),
        href=href,
        selected=wanted.node,
    )


def _exported(campaign_id: UUID, wanted: PeopleWanted, timezone: str) -> Iterator[list[Any]]:
    def when(at: Any) -> str:
        return at.isoformat(timespec="minutes") if at else ""

    for rows in people.batches(campaign_id, wanted):
        standing = standings([enrollment for enrollment, _ in rows], asks_gates=False)
        for one, contact in rows:
            here = standing[one.id]
            yield [
                contact.name, contact.email, contact.phone, contact.company, one.stage, one.status, here.step,
                here.next_step, one.state, here.why.sentence, moment(here.due_at, timezone) if here.due_at else "",
                when(one.enrolled_at), when(one.last_sent_at), when(one.replied_at), when(one.ended_at),
                here.missed,
            ]  # fmt: skip
