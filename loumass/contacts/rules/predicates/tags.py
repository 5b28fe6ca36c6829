"""Whether they have a tag."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, select

from loumass.contacts.models import Contact, ContactTag, Tag
from loumass.contacts.rules.predicate import Asked, Known, Names, Needs, Predicate, Ref, Reference
from loumass.contacts.rules.predicates.values import folded
from loumass.core.database import db
from loumass.core.settings_form import LONGEST_TEXT, Settings, Text, setting

MOST_OFFERED = 500


class TagSettings(Settings):
    """A tag by its name, as steps of funnels name it too: it may be given to its first person by the very same funnel."""

    tag: Text = setting("", "Tag", suggests="tags", max_length=LONGEST_TEXT)


class HasTag(Predicate[TagSettings]):
    name = "tag"
    label = "Tag"
    group = "The person"
    yes_no = ("have it", "do not have it")
    Settings = TagSettings

    def words(self, settings: TagSettings, is_not: bool, names: Names) -> str:
        return f"tag is {'not ' if is_not else ''}{settings.tag}"

    def sql(self, settings: TagSettings, asked: Asked) -> ColumnElement[bool]:
        tag_id: UUID | None = asked.names.id_of("tag", settings.tag)
        if tag_id is None:
            return false()
        return exists(
            select(ContactTag.contact_id)
            .where(
                ContactTag.organization_id == asked.organization_id,
                ContactTag.tag_id == tag_id,
                ContactTag.contact_id == Contact.id,
            )
            .correlate(Contact)
        )

    def holds(self, settings: TagSettings, facts: Known, now: datetime) -> bool:
        return folded(settings.tag) in map(folded, facts.tags)

    def needs(self, settings: TagSettings) -> Needs:
        return Needs(has_tags=True)

    def refers(self, settings: TagSettings) -> Iterable[Ref]:
        yield "tag", settings.tag

    def flaws(self, settings: TagSettings) -> Iterable[tuple[str, str]]:
        if not settings.tag:
            yield "tag", "Type the tag."


def _find(names: Collection[str]) -> dict[str, tuple[UUID, str]]:
    rows = db().execute(
        select(Tag.name_key, Tag.id, Tag.name).where(Tag.name_key.in_({folded(one) for one in names}))
    )
    found = {row.name_key: (row.id, row.name) for row in rows}
    return {name: found[folded(name)] for name in names if folded(name) in found}


def _offer() -> Sequence[tuple[str, str]]:
    names = db().scalars(select(Tag.name).order_by(Tag.name_key).limit(MOST_OFFERED))
    return [(name, name) for name in names]


TAGS = Reference("tag", _find, _offer)
