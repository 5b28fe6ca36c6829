"""People come in by a date in one of their fields: found by the clock once a day, and at once where the field changes.

Days are the organization's. What was missed is caught up with for a week; nobody comes in twice for the same day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Integer,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)  # fmt: skip

from loumass.accounts.models import Organization
from loumass.campaigns.trigger_models import Trigger
from loumass.campaigns.triggers.entering import Named, enter_these
from loumass.campaigns.triggers.kinds.date_field import DateFieldConfig
from loumass.campaigns.triggers.registry import TRIGGERS
from loumass.campaigns.triggers.wanted import waiting
from loumass.contacts.models import Contact
from loumass.contacts.rules.predicates.values import date_sql
from loumass.contacts.telling import COLUMNS
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event

#: So many people are looked at in one slice; their dates are text, so none is found without being read.
SLICE = 50_000
#: What lies further back than this is not caught up with: nobody wants last month's birthday wishes.
MOST_BEHIND = timedelta(days=7)
A_YEAR = timedelta(days=365)


def today() -> date:
    """The organization's day."""
    organization = db().get_one(Organization, current_organization_id())
    return clock.now().astimezone(ZoneInfo(organization.timezone)).date()


def look_for_days(trigger: Trigger, until: date, after: UUID) -> UUID | None:
    """Let in those, in a slice of everybody, whose day came since the last look; returns where to go on, None at the end."""
    config = DateFieldConfig.model_validate(trigger.config)
    last = db().scalar(
        select(Contact.id)
        .where(Contact.archived_at.is_(None), Contact.id > after)
        .order_by(Contact.id)
        .offset(SLICE - 1)
        .limit(1)
    )
    since = max(trigger.looked_until or until - timedelta(days=1), until - MOST_BEHIND)
    shift = _shift(config)
    found = _whose_day(trigger.id, config, since + shift, until + shift).where(Contact.id > after)
    if last is not None:
        found = found.where(Contact.id <= last)
    _enter(db().execute(found).all())
    return last


def look_at_changed(events: Sequence[Event]) -> None:
    """contact.changed: whose date is within its days by now comes in at once; one statement for all triggers."""
    triggers = waiting([TRIGGERS["date_field"]])
    if not triggers:
        return
    here = today()
    found = []
    for trigger in triggers:
        changed = {
            one.contact_id
            for one in events
            if one.contact_id and trigger.config.field in one.facts.get("fields", ())
        }
        if changed:
            since, until = _within_its_days(trigger.config, here)
            people = Contact.id == any_(bindparam(None, sorted(changed), type_=ARRAY(Uuid()), unique=True))
            found.append(_whose_day(trigger.id, trigger.config, since, until).where(people))
    if found:
        _enter(db().execute(union_all(*found)).all())


def _within_its_days(config: DateFieldConfig, here: date) -> tuple[date, date]:
    """Between which days (the first one left out) a date that is set today brings people in today: until a day that they
    come in before is over; for one that they come in after, on that very day."""
    if config.side == "before":
        return here - timedelta(days=1), here + timedelta(days=config.days)
    return here - timedelta(days=config.days + 1), here - timedelta(days=config.days)


def _shift(config: DateFieldConfig) -> timedelta:
    return timedelta(days=config.days if config.side == "before" else -config.days)


def _whose_day(
    trigger_id: UUID, config: DateFieldConfig, since: date, until: date
) -> Select[UUID, UUID, Any]:
    """(trigger, contact, day) of everybody whose date, or its anniversary, is after `since` and not after `until`."""
    written = func.btrim(
        getattr(Contact, config.field) if config.field in COLUMNS else Contact.fields[config.field].astext
    )
    day = date_sql(written)
    if config.yearly == "yes":
        day = _anniversary(day, max(since, until - A_YEAR), until)
    return select(
        literal(trigger_id, Uuid()).label("trigger_id"), Contact.id.label("contact_id"), day.label("day")
    ).where(
        Contact.organization_id == current_organization_id(),
        Contact.archived_at.is_(None),
        day > since,
        day <= until,
    )


def _anniversary(born: ColumnElement[Any], since: date, until: date) -> ColumnElement[Any]:
    """The one that lies between the two, not before the day itself; NULL for none. 29 February is the 28th in other years."""
    found = []
    for year in sorted({(since + timedelta(days=1)).year, until.year}, reverse=True):
        years = cast(year - func.extract("year", born), Integer)
        that = cast(born + func.make_interval(years), Date)
        found.append((and_(that > since, that <= until, that >= born), that))
    return case(*found)


def _enter(rows: Sequence[Any]) -> None:
    enter_these([Named(row.trigger_id, row.contact_id, f"{row.contact_id}/{row.day}") for row in rows])
