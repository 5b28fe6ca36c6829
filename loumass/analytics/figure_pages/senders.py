"""How each sender does: what went, what came back, how many answered."""

from __future__ import annotations

from uuid import UUID

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from loumass.accounts.guards import requires
from loumass.analytics import reading
from loumass.analytics.figure_pages.blueprint import csv_file, pages, period_now, tabs_of
from loumass.analytics.figure_pages.rows import HEADER, Row, by_medium, senders_named
from loumass.analytics.period import Period
from loumass.channels.models import Channel, ChannelDay
from loumass.core.database import db


@pages.get("/figures/senders")
@requires("dashboard.read")
def senders() -> ResponseReturnValue:
    """Every sender that did anything in the period or before, and media together."""
    period = period_now()
    parts = reading.sums_by("sender", period)
    channels = senders_named(parts)
    return render_template(
        "figures/senders.html",
        period=period,
        tabs_of=tabs_of("Senders", period),
        senders=senders_in(parts, channels),
        media=by_medium(parts, channels),
        complained=complained_in(period),
    )


@pages.get("/figures/senders.csv")
@requires("dashboard.read")
def senders_csv() -> ResponseReturnValue:
    """The same as a file."""
    return senders_file(period_now())


def senders_file(period: Period) -> Response:
    """The same as a file."""
    parts = reading.sums_by("sender", period)
    complained = complained_in(period)
    rows = [
        [*Row(one.name, sums).cells, sums["message.failed"].now, complained.get(one.id, 0), one.state]
        for one, sums in senders_in(parts, senders_named(parts))
    ]
    return csv_file("senders", period, ["Sender", *HEADER, "Failed", "Complaints", "State"], rows)


def senders_in(
    parts: dict[str, reading.Sums], channels: dict[str, Channel]
) -> list[tuple[Channel, reading.Sums]]:
    """Those behind the parts of the slice, who sent most first."""
    rows = [(channels[part], sums) for part, sums in parts.items() if part in channels]
    return sorted(rows, key=lambda row: (-row[1]["message.sent"].now, row[0].name, row[0].id))


def complained_in(period: Period) -> dict[UUID, int]:
    """Complaints by sender: they are counted where the sender's own days are."""
    counted = (
        select(ChannelDay.channel_id, func.sum(ChannelDay.complained))
        .where(ChannelDay.day >= period.first, ChannelDay.day <= period.last)
        .group_by(ChannelDay.channel_id)
    )
    return {channel_id: int(number) for channel_id, number in db().execute(counted) if number}
