"""Time zones and countries as a form offers them."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs
from wtforms.widgets import Select

from loumass.accounts.places import countries, timezones


@cache
def zone_choices() -> tuple[SelectChoice, ...]:
    """Every time zone that means a place."""
    return tuple(SelectChoice(zone, zone) for zone in timezones())


@cache
def country_choices() -> tuple[SelectChoice, ...]:
    """Every country."""
    return tuple(SelectChoice(code, name) for code, name in countries())


class KeptOptions(Select):
    """Hundreds of options are the same on each page: they are written once."""

    @classmethod
    def render_option(cls, choice: Any) -> Markup:  # pyright: ignore[reportIncompatibleMethodOverride]  newer than its stubs
        """`choice` as an <option>."""
        return _option(choice.value, choice.label, choice.selected)


@lru_cache(4_096)
def _option(value: str, label: str, is_selected: bool) -> Markup:
    selected = Markup(" selected") if is_selected else ""
    return Markup('<option{} value="{}">{}</option>').format(selected, value, label)
