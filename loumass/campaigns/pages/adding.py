"""People are added: from a segment, an import, by tag, everybody, or one by one."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, exists, select

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.campaigns.enrolling import EnrollResult, enroll, enroll_from, forecast
from loumass.campaigns.models import Campaign, Enrollment
from loumass.campaigns.pages.blueprint import pages
from loumass.contacts import listing, segments
from loumass.contacts.listing import ContactFilter
from loumass.contacts.models import Contact, ContactImport
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural

MOST_IMPORTS = 50


@pages.get("/campaigns/<uuid:id>/people/new")
@requires("campaigns.write")
def add(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Choose where they come from; with `?segment=`, `?import=` or `?tag=` what adding them would do."""
    campaign = get_or_404(Campaign, id)
    source = _source(request.args)
    words = request.args.get("q", "")
    found = _search(words, request.args.get("after") or request.args.get("before")) if words.strip() else None
    return render_template(
        "campaigns/add.html",
        campaign=campaign,
        source=source,
        forecast=forecast(campaign.id, source) if source else None,
        source_name=_called(source),
        imports=_imports(),
        segments=segments.options(),
        tags=listing.tag_options(),
        found=found,
        inside=_inside(campaign, [one.id for one in found.items]) if found else set(),
        has_people=listing.has_contacts(),
    )


@pages.post("/campaigns/<uuid:id>/people")
@requires("campaigns.write")
def add_people(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Add them; says how many were left out and why."""
    campaign = get_or_404(Campaign, id)
    source = _source(request.form)
    ids = [one for one in map(listing.id_of, request.form.getlist("ids")) if one]
    if not source and not ids:
        raise Refused("Choose people, a segment, an import or a tag first. Nobody was added.")
    result = enroll_from(campaign.id, source) if source else enroll(campaign.id, ids)
    audit(
        "campaign.people_added",
        "campaign",
        campaign.id,
        people=result.added,
        source=next(iter(source), "by hand"),
    )
    db().commit()
    flash(told(result, campaign.name), "done")
    return redirect(url_for(".show", id=id), 303)


def told(result: EnrollResult, name: str) -> str:
    """What adding did, in sentences."""
    left_out = ", ".join(f"{count:,} {words}" for words, count in left_out_of(result))
    more = " The rest follows in a moment; this page shows it." if result.is_following else ""
    why = f" Left out: {left_out}." if left_out else ""
    return f"{plural(result.added, 'person', 'people')} added to {name}.{why}{more}"


def left_out_of(result: EnrollResult) -> list[tuple[str, int]]:
    """Why people were left out, and how many each."""
    reasons = [
        ("inside already", result.already_inside),
        ("deleted", result.archived),
        ("not to be reached (no address, or suppressed)", result.unreachable),
    ]
    return [(words, count) for words, count in reasons if count]


def _source(given: Mapping[str, str]) -> dict[str, str]:
    for kind in ("segment", "import", "tag"):
        if listing.id_of(given.get(kind, "")):
            return {kind: given[kind]}
    return {"everyone": ""} if given.get("everyone") == "1" else {}


def _called(source: dict[str, str]) -> str:
    """The source in words."""
    kind, value = next(iter(source.items()), ("", ""))
    if kind == "segment":
        return f"the segment “{segments.live(UUID(value)).name}”"
    if kind == "import":
        return listing.import_name(UUID(value)) or "an import that is gone"
    if kind == "tag":
        return next(
            (f"the tag “{name}”" for tag_id, name in listing.tag_options() if str(tag_id) == value),
            "a tag that is gone",
        )
    return "all contacts" if kind else ""


def _imports() -> list[ContactImport]:
    finished = ContactImport.state.in_(("done", "cancelled", "running"))
    newest = (
        select(ContactImport)
        .where(finished)
        .order_by(ContactImport.created_at.desc(), ContactImport.id.desc())
    )
    return list(db().scalars(newest.limit(MOST_IMPORTS)))


def _search(words: str, cursor: str | None) -> listing.Page[Contact]:
    return listing.contact_page(listing.contact_conditions(ContactFilter(words=words)), "name", cursor)


def _inside(campaign: Campaign, contact_ids: list[UUID]) -> set[UUID]:
    live = and_(
        Enrollment.campaign_id == campaign.id,
        Enrollment.contact_id == Contact.id,
        Enrollment.state != "ended",
    )
    inside = select(Contact.id).where(
        Contact.id.in_(contact_ids), exists(select(Enrollment.id).where(live).correlate(Contact))
    )
    return set(db().scalars(inside))
