"""Values that people brought, whose they are, and those that are written down by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.analytics import attribution
from loumass.analytics.earning import Earned, earn, take_back
from loumass.analytics.figure_pages.blueprint import csv_file, pages, period_now, tabs_of
from loumass.analytics.keeping import kept_shares
from loumass.analytics.listeners import organization_zone
from loumass.analytics.models import Earning
from loumass.analytics.period import Period
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.ids import uuid7
from loumass.core.money import CURRENCIES, minor_units, money
from loumass.core.paging import Page, page

SOURCES = {"goal": "Goal", "order": "Order", "by_hand": "By hand"}


@pages.app_template_filter("money")
def money_words(amount: int, currency: str) -> str:
    """`money` for templates."""
    return money(amount, currency)


class ValueForm(FlaskForm):
    """A value that somebody brought and that no goal or shop tells of."""

    email = StringField(
        "Their e-mail address", [InputRequired("Whose is it? Write their e-mail address."), Length(max=320)]
    )
    amount = StringField(
        "Amount",
        [InputRequired("How much is it?"), Length(max=40)],
        description="Such as 1,250.50. Below zero for what was given back.",
    )
    currency = SelectField(
        "Currency", choices=[SelectChoice(code, code) for code in CURRENCIES], default="USD"
    )
    day = DateField("Day", [InputRequired("When was it? Write a date.")])
    note = StringField("What for", [Optional(), Length(max=200)])
    contact: Contact | None = None
    minor = 0

    def validate_email(self, field: StringField) -> None:
        """Somebody who is there."""
        key = (field.data or "").strip().lower()
        found = select(Contact).where(Contact.email_key == key, Contact.archived_at.is_(None))
        self.contact = db().scalar(found)
        if self.contact is None:
            raise ValidationError("Nobody here has this address. Add them to the contacts first.")

    def validate_amount(self, field: StringField) -> None:
        """An amount in its currency."""
        try:
            self.minor = minor_units(field.data or "", self.currency.data)
        except ValueError as problem:
            raise ValidationError(f"The amount {problem}.") from problem
        if not self.minor:
            raise ValidationError("The amount is nothing.")

    def validate_day(self, field: DateField) -> None:
        """A day that was."""
        today = Period(1, organization_zone()).today
        if field.data and not 2000 <= field.data.year <= today.year:
            raise ValidationError("Write a day between the year 2000 and today.")
        if field.data and field.data > today:
            raise ValidationError("That day is still to come.")


@pages.get("/figures/values")
@requires("dashboard.read")
def values() -> ResponseReturnValue:
    """What campaigns brought, by three ways of counting; the newest values."""
    return _shown(ValueForm(formdata=None, day=Period(1, organization_zone()).today))


@pages.post("/figures/values")
@requires("values.write")
def add_value() -> ResponseReturnValue:
    """Writes one down."""
    form = ValueForm()
    if not form.validate() or form.contact is None or form.day.data is None:
        return _shown(form), 422
    note = (form.note.data or "").strip()
    write_down(form.contact.id, form.minor, form.currency.data, form.day.data, note)
    said = money(form.minor, form.currency.data)
    db().commit()
    flash(f"{said} written down for {form.contact.label}.", "done")
    return redirect(url_for(".values", **period_now().query), 303)


@pages.post("/figures/values/<uuid:id>/removal")
@requires("values.write")
def remove_value(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Takes one back that was written down by hand."""
    said = cross_out(id)
    db().commit()
    flash(f"{said} taken away.", "done")
    return redirect(url_for(".values", **period_now().query), 303)


def write_down(contact_id: UUID, amount: int, currency: str, day: date, note: str) -> UUID:
    """A value of that day; its id."""
    when, own = _moment(day, organization_zone()), str(uuid7())
    value = Earned(contact_id, amount, currency, when, "by_hand", own, note=note, recorded_by_id=g.user.id)
    [made] = earn([value])
    audit("value.added", "earning", made, amount=money(amount, currency))
    return made


def cross_out(value_id: UUID) -> str:
    """Takes a value back that was written down by hand; returns how much it was, in words. Raises NotFound."""
    row = take_back(value_id)
    if row is None:
        raise NotFound("This value is not here, or nobody wrote it down by hand.")
    said = money(row.amount, row.currency)
    audit("value.removed", "earning", value_id, amount=said)
    return said


@pages.get("/figures/values.csv")
@requires("dashboard.read")
def values_csv() -> ResponseReturnValue:
    """What campaigns brought, in whole amounts of their currencies."""
    return values_file(period_now(), attribution.window_of(request.args.get("window")))


def values_file(period: Period, window: int) -> Response:
    """What campaigns brought, in whole amounts of their currencies."""
    rows = [
        [
            one.name or "Nobody",
            one.currency,
            *(_plain(part, one.currency) for part in (one.first, one.last, one.linear)),
            one.values,
        ]
        for one in attribution.shares(period, window)
    ]
    header = ["Campaign", "Currency", "First touch", "Last touch", "Shared", "Values"]
    return csv_file("values", period, header, rows, window=window)


def _shown(form: ValueForm) -> str:
    period, window = period_now(), attribution.window_of(request.args.get("window"))
    earned = earned_in(period, request.args.get("after") or request.args.get("before"))
    return render_template(
        "figures/values.html",
        period=period,
        tabs_of=tabs_of("Values", period),
        window=window,
        windows=attribution.WINDOWS,
        totals=attribution.totals(period),
        shares=kept_shares(period, window, current_app.extensions["loumass.redis"]),
        earned=earned,
        earned_rows=[(row[0], row[1]) for row in earned.items],
        sources=SOURCES,
        form=form,
    )


def earned_in(period: Period, cursor: str | None, size: int = 20) -> Page[Any]:
    """A page of (value, contact), the newest first."""
    found = (
        select(Earning, Contact)
        .join(
            Contact, (Contact.organization_id == Earning.organization_id) & (Contact.id == Earning.contact_id)
        )
        .where(Earning.earned_at >= period.since, Earning.earned_at < period.until)
    )
    return page(found, [Earning.earned_at, Earning.id], cursor, descending=True, size=size)


def _moment(day: date, zone: ZoneInfo) -> datetime:
    """The end of a day that is over, or now: what was written that day came before it."""
    end = datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)
    return min(end, clock.now())


def _plain(amount: int, currency: str) -> str:
    return money(amount, currency).rpartition(" ")[0].replace(",", "")
