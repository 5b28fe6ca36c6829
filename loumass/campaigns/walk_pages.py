"""What happens to this person: one contact led through a funnel, answer by answer. The address keeps the answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.campaigns.pages.blueprint import city
from loumass.campaigns.simulating.subjects import Subject, subject_of
from loumass.campaigns.simulating.walking import MOST_ANSWERS, Walked, walk
from loumass.contacts import listing
from loumass.contacts.listing import ContactFilter
from loumass.contacts.models import Contact
from loumass.core.tenancy import get_or_404
from loumass.core.words import moment
from loumass.funnels.simulating.by_hand import Visit

pages = Blueprint("walks", __name__)


@pages.get("/funnels/<uuid:graph_id>/person")
@requires("contacts.read")
def show(graph_id: UUID) -> ResponseReturnValue:
    """Choose somebody; then every step that they would take from now on, and what could be answered on the way."""
    subject = subject_of(graph_id)
    g.within = "campaigns" if subject.campaign is not None else "funnels"
    contact_id = listing.id_of(request.args.get("contact", ""))
    if subject.campaign is not None and contact_id is None:
        return render_template("simulations/choose.html", subject=subject, found=_search(), graph_id=graph_id)
    contact = get_or_404(Contact, contact_id) if contact_id and subject.campaign is not None else None
    answers = request.args.getlist("a")[:MOST_ANSWERS]
    walked = walk(graph_id, contact.id if contact else None, answers)
    return render_template(
        "simulations/walk.html", graph_id=graph_id, contact=contact, **_shown(subject, walked, answers)
    )


def _search() -> Any:
    words = request.args.get("q", "").strip()
    if not words:
        return None
    cursor = request.args.get("after") or request.args.get("before")
    return listing.contact_page(listing.contact_conditions(ContactFilter(words=words)), "name", cursor)


def _shown(subject: Subject, walked: Walked, answers: list[str]) -> dict[str, Any]:
    zone = walked.zone.key

    def when(at: datetime | None) -> str:
        return moment(at, zone) if at else ""

    def href(visit: Visit, answer: str) -> str:
        """The same walk with another answer here; what was answered later is asked anew."""
        number = visit.question.number if visit.question else 0
        kept = [*answers, *([""] * number)][:number]
        named: dict[str, Any] = {"contact": request.args["contact"]} if request.args.get("contact") else {}
        return url_for(
            ".show", graph_id=subject.graph_id, **named, a=[*kept, answer], _anchor=f"question-{number}"
        )

    return {"subject": subject, "walked": walked, "when": when, "href": href, "place": city(zone)}
