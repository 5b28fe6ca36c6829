"""`/u/<token>`: a GET only asks, a POST acts; no login, no cookie, no redirect (RFC 8058)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.models import Organization
from loumass.core.tenancy import acting_for, globally
from loumass.messages import unsubscribing_links
from loumass.messages.unsubscribing import Addressee, addressee, resubscribe, unsubscribe
from loumass.messages.unsubscribing_links import UnsubscribeToken

pages = Blueprint("unsubscribing", __name__)
#: Of what a link shows: it is one person's.
NOT_KEPT = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
View = TypeVar("View", bound=Callable[..., Any])


def from_mail_programs(view: View) -> View:
    """Mail programs post without a cookie or a form of ours; the signed link is the proof."""
    view.is_csrf_exempt = True  # pyright: ignore[reportFunctionMemberAccess]  read when routes are added
    return view


@pages.get("/u/<token>")
def ask(token: str) -> ResponseReturnValue:
    """Ask. Link scanners fetch this, so it changes nothing."""
    return _page(token, lambda found: "unsubscribed" if found.is_unsubscribed else "ask")


@pages.post("/u/<token>")
@from_mail_programs
def out(token: str) -> ResponseReturnValue:
    """Unsubscribe: by the button of our page, or by the mail program's own."""
    how = "one-click in their mail program" if _is_one_click() else "on the unsubscribe page"

    wording = "List-Unsubscribe=One-Click" if _is_one_click() else "Unsubscribe"

    def act(found: Addressee) -> str:
        unsubscribe(found, how, wording)
        return "unsubscribed"

    return _page(token, act)


@pages.post("/u/<token>/return")
@from_mail_programs
def back(token: str) -> ResponseReturnValue:
    """The person changed their mind."""
    return _page(token, lambda found: "back" if resubscribe(found, "Subscribe again") else "unsubscribed")


def _is_one_click() -> bool:
    return request.form.get("List-Unsubscribe") == "One-Click"


def _page(token: str, act: Callable[[Addressee], str]) -> ResponseReturnValue:
    known = whose(token)
    if known is None:
        return unknown()
    read, organization = known
    with acting_for(organization.id) as session:
        found = addressee(read)
        state = act(found) if found else "gone"
        found = addressee(read) if found else None
        session.commit()
    page = render_template(
        "messages/unsubscribe.html", state=state, found=found, sender=organization, token=token
    )
    return page, 200, NOT_KEPT


def whose(token: str) -> tuple[UnsubscribeToken, Organization] | None:
    """What the link says and whose it is; None where it is none of ours."""
    read = unsubscribing_links.read(token)
    organization = _organization_numbered(read.organization_number) if read else None
    return (read, organization) if read and organization else None


def unknown() -> ResponseReturnValue:
    """The page of a link that is none of ours."""
    return render_template("messages/unsubscribe.html", state="unknown", found=None, organization=None), 404


def _organization_numbered(number: int) -> Organization | None:
    """Whose link it is, by its public number; None for a number that nobody has."""
    with globally() as session:
        return session.scalars(select(Organization).where(Organization.number == number)).one_or_none()
