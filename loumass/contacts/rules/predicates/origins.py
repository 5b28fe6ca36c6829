"""Where people come from and whose they are: since when, from which list, which owner; and which day it is for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, exists, select

from loumass.contacts import editing
from loumass.contacts.models import Contact, ContactImport, ImportedContact
from loumass.contacts.rules.places_in_time import is_their_weekday
from loumass.contacts.rules.predicate import Asked, Known, Names, Predicate, Ref, Reference
from loumass.contacts.rules.reading import ids_among
from loumass.core.database import db
from loumass.core.settings_form import LONGEST_TEXT, Settings, Text, setting
from loumass.core.words import plural

LONGEST_DAYS = 3650
MOST_OFFERED = 200
NOBODY = "nobody"
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class AddedSettings(Settings):
    days: int = setting(30, "Days", ge=1, le=LONGEST_DAYS)


class Added(Predicate[AddedSettings]):
    name = "added"
    label = "Added in the last days"
    group = "Where they come from"
    yes_no = ("were", "were not")
    Settings = AddedSettings

    def words(self, settings: AddedSettings, is_not: bool, names: Names) -> str:
        return f"{'not ' if is_not else ''}added in the last {plural(settings.days, 'day')}"

    def sql(self, settings: AddedSettings, asked: Asked) -> ColumnElement[bool]:
        return Contact.created_at >= asked.now - timedelta(days=settings.days)


class ImportSettings(Settings):
    import_id: Text = setting("", "Import", chooses="import", max_length=LONGEST_TEXT)


class Imported(Predicate[ImportSettings]):
    name = "import"
    label = "Import"
    group = "Where they come from"
    yes_no = ("came with it", "did not come with it")
    Settings = ImportSettings

    def words(self, settings: ImportSettings, is_not: bool, names: Names) -> str:
        return f"{'did not come' if is_not else 'came'} with {names.name_of('import', settings.import_id)}"

    def sql(self, settings: ImportSettings, asked: Asked) -> ColumnElement[bool]:
        return exists(
            select(ImportedContact.contact_id)
            .where(
                ImportedContact.organization_id == asked.organization_id,
                ImportedContact.import_id == asked.names.id_of("import", settings.import_id),
                ImportedContact.contact_id == Contact.id,
            )
            .correlate(Contact)
        )

    def refers(self, settings: ImportSettings) -> Iterable[Ref]:
        yield "import", settings.import_id


class OwnerSettings(Settings):
    owner: Text = setting("", "Owner", chooses="owner", max_length=LONGEST_TEXT)


def is_whose(settings: OwnerSettings, owner_id: UUID | None) -> bool:
    """Whether that is the owner who is asked for."""
    return settings.owner == (str(owner_id) if owner_id else NOBODY)


class Owned(Predicate[OwnerSettings]):
    name = "owner"
    label = "Owner"
    group = "Where they come from"
    yes_no = ("is", "is not")
    Settings = OwnerSettings

    def words(self, settings: OwnerSettings, is_not: bool, names: Names) -> str:
        return f"owner is {'not ' if is_not else ''}{names.name_of('owner', settings.owner)}"

    def sql(self, settings: OwnerSettings, asked: Asked) -> ColumnElement[bool]:
        if settings.owner == NOBODY:
            return Contact.owner_id.is_(None)
        return Contact.owner_id == asked.names.id_of("owner", settings.owner)

    def refers(self, settings: OwnerSettings) -> Iterable[Ref]:
        yield "owner", settings.owner


class WeekdaySettings(Settings):
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = setting(
        (0, 1, 2, 3, 4), "It is", choices=dict(enumerate(DAY_NAMES)), hint="Their time."
    )


class Weekday(Predicate[WeekdaySettings]):
    name = "weekday"
    label = "Weekday, their time"
    group = "The person"
    yes_no = ("is", "is not")
    Settings = WeekdaySettings

    def words(self, settings: WeekdaySettings, is_not: bool, names: Names) -> str:
        days = " or ".join(DAY_NAMES[day] for day in sorted(set(settings.weekdays)))
        return f"it is {'not ' if is_not else ''}{days} where they are"

    def sql(self, settings: WeekdaySettings, asked: Asked) -> ColumnElement[bool]:
        return is_their_weekday(asked, frozenset(settings.weekdays))

    def holds(self, settings: WeekdaySettings, facts: Known, now: datetime) -> bool:
        return now.astimezone(facts.timezone).weekday() in settings.weekdays

    def flaws(self, settings: WeekdaySettings) -> Iterable[tuple[str, str]]:
        if not settings.weekdays:
            yield "weekdays", "Choose at least one day."


def _find_imports(values: Collection[str]) -> dict[str, tuple[UUID, str]]:
    ids = ids_among(values)
    rows = db().execute(
        select(ContactImport.id, ContactImport.file_name).where(ContactImport.id.in_(list(ids)))
    )
    return {ids[row.id]: (row.id, row.file_name) for row in rows}


def _offer_imports() -> Sequence[tuple[str, str]]:
    newest = select(ContactImport.id, ContactImport.file_name).order_by(
        ContactImport.created_at.desc(), ContactImport.id.desc()
    )
    return [(str(row.id), row.file_name) for row in db().execute(newest.limit(MOST_OFFERED))]


def _find_owners(values: Collection[str]) -> dict[str, tuple[UUID | str, str]]:
    known: dict[str, tuple[UUID | str, str]] = {
        user_id: (UUID(user_id), name) for user_id, name in editing.members()
    }
    known[NOBODY] = (NOBODY, NOBODY)
    return {value: known[value] for value in values if value in known}


def _offer_owners() -> Sequence[tuple[str, str]]:
    return [(NOBODY, "Nobody"), *editing.members()]


IMPORTS = Reference("import", _find_imports, _offer_imports, "Choose one of your imports.")
OWNERS = Reference("owner", _find_owners, _offer_owners, "Choose somebody of your organization.")
