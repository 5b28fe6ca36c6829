"""How numbers and days are said on the inbox's pages."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import phonenumbers
from flask import g

from loumass.core import clock


def phone(value: str | None) -> str:
    """A number as people read it: `+1 303 555 0164`. Everything that is no number stays as it is."""
    if not value or not value.startswith("+"):
        return value or ""
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return value
    shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return shown.replace("-", " ")


def short_day(value: datetime | None) -> str:
    """The day of `value` in the organization's time: `20 Feb`, with the year when it is another one."""
    if value is None:
        return ""
    zone = ZoneInfo(g.organization.timezone)
    local = value.astimezone(zone)
    year = "" if local.year == clock.now().astimezone(zone).year else f" {local.year}"
    return f"{local.day} {local:%b}{year}"
