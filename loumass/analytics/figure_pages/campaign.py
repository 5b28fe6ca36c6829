"""One campaign in figures: its funnel by step, by the ways of splits, by medium and sender, by hour; how long it takes; what
it brought."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import Response, abort, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.analytics import attribution, reading
from loumass.analytics.figure_pages.blueprint import csv_file, pages
from loumass.analytics.figure_pages.overview import CHART, DAYS, boxes_of, hours_rows, machines_in
from loumass.analytics.figure_pages.rows import HEADER, Row, by_medium, classes_in, senders_named
from loumass.analytics.keeping import kept_shares
from loumass.analytics.listeners import organization_zone
from loumass.analytics.period import LONGEST, Period, asked
from loumass.campaigns.counting import counts_of
from loumass.campaigns.models import Campaign
from loumass.campaigns.pages.blueprint import event_words, tabs_of
from loumass.campaigns.reasons import left_words
from loumass.core.tenancy import get_or_404
from loumass.funnels.graph import Graph
from loumass.funnels.service import graph_of
from loumass.funnels.words import WEEKDAYS


@pages.get("/campaigns/<uuid:id>/figures")
@requires("campaigns.read")
def campaign(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Everything of one campaign; since it started, unless the address says otherwise."""
    one = get_or_404(Campaign, id)
    g.within = "campaigns"
    period, graph = _period(one), graph_of(one.graph_id)
    classes, window = (
        reading.sums_by("class", period, one.id),
        attribution.window_of(request.args.get("window")),
    )
    sums, senders = reading.sums_of(period, one.id), senders_of(one, period)
    return render_template(
        "figures/campaign.html",
        campaign=one,
        tabs_of=tabs_of(one, "Figures"),
        event_words=event_words,
        period=period,
        started=since_start(one),
        sums=sums,
        boxes=boxes_of(sums, period, campaign=one.id),
        bars=reading.bars_of(period, CHART, one.id),
        steps=steps_in(one, graph, period),
        ways=ways_in(one, graph, period),
        media=senders[1],
        senders=senders[0],
        classes=classes_in(classes),
        machines=machines_in(classes),
        ends=ends_in(classes),
        hours=reading.hours_of(period, "message.replied", one.id),
        weekdays=WEEKDAYS,
        window=window,
        windows=attribution.WINDOWS,
        shares=kept_shares(period, window, current_app.extensions["loumass.redis"], one.id),
    )


@pages.get("/campaigns/<uuid:id>/figures/<any(days, steps, ways, senders, hours, ends):what>.csv")
@requires("campaigns.read")
def campaign_csv(id: UUID, what: str) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """One table of the page as a file."""
    one = get_or_404(Campaign, id)
    period = _period(one)
    return campaign_file(one, period, what) if what in FILES else abort(404)


def campaign_file(one: Campaign, period: Period, what: str) -> Response:
    """One of `FILES`."""
    header, rows = FILES[what](one, period)
    return csv_file(f"campaign-{what}", period, header, rows, campaign=str(one.id))


def _period(one: Campaign) -> Period:
    query = request.args if {"days", "from"} & set(request.args) else since_start(one)
    return asked(query, organization_zone())


def since_start(one: Campaign) -> dict[str, str]:
    """The query of all its days, as far as a period may reach back."""
    zone = organization_zone()
    today = Period(1, zone).today
    began = (one.started_at or one.created_at).astimezone(zone).date()
    first = max(began, Period(LONGEST, zone).first)
    return {"from": min(first, today).isoformat(), "to": today.isoformat()}


def steps_in(one: Campaign, graph: Graph, period: Period) -> list[tuple[Row, int, int, int]]:
    """(row, gone on so far, standing there now, left there) of each step that people pass, in the funnel's order."""
    parts, counts = reading.sums_by("step", period, one.id), counts_of(one, graph)
    rows = []
    for node in graph.nodes:
        sums = parts.get(str(node.id), reading.Sums())
        row = Row(
            node.name,
            sums,
            url_for("campaigns.show", id=one.id, at=node.id),
            {"campaign": one.id, "at": node.id},
        )
        rows.append(
            (row, counts.passed.get(node.id, 0), counts.now.get(node.id, 0), sums["enrollment.ended"].now)
        )
    return rows


def ways_in(one: Campaign, graph: Graph, period: Period) -> list[tuple[Row, int]]:
    """(row, people who went it so far) of every way of a split."""
    parts, counts = reading.sums_by("way", period, one.id), counts_of(one, graph)
    rows = []
    for node in (node for node in graph.nodes if node.kind == "split"):
        for branch in sorted(
            {part.partition(":")[2] for part in parts if part.startswith(str(node.id))}
            | _ways_of(graph, node.id)
        ):
            href = url_for("campaigns.show", id=one.id, took=f"{node.id}:{branch}")
            sums = parts.get(f"{node.id}:{branch}", reading.Sums())
            row = Row(f"{node.name}, {branch.upper()}", sums, href)
            rows.append((row, counts.taken.get((node.id, branch), 0)))
    return rows


def _ways_of(graph: Graph, node_id: UUID) -> set[str]:
    return set(graph.ways_out(node_id))


def senders_of(one: Campaign, period: Period) -> tuple[list[Row], list[Row]]:
    """By sender, and by medium."""
    parts = reading.sums_by("sender", period, one.id)
    channels = senders_named(parts)
    rows = [
        Row(channel.name, parts[part], where={"campaign": one.id, "via": channel.id}, note=channel.address)
        for part, channel in channels.items()
    ]
    rows.sort(key=lambda row: -row.sums["message.sent"].now)
    media = by_medium(parts, channels)
    return rows, [Row(row.name, row.sums, where={"campaign": one.id, **row.where}) for row in media]


def ends_in(classes: dict[str, reading.Sums]) -> list[tuple[str, str, reading.Sum]]:
    """(reason, words, sum) of those who left, the most first."""
    kinds = {part: sums["enrollment.ended"] for part, sums in classes.items()}
    rows = [(part, left_words(part), one) for part, one in kinds.items() if one.now]
    return sorted(rows, key=lambda row: (-row[2].now, row[0]))


File = tuple[Sequence[str], Sequence[Sequence[Any]]]


def _days_file(one: Campaign, period: Period) -> File:
    bars = reading.bars_of(period, [kind for _, kind in DAYS], one.id)
    return ["Day", *(words for words, _ in DAYS)], [[bar.day.isoformat(), *bar.numbers] for bar in bars]


def _steps_file(one: Campaign, period: Period) -> File:
    header = ["Step", *HEADER, "Gone on so far", "There now", "Left here"]
    return header, [[*row.cells, *numbers] for row, *numbers in steps_in(one, graph_of(one.graph_id), period)]


def _ways_file(one: Campaign, period: Period) -> File:
    header = ["Way", *HEADER, "People so far"]
    return header, [[*row.cells, people] for row, people in ways_in(one, graph_of(one.graph_id), period)]


def _senders_file(one: Campaign, period: Period) -> File:
    senders, media = senders_of(one, period)
    return ["Sender", *HEADER], [row.cells for row in (*media, *senders)]


def _hours_file(one: Campaign, period: Period) -> File:
    return ["Weekday", "Hour", "Sent", "Replied"], hours_rows(period, one.id)


def _ends_file(one: Campaign, period: Period) -> File:
    rows = [
        [words, end.now, end.before, "" if end.each is None else round(end.each / 86_400, 2)]
        for _, words, end in ends_in(reading.sums_by("class", period, one.id))
    ]
    return ["How they left", "People", "People before", "Days inside"], rows


FILES: dict[str, Callable[[Campaign, Period], File]] = {
    "days": _days_file,
    "steps": _steps_file,
    "ways": _ways_file,
    "senders": _senders_file,
    "hours": _hours_file,
    "ends": _ends_file,
}
