"""What is done with chosen people of a campaign: status, hold, go on, end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.campaigns import deciding, moving, people
from loumass.campaigns.models import Campaign, Enrollment
from loumass.campaigns.pages.blueprint import pages
from loumass.campaigns.pages.showing import query_now
from loumass.campaigns.people import PeopleWanted
from loumass.campaigns.statuses import set_status
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404, seeing_everything
from loumass.core.words import plural


@pages.post("/campaigns/<uuid:id>/senders/<uuid:channel_id>/move")
@requires("campaigns.launch")
def move_sender(id: UUID, channel_id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Who waits for a sender that cannot send is written to by the others."""
    get_or_404(Campaign, id)
    with seeing_everything():
        count = moving.move(id, channel_id)
    db().commit()
    flash(f"{plural(count, 'message')} moved to the other senders, within their limits.", "done")
    return redirect(url_for(".show", id=id), 303)


@pages.post("/campaigns/<uuid:id>/people/status")
@requires("campaigns.write")
def mark(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Give the chosen people a status."""
    status = request.form.get("status", "")
    ids = _chosen(id)
    count = set_status(ids, status)
    return _done(id, f"{plural(count, 'person is', 'people are')} {status} now.")


@pages.post("/campaigns/<uuid:id>/people/hold")
@requires("campaigns.write")
def hold(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """They stay where they are until somebody lets them go on."""
    count = deciding.hold_people(_chosen(id), g.user.id)
    return _done(
        id, f"{plural(count, 'person is', 'people are')} on hold. What is queued for them still goes out."
    )


@pages.post("/campaigns/<uuid:id>/people/release")
@requires("campaigns.write")
def release(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Those on hold go on."""
    return _act(id, deciding.release_people, "goes on", "go on")


@pages.post("/campaigns/<uuid:id>/people/end")
@requires("campaigns.write")
def end(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """They leave; asks first."""
    campaign = get_or_404(Campaign, id)
    if "is_sure" not in request.form:
        return _ask_end(campaign)
    return _act(
        id,
        deciding.end_people,
        "has left. Nothing more goes out to them",
        "have left. Nothing more goes out to them",
    )


def _ask_end(campaign: Campaign) -> ResponseReturnValue:
    everything = request.form.get("everything") == "1"
    ids = [] if everything else request.form.getlist("ids")
    count = people.count_of(campaign.id, PeopleWanted.of(request.args)) if everything else len(ids)
    if not count:
        raise Refused("Choose at least one person first. Nothing was changed.")
    return render_template(
        "campaigns/end_people.html",
        campaign=campaign,
        ids=ids,
        everything=everything,
        count=count,
        query=query_now(),
    )


def _act(id: UUID, verb: Callable[[Sequence[UUID]], int], one: str, many: str) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    count = verb(_chosen(id))
    return _done(id, f"{plural(count, f'person {one}', f'people {many}')}.")


def _done(id: UUID, sentence: str) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    db().commit()
    flash(sentence, "done")
    return redirect(url_for(".show", id=id, **query_now()), 303)


def _chosen(id: UUID) -> list[UUID]:  # noqa: A002  the name that addresses use
    """The enrollments that were chosen, or everybody who matches the filters; of this campaign only. Raises Refused."""
    campaign = get_or_404(Campaign, id)
    if request.form.get("everything") == "1":
        return list(db().scalars(people.ids_of(campaign.id, PeopleWanted.of(request.args))))
    typed = [_id_of(one) for one in request.form.getlist("ids")]
    wanted = Enrollment.id.in_([one for one in typed if one])
    ids = list(db().scalars(select(Enrollment.id).where(Enrollment.campaign_id == campaign.id, wanted)))
    if not ids:
        raise Refused("Choose at least one person first. Nothing was changed.")
    return ids


def _id_of(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
