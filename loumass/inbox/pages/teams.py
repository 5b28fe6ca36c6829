"""Teams: who belongs to them, which channels are theirs, who is there."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.channels.models import Channel
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.words import plural
from loumass.inbox import conversing
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import teams
from loumass.inbox.pages.conversation import address_of
from loumass.inbox.person import conversation_or_404, person_of


@pages.get("/inbox/teams")
@requires("inbox.read")
def show_teams() -> ResponseReturnValue:
    """Every team with its people, and who of them is there."""
    return _page()


@pages.post("/inbox/teams")
@requires("team.manage")
def add_team() -> ResponseReturnValue:
    """One more, of nobody yet."""
    try:
        made = teams.create(request.form.get("name", ""))
    except Refused as problem:
        return _page(problem.sentence), 422
    db().commit()
    flash(f"{made.name} is a team now. Choose who belongs to it.", "done")
    return redirect(url_for(".show_teams"), 303)


@pages.post("/inbox/teams/<uuid:team_id>")
@requires("team.manage")
def man_team(team_id: UUID) -> ResponseReturnValue:
    """Its name, people and channels."""
    users, channels = (request.form.getlist(name, type=UUID) for name in ("users", "channels"))
    try:
        team = teams.man(team_id, request.form.get("name", ""), users, channels)
    except Refused as problem:
        db().rollback()
        return _page(problem.sentence), 422
    db().commit()
    flash(f"{team.name} is kept.", "done")
    return redirect(url_for(".show_teams"), 303)


@pages.post("/inbox/teams/<uuid:team_id>/archival")
@requires("team.manage")
def archive_team(team_id: UUID) -> ResponseReturnValue:
    """Nothing new comes to it."""
    team = teams.archive(team_id)
    db().commit()
    flash(f"{team.name} is no team any more. What it had stays with whom it was given to.", "done")
    return redirect(url_for(".show_teams"), 303)


@pages.post("/inbox/presence")
@requires("inbox.reply")
def set_presence() -> ResponseReturnValue:
    """Whether new conversations are given to oneself."""
    is_there = request.form.get("there") == "1"
    many = teams.set_presence(g.user.id, is_there=is_there)
    db().commit()
    said = (
        "New conversations are given to you" if is_there else "Nothing new is given to you until you are back"
    )
    flash(f"{said}, in {plural(many, 'team')}.", "done")
    return redirect(url_for(".show_teams"), 303)


@pages.post("/inbox/<uuid:id>/team")
@requires("inbox.reply")
def give_to_team(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The line is the team's, and goes to whose turn it is."""
    teams.give(person_of(conversation_or_404(id)).conversation_ids, team_asked())
    db().commit()
    return redirect(address_of(id), 303)


def team_asked() -> UUID:
    """Which team the form names. Raises Refused."""
    try:
        return UUID(request.values.get("team", ""))
    except ValueError as problem:
        raise Refused("Choose a team. Nothing was changed.") from problem


def _page(problem: str = "") -> str:
    channels = select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name, Channel.id)
    return render_template(
        "inbox/teams.html",
        manned=teams.manned(),
        is_there=teams.is_there(g.user.id),
        able=conversing.who_may_answer(),
        channels=db().scalars(channels).all(),
        problem=problem,
        typed=request.form,
    )
