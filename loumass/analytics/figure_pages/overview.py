"""The overview: what happened in a period, against the one before, and when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.analytics import reading
from loumass.analytics.figure_pages.blueprint import behind, csv_file, in_percent, pages, period_now, tabs_of
from loumass.analytics.figure_pages.rows import classes_in
from loumass.analytics.kinds import NOTHING
from loumass.analytics.period import Period
from loumass.funnels.words import WEEKDAYS

#: What the chart's file says of each day.
DAYS = (
    ("Sent", "message.sent"), ("Opened by people", "message.opened"), ("Clicked by people", "message.clicked"),
    ("Fetched by machines first", "message.fetched"), ("Received", "message.received"), ("Replied", "message.replied"),
    ("Bounced", "message.bounced"), ("Failed", "message.failed"), ("Unsubscribed", "contact.unsubscribed"),
    ("Entered a campaign", "enrollment.started"), ("Reached a goal", "enrollment.reached_goal"),
)  # fmt: skip
#: Title, what the list of people calls it, kind of fact, the colour of more of it, and whether it is a part of what was sent.
BOXES = (
    ("Sent", "sent", "message.sent", "muted", False),
    ("Opened", "opened", "message.opened", "green", True),
    ("Clicked", "clicked", "message.clicked", "green", True),
    ("Replied", "replied", "message.replied", "green", True),
    ("Goals reached", "goal", "enrollment.reached_goal", "green", False),
    ("Bounced", "bounced", "message.bounced", "red", True),
    ("Unsubscribed", "unsubscribed", "contact.unsubscribed", "red", True),
)
CHART = ("message.sent", "message.replied")
MACHINES = (
    ("Opened", "message.opened", "opened"),
    ("Clicked", "message.clicked", "clicked"),
)


@pages.get("/figures")
@requires("dashboard.read")
def overview() -> ResponseReturnValue:
    """Sums with their change, days, people and machines, replies by what they say, and when people reply."""
    period = period_now()
    classes, sums = reading.sums_by("class", period), reading.sums_of(period)
    return render_template(
        "figures/overview.html",
        period=period,
        tabs_of=tabs_of("Overview", period),
        sums=sums,
        boxes=boxes_of(sums, period),
        bars=reading.bars_of(period, CHART),
        classes=classes_in(classes),
        machines=machines_in(classes),
        hours=reading.hours_of(period, "message.replied"),
        weekdays=WEEKDAYS,
    )


def boxes_of(sums: reading.Sums, period: Period, **where: Any) -> list[dict[str, Any]]:
    """The numbers in one strip, each with its people, its part of what was sent, and its change."""
    return [
        {
            "label": label,
            "number": sums[kind].now,
            "href": behind(period, did, **where) if sums[kind].now else None,
            "change": sums[kind].change,
            "change_tone": tone if sums[kind].now > sums[kind].before else "muted",
            "note": f"{in_percent(sums.share(kind))} of sent"
            if is_part and sums.share(kind) is not None
            else "",
        }
        for label, did, kind, tone, is_part in BOXES
    ]


def machines_in(classes: dict[str, reading.Sums]) -> list[tuple[str, str, str, int, int]]:
    """(words, kind, what the list calls it, by a machine first, by something) of opens and clicks."""

    def fetched(what: str, by: str) -> int:
        return classes.get(f"{what} by {by}", reading.Sums())["message.fetched"].now

    return [
        (words, kind, did, fetched(did, "a machine"), fetched(did, "something"))
        for words, kind, did in MACHINES
    ]


@pages.get("/figures/days.csv")
@requires("dashboard.read")
def days_csv() -> ResponseReturnValue:
    """Each day of the period, or each week of a long one."""
    return days_file(period_now())


def days_file(period: Period) -> Response:
    """Each day of the period, or each week of a long one."""
    rows = [
        [bar.day.isoformat(), *bar.numbers] for bar in reading.bars_of(period, [kind for _, kind in DAYS])
    ]
    return csv_file("days", period, ["Day", *(words for words, _ in DAYS)], rows)


@pages.get("/figures/replies.csv")
@requires("dashboard.read")
def replies_csv() -> ResponseReturnValue:
    """Replies by what they say."""
    return replies_file(period_now())


def replies_file(period: Period) -> Response:
    """Replies by what they say."""
    rows = [[words, one.now, one.before] for _, words, one in classes_in(reading.sums_by("class", period))]
    return csv_file("replies", period, ["What they said", "Replies", "Replies before"], rows)


@pages.get("/figures/machines.csv")
@requires("dashboard.read")
def machines_csv() -> ResponseReturnValue:
    """Opens and clicks of people, and what machines fetched before any person did."""
    return machines_file(period_now())


def machines_file(period: Period) -> Response:
    """Opens and clicks of people, and what machines fetched before any person did."""
    sums = reading.sums_of(period)
    rows = [
        [words, sums[kind].now, machines, unknown]
        for words, kind, _, machines, unknown in machines_in(reading.sums_by("class", period))
    ]
    header = ["What", "By people", "By machines first", "By something first"]
    return csv_file("machines", period, header, rows)


@pages.get("/figures/hours.csv")
@requires("dashboard.read")
def hours_csv() -> ResponseReturnValue:
    """Messages and replies by weekday and hour."""
    return hours_file(period_now())


def hours_file(period: Period) -> Response:
    """Messages and replies by weekday and hour."""
    return csv_file("hours", period, ["Weekday", "Hour", "Sent", "Replied"], hours_rows(period))


def hours_rows(period: Period, campaign_id: UUID = NOTHING) -> list[list[object]]:
    """(weekday, hour, sent, replied), Monday first."""
    sent, replied = (reading.hours_of(period, kind, campaign_id) for kind in CHART)
    return [
        [name, hour, sent[day][hour], replied[day][hour]]
        for day, name in enumerate(WEEKDAYS)
        for hour in range(24)
    ]
