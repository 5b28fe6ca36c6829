"""What all pages of figures share: the period, their parts, files, and the words for how long something took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, Response, request, url_for

from loumass.accounts.service import audit
from loumass.analytics.listeners import organization_zone
from loumass.analytics.period import Period, asked
from loumass.core.database import db
from loumass.core.exports import csv_lines
from loumass.core.plans import plan_for_what_is_asked

pages = Blueprint("figures", __name__)
pages.before_request(plan_for_what_is_asked)
_PARTS = (
    ("Overview", "figures.overview"),
    ("Campaigns", "figures.campaigns"),
    ("Senders", "figures.senders"),
    ("Colleagues", "figures.colleagues"),
    ("People", "figures.people"),
    ("Values", "figures.values"),
)
#: Steps from small to large: name of one, of many, seconds.
_SPANS = (("day", "days", 86_400), ("hour", "hours", 3_600), ("minute", "minutes", 60))


def period_now() -> Period:
    """The period that the address asks for."""
    return asked(request.args, organization_zone())


def tabs_of(here: str, period: Period) -> list[tuple[str, str, bool]]:
    """The pages of figures, all for the same period: (label, address, whether it is this one)."""
    return [(label, url_for(endpoint, **period.query), label == here) for label, endpoint in _PARTS]


@pages.app_template_global()
def behind(period: Period, did: str, **where: Any) -> str:
    """The address of the people behind a number of the period."""
    bounds = {"since": period.since.isoformat(), "until": period.until.isoformat()}
    return url_for("people.index", did=did, **bounds, **where)


@pages.app_template_filter()
def in_percent(value: float | None) -> str:
    """A part of a whole in percent: "12.1%", "100%"; empty of nothing."""
    if value is None:
        return ""
    return f"{value:.0f}%" if value in (0, 100) else f"{value:.1f}%"


@pages.app_template_global()
def change_of_share(now: float | None, before: float | None) -> str:
    """By how many points a share changed: "+1.2 points"; empty where one of them is none."""
    return f"{now - before:+.1f} points" if now is not None and before is not None else ""


@pages.app_template_filter()
def how_long(seconds: float | None) -> str:
    """ "2 days 4 hours", "35 minutes", "under a minute"; empty of nothing."""
    if seconds is None:
        return ""
    left, said = int(seconds), []
    for one, many, length in _SPANS:
        count, left = divmod(left, length)
        if count:
            said.append(f"{count} {one if count == 1 else many}")
    return " ".join(said[:2]) or "under a minute"


def csv_file(
    name: str, period: Period, header: Sequence[str], rows: Iterable[Sequence[Any]], **about: Any
) -> Response:
    """A table of figures as a file, which is noted."""
    audit(
        "figures.exported",
        figures=name,
        since=period.first.isoformat(),
        until=period.last.isoformat(),
        **about,
    )
    db().commit()
    return Response(
        csv_lines(header, rows),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}-{period.first}-{period.last}.csv"'},
    )
