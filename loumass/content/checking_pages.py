"""Before it goes out: signs of spam in what is written, and whether its links answer."""

from __future__ import annotations

from uuid import UUID

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.content import link_checking, queries
from loumass.content.composing import Draft, compile_email, links_in
from loumass.content.jobs import check_links
from loumass.content.linking import leads_to
from loumass.content.pages import pages
from loumass.content.preview_pages import words_at
from loumass.content.previewing import Values, values_for
from loumass.content.refusing import refusals
from loumass.content.spam_signs import Letter, Sign, spam_signs
from loumass.content.typed import finished
from loumass.core.database import db
from loumass.core.errors import Refused


@pages.get("/content/unsaved/<uuid:place_id>/signs")
@requires("content.read")
def signs(place_id: UUID) -> ResponseReturnValue:
    """What looks like spam in the words at a place, as the chosen person would read them."""
    medium, draft = words_at(place_id)
    contact = queries.person_called(request.args.get("preview_as", ""))
    found, problem = signs_in(medium, draft, values_for(contact, g.organization, g.user))
    return render_template("content/_signs.html", signs=found, problem=problem)


@pages.post("/content/unsaved/<uuid:place_id>/links")
@requires("content.write")
def ask_links(place_id: UUID) -> ResponseReturnValue:
    """Have the links of the words at a place looked at, by a worker."""
    asked = ask_about_links(place_id)
    db().commit()
    return _links_page(place_id, asked)


def ask_about_links(place_id: UUID) -> int:
    """Have a worker look at the links of the words at a place; how many there are. Raises NotFound."""
    _, draft = words_at(place_id)
    addresses = _addresses(draft, values_for(None, g.organization, g.user))
    link_checking.ask(place_id, addresses)
    if addresses:
        check_links.later(str(place_id))
    return len(addresses)


@pages.get("/content/unsaved/<uuid:place_id>/links")
@requires("content.read")
def links(place_id: UUID) -> ResponseReturnValue:
    """What was found of each link so far."""
    words_at(place_id)
    return _links_page(place_id, None)


def signs_in(medium: str, draft: Draft, values: Values) -> tuple[list[Sign], str]:
    """The signs, or why they cannot be told."""
    if medium != "email":
        return [], ""
    if wrong := refusals(draft, queries.vocabulary()):
        return [], " ".join(wrong.values())
    try:
        email = compile_email(finished(draft))
    except Refused as refused:
        return [], refused.sentence
    html = email.html.render(values) if email.html else ""
    way_out = values.get("unsubscribe_url") or ""
    letter = Letter(email.subject.render(values), email.text.render(values), html, frozenset({way_out}))
    return spam_signs(letter), ""


def _addresses(draft: Draft, values: Values) -> list[str]:
    """Where the links lead, with invented values: asking must not confirm anything for a real person."""
    found = (leads_to(address, values) for address in links_in(finished(draft)))
    return list(dict.fromkeys(address for address in found if address))


def _links_page(place_id: UUID, asked: int | None) -> str:
    checks = link_checking.checks_of(place_id)
    return render_template(
        "content/_links.html", checks=checks, place_id=place_id, asked=asked,
        is_waiting=any(check.state == "waiting" for check in checks), most=link_checking.MOST_LINKS,
    )  # fmt: skip
