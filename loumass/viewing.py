"""What every template may use: addresses, the navigation, times and numbers in words, permissions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, has_request_context, request, url_for

from loumass.accounts.guards import permitted
from loumass.core import clock, words
from loumass.core.parts import part_asked
from loumass.navigation import navigation

#: So many addresses a process keeps: a few hundred kilobytes.
_ADDRESSES = 4_096


def prepare_templates(app: Flask) -> None:
    """Give `app`'s templates their globals and filters."""
    app.jinja_env.globals.update(
        url_for=_remembering(app),
        navigation=navigation,
        part_asked=part_asked,
        permitted=permitted,
        now=clock.now,
    )
    app.jinja_env.filters.update(
        moment=moment, day=day, clock_time=clock_time, number=words.number, plural=words.plural
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _remembering(app: Flask) -> Callable[..., str]:
    """`url_for` that builds each address once: hundreds are on a page, and mostly those of the page before."""

    @lru_cache(_ADDRESSES)
    def built(root: str, endpoint: str, values: tuple[tuple[str, type[Any], Any], ...]) -> str:
        return app.url_for(endpoint, **{name: value for name, _, value in values})

    def address(endpoint: str, **values: Any) -> str:
        # Relative endpoints and whole addresses depend on more of the request than its root, or on there being none.
        if endpoint.startswith(".") or "_external" in values or not has_request_context():
            return url_for(endpoint, **values)
        try:
            # With their types: 1 and True are the same key, and not the same in an address.
            return built(
                request.root_path, endpoint, tuple((name, type(one), one) for name, one in values.items())
            )
        except TypeError:
            # A list, which has several values for one name, is no key.
            return url_for(endpoint, **values)

    return address


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
