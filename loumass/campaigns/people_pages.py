"""The list of contacts: searched, filtered, tagged, enrolled, deleted, exported."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.campaigns import people_list
from loumass.campaigns.enrolling import EnrollResult, enroll, enroll_from
from loumass.campaigns.exporting import contact_columns, exported_contacts
from loumass.campaigns.models import STATUSES, Campaign
from loumass.campaigns.people_list import PeopleFilter
from loumass.campaigns.people_rule import rule_of
from loumass.contacts import bulk, editing, listing, segments
from loumass.contacts.downloads import csv_download
from loumass.contacts.models import Contact
from loumass.contacts.suppression import suppressed_media
from loumass.contacts.verifying import asking
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get, get_or_404
from loumass.core.words import plural

pages = Blueprint("people", __name__)
#: What the address of the list may carry; anything else is not ours.
_QUERY = (
    "q",
    "tag",
    "import",
    "owner",
    "suppressed",
    "campaign",
    "status",
    "activity",
    "since",
    "until",
    "did",
    "at",
    "via",
    "by",
    "kind",
    "verified",
    "segment",
    "sort",
)
_MOST_CHOSEN = 10_000


@pages.get("/contacts")
@requires("contacts.read")
def index() -> ResponseReturnValue:
    """The list, with search and filters in the address."""
    wanted = PeopleFilter.of(request.args)
    sort = request.args.get("sort", "name")
    cursor = request.args.get("after") or request.args.get("before")
    conditions = wanted.conditions()
    page = listing.contact_page(conditions, sort if sort in listing.SORTS else "name", cursor)
    ids = [one.id for one in page.items]
    count, is_exact = listing.count_of(conditions)
    return render_template(
        "people/index.html",
        page=page,
        wanted=wanted,
        count=count,
        count_words=f"{count:,}{'' if is_exact else '+'}",
        is_filtered=bool(set(_query()) - {"sort"}),
        query=_query(),
        has_people=bool(page.items) or listing.has_contacts(),
        tags=listing.tags_of(ids),
        statuses=people_list.statuses_of(ids, wanted.campaign),
        barred=suppressed_media(page.items),
        known=asking.known_of(page.items),
        **_offers(wanted),
    )


@pages.get("/contacts.csv")
@requires("contacts.export")
def export() -> ResponseReturnValue:
    """Everybody who matches the filters, as CSV with harmless cells."""
    conditions = PeopleFilter.of(request.args).conditions()
    audit("contacts.exported", filters=sorted(_query()))
    db().commit()
    fields = editing.custom_fields()
    keys = [key for key, _ in fields]
    return csv_download("contacts.csv", contact_columns(fields), lambda: exported_contacts(conditions, keys))


@pages.post("/contacts/tagging")
@requires("contacts.write")
def tag() -> ResponseReturnValue:
    """Gives the chosen people tags; asks for them first."""
    if "tags" not in request.form:
        return _ask("tag")
    try:
        given, names = bulk.tag(_chosen(), request.form["tags"])
    except Refused as problem:
        return _ask("tag", problem.sentence), 422
    db().commit()
    flash(f"{plural(given, 'person', 'people')} tagged “{', '.join(names)}”.", "done")
    return _back()


@pages.route("/contacts/enrollment", methods=["GET", "POST"])
@requires("campaigns.write")
def choose_campaign() -> ResponseReturnValue:
    """Puts the chosen people, or everybody who matches, into a campaign; asks which."""
    if request.method == "GET" or "campaign_id" not in request.form:
        return _ask("enroll")
    campaign_id = listing.id_of(request.form["campaign_id"])
    if campaign_id is None:
        return _ask("enroll", "Choose the campaign they should enter. Nobody was added."), 422
    campaign = get_or_404(Campaign, campaign_id)
    result = _enroll(campaign)
    audit("campaign.people_added", "campaign", campaign.id, people=result.added)
    db().commit()
    flash(_told(result, campaign.name), "done")
    return _back()


@pages.route("/contacts/verification", methods=["GET", "POST"])
@requires("contacts.import")
def verify() -> ResponseReturnValue:
    """Verifies the addresses of the chosen people, or of everybody who matches; asks first."""
    if request.method == "GET" or "is_sure" not in request.form:
        return _ask("verify")
    chosen = _chosen()
    try:
        begun = asking.begin(
            chosen, _subject(chosen), author_id=g.user.id, also_fresh=request.form.get("also_fresh") == "1"
        )
    except Refused as problem:
        return _ask("verify", problem.sentence), 422
    db().commit()
    return redirect(url_for("verification.show", verification_id=begun.id), 303)


@pages.post("/contacts/deletion")
@requires("contacts.delete")
def delete() -> ResponseReturnValue:
    """Deletes the chosen people; asks first, and can be undone."""
    if "is_sure" not in request.form:
        return _ask("delete")
    gone = bulk.archive(_chosen())
    audit("contacts.deleted", people=len(gone))
    db().commit()
    if gone:
        first = get(Contact, gone[0])
        undo = url_for(".restore", at=first.archived_at.isoformat()) if first and first.archived_at else None
        flash({"text": f"{plural(len(gone), 'person', 'people')} deleted.", "undo": undo}, "done")  # pyright: ignore[reportArgumentType]  a mapping is what the toast shows
    return _back()


@pages.post("/contacts/restoration")
@requires("contacts.delete")
def restore() -> ResponseReturnValue:
    """Takes a deletion back."""
    try:
        at = datetime.fromisoformat(request.values.get("at", ""))
    except ValueError as problem:
        raise Refused("This undo is damaged. Nothing was changed.") from problem
    back = bulk.restore(at)
    audit("contacts.restored", people=back)
    db().commit()
    flash(f"{plural(back, 'person is', 'people are')} back. They left their campaigns for good.", "done")
    return _back()


def _subject(chosen: bulk.People) -> str:
    """Whom a verification is about, in words."""
    if not isinstance(chosen, Select):
        return plural(len(chosen), "chosen person", "chosen people")
    return "People who match a filter" if set(_query()) - {"sort"} else "Everybody"


def _offers(wanted: PeopleFilter) -> dict[str, Any]:
    """What the filters can be set to; an import or activity only shows while it is set."""
    brought_by = wanted.contacts.brought_by
    return {
        "tag_options": listing.tag_options(),
        "campaign_options": people_list.campaign_options(),
        "segment_options": segments.options(),
        "rule": json.dumps(rule_of(wanted)),
        "verdict_options": list(asking.VERDICT_NAMES.items()),
        "status_options": [(status, status) for status in STATUSES],
        "import_name": listing.import_name(brought_by) if brought_by else None,
        "activity": people_list.ACTIVITIES.get(wanted.activity),
        "doing": wanted.doing,
    }


def _ask(act: str, problem: str = "") -> str:
    """The question before an act on many: how many, and what the act needs to know."""
    everything = request.method == "GET" or request.form.get("everything") == "1"
    ids = [] if everything else _ids()
    count, is_exact = listing.count_of(_conditions()) if everything else (len(ids), True)
    if not count:
        raise Refused("Choose at least one person first. Nothing was changed.")
    return render_template(
        f"people/{act}.html",
        ids=ids,
        everything=everything,
        count=count,
        people=plural(count, "person", "people") if is_exact else f"more than {count:,} people",
        problem=problem,
        campaign_options=people_list.campaign_options(is_open=True),
        tag_options=listing.tag_options(),
        query=_query(),
        back=url_for(".index", **_query()),
    )


def _chosen() -> bulk.People:
    if request.form.get("everything") == "1":
        return listing.ids_where(_conditions())
    return _ids()


def _conditions() -> list[Any]:
    return PeopleFilter.of(request.args).conditions()


def _ids() -> list[UUID]:
    ids = [one for one in map(listing.id_of, request.form.getlist("ids")) if one]
    if len(ids) > _MOST_CHOSEN:
        raise Refused(f"Choose at most {_MOST_CHOSEN:,} people, or all that match. Nothing was changed.")
    if ids and db().scalar(select(Contact.id).where(Contact.id.in_(ids)).limit(1)) is None:
        raise NotFound("None of these people is here any more. Nothing was changed.")
    return ids


def _enroll(campaign: Campaign) -> EnrollResult:
    """A whole segment, import, tag or organization goes in by slices in a job; anything else at once."""
    if request.form.get("everything") != "1":
        return enroll(campaign.id, _ids())
    query = {
        name: value
        for name, value in request.args.items()
        if value and name not in {"sort", "after", "before"}
    }
    if not query:
        return enroll_from(campaign.id, {"everyone": ""})
    if (
        len(query) == 1
        and next(iter(query)) in {"import", "tag", "segment"}
        and listing.id_of(next(iter(query.values())))
    ):
        return enroll_from(campaign.id, query)
    return enroll(campaign.id, listing.ids_where(_conditions()))


def _told(result: EnrollResult, name: str) -> str:
    left_out = {
        "already inside": result.already_inside,
        "deleted": result.archived,
        "not to be reached": result.unreachable,
    }
    why = ", ".join(f"{count:,} {words}" for words, count in left_out.items() if count)
    more = " More follow in a moment." if result.is_following else ""
    return f"{plural(result.added, 'person', 'people')} entered {name}.{f' Left out: {why}.' if why else ''}{more}"


def _back() -> ResponseReturnValue:
    return redirect(url_for(".index", **_query()), 303)


def _query() -> dict[str, Any]:
    return {name: request.args[name] for name in _QUERY if request.args.get(name)}
