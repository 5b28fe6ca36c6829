"""What the page of days off asks for."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs
from wtforms.validators import InputRequired, Optional

from loumass.accounts.days_off.calendars import countries_known, regions_of
from loumass.accounts.forms import name_field

_NOBODYS = "None"


class CalendarForm(FlaskForm):
    """Whose public holidays are kept. `country` decides which regions are offered."""

    country = SelectField("Public holidays of", choices=[])
    region = SelectField("Region", choices=[], validate_choice=False)

    def __init__(self, country: str = "", **also: Any) -> None:
        super().__init__(country=country, **also)
        self.country.choices = [
            SelectChoice("", _NOBODYS),
            *(SelectChoice(*one) for one in countries_known()),
        ]
        regions = regions_of(self.country.data or "")
        self.region.choices = [SelectChoice("", "Whole country"), *(SelectChoice(*one) for one in regions)]

    @property
    def has_regions(self) -> bool:
        """Whether there is a region to choose."""
        return len(self.region.choices or ()) > 1

    @property
    def chosen_region(self) -> str:
        """The region, unless it is of another country than the one chosen: whoever changed the country has not chosen."""
        known = {code for code, _ in regions_of(self.country.data or "")}
        return self.region.data if self.region.data in known else ""


class OwnDayForm(FlaskForm):
    """A day off of one's own, or several in a row."""

    name = name_field("What for", "Say what the day is for, like Company retreat.")
    first = DateField("First day", [InputRequired("Choose the day.")])
    last = DateField("Last day", [Optional()], description="Empty: one day.")

    def days(self) -> tuple[date, date]:
        """From, until; call after validation."""
        first = self.first.data or date.min
        return first, self.last.data or first
