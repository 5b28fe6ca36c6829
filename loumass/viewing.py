"""What every template may use: the navigation, times and numbers in words, permissions."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, g

from loumass.accounts.guards import permitted
from loumass.core import clock, words
from loumass.navigation import navigation


def prepare_templates(app: Flask) -> None:
    """Give `app`'s templates their globals and filters."""
    app.jinja_env.globals.update(navigation=navigation, permitted=permitted, now=clock.now)
    app.jinja_env.filters.update(
        moment=moment, day=day, clock_time=clock_time, number=words.number, plural=words.plural
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def moment(value: datetime | None, timezone: str | None = None) -> str:
    """`words.moment` in `timezone` or the organization's."""
    return words.moment(value, timezone or organization_timezone())


def day(value: datetime | None, timezone: str | None = None) -> str:
    """`words.day` in `timezone` or the organization's."""
    return words.day(value, timezone or organization_timezone())


def clock_time(value: datetime, timezone: str | None = None) -> str:
    """The time of day alone, for what stands under its day: "9:40"."""
    local = value.astimezone(ZoneInfo(timezone or organization_timezone()))
    return f"{local.hour}:{local.minute:02}"


def organization_timezone() -> str:
    """The timezone that pages speak in."""
    organization = g.get("organization")
    return organization.timezone if organization else "UTC"
