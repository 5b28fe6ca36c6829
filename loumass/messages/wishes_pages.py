"""`/u/<token>/wishes`: which media, which topics, or a pause. No login: the signed link is the proof. A GET changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from loumass.core.tenancy import acting_for
from loumass.messages import wishes
from loumass.messages.unsubscribing import addressee
from loumass.messages.unsubscribing_pages import NOT_KEPT, unknown, whose
from loumass.messages.wishes import Wishes

pages = Blueprint("wishes", __name__)


@pages.get("/u/<token>/wishes")
def ask(token: str) -> ResponseReturnValue:
    """What is wanted now. Link scanners fetch this, so it changes nothing."""
    return _page(token, lambda found: "ask")


@pages.post("/u/<token>/wishes")
def save(token: str) -> ResponseReturnValue:
    """Take what was chosen."""

    def act(found: Wishes) -> str:
        topics = [one for one in map(_id_of, request.form.getlist("topics")) if one]
        wishes.save(found, request.form.getlist("media"), topics)
        return "saved"

    return _page(token, act)


@pages.post("/u/<token>/pause")
def pause(token: str) -> ResponseReturnValue:
    """Nothing of campaigns for thirty days, or not any longer."""

    def act(found: Wishes) -> str:
        if request.form.get("act") == "end":
            wishes.end_pause(found)
            return "saved"
        wishes.pause(found)
        return "paused"

    return _page(token, act)


def _page(token: str, act: Callable[[Wishes], str]) -> ResponseReturnValue:
    known = whose(token)
    if known is None:
        return unknown()
    read, organization = known
    with acting_for(organization.id) as session:
        found = addressee(read)
        if found is None:
            return render_template(
                "messages/unsubscribe.html", state="gone", found=None, sender=organization, token=token
            )
        state = act(wishes.wishes_of(found))
        session.commit()
        now = wishes.wishes_of(found)
        page = render_template(
            "messages/wishes.html", state=state, wishes=now, sender=organization, token=token
        )
    return page, 200, NOT_KEPT


def _id_of(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
