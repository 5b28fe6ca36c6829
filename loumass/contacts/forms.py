"""What the pages of contacts ask for."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs
from wtforms.validators import Length

from loumass.accounts.place_choices import KeptOptions, zone_choices
from loumass.accounts.places import timezones
from loumass.contacts.models import MEDIA
from loumass.contacts.normalising import clean_text
from loumass.contacts.validation import MAX_TEXT

MEDIUM_NAMES = {"email": "E-mail", "sms": "Texts", "voicemail": "Voicemail"}
_SHORT = Length(max=MAX_TEXT, message=f"At most {MAX_TEXT} characters.")


def _cleaned(value: str | None) -> str:
    return clean_text(value or "")


def _text(label: str, **more: Any) -> StringField:
    return StringField(label, [_SHORT], filters=[_cleaned], **more)


class ContactForm(FlaskForm):
    """One person. An e-mail or a mobile is needed; `editing.py` judges the addresses."""

    first_name = _text("First name")
    last_name = _text("Last name")
    email = _text("E-mail", description="An e-mail or a mobile is needed.", render_kw={"inputmode": "email"})
    phone = _text("Mobile", render_kw={"inputmode": "tel"})
    company = _text("Company")
    title = _text("Job title")
    city = _text("City")
    state = _text("State or region")
    country = _text("Country")
    timezone = SelectField("Time zone", default="", widget=KeptOptions())
    owner = SelectField("Owner", default="")
    external_id = _text("Id in your other system")

    def offer(self, members: list[tuple[str, str]], timezone: str = "") -> ContactForm:
        """Fills the choices, with the zone that the person has even if we would not offer it; returns the form."""
        zones = [SelectChoice(timezone, timezone)] if timezone and timezone not in timezones() else []
        guess = SelectChoice("", "From the number, else your organization's")
        self.timezone.choices = [guess, *zones, *zone_choices()]
        self.owner.choices = [SelectChoice("", "Nobody"), *(SelectChoice(*member) for member in members)]
        return self

    def values(self) -> dict[str, str]:
        """Returns what was typed, by column."""
        names = (
            *("first_name", "last_name", "email", "phone", "company", "title", "city", "state", "country"),
            *("timezone", "owner", "external_id"),
        )
        return {name: self[name].data or "" for name in names}


class SuppressionForm(FlaskForm):
    """Addresses that must not be used on a medium."""

    medium = SelectField("On", choices=[SelectChoice(medium, MEDIUM_NAMES[medium]) for medium in MEDIA])
    addresses = TextAreaField(
        "Addresses", description="One on each line: e-mail addresses, or mobile numbers."
    )
    note = StringField("Why", [Length(max=500)], filters=[_cleaned], description="Kept with each address.")
