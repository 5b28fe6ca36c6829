"""Write something into a field of the contact: words, today's date, what another field says; or empty it, or count in it.

Exact meaning, for both sides: ``text`` writes ``value`` as it stands; ``today`` the date on the contact's wall calendar, as
2026-03-11; ``copy`` what the field ``source`` says, and nothing where that is empty; ``add`` adds ``by`` to the whole number
that the field says, reading anything else as 0; ``empty`` empties it. What would be longer than a field may be is cut.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator
from sqlalchemy import text

from loumass.contacts.column_names import field_key
from loumass.contacts.telling import CHANGED, changed_sql, names_of
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.events.service import hearers_of
from loumass.funnels.decisions import Act
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Flaw, Kind, Names
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting
from loumass.funnels.local_time import zone_names
from loumass.funnels.node import Node
from loumass.funnels.walking import asking
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import NOTHING_ASKED, Answers, known_of
from loumass.funnels.walking.telling import tell_changed
from loumass.funnels.walking.verdict import Verdict, everybody_leaves
from loumass.funnels.walking.walker import Walker

#: Columns that every contact has and a step may write. Addresses are not among them: they are somebody's identity.
WRITABLE = ("first_name", "last_name", "company", "title", "city", "state", "country", "timezone")
#: What people are told apart by, and what is made from other fields.
NOT_WRITABLE = ("external_id", "email", "phone", "full_name", "source")
_LONGEST_NUMBER = 15  # digits: what a database's whole number surely holds
_MODES = {
    "text": "Write a text",
    "today": "Write today's date",
    "copy": "Copy another field",
    "add": "Add to the number in it",
    "empty": "Empty it",
}

_KNOW = text("""
    INSERT INTO contact_field (organization_id, key, label, created_at)
    VALUES (:organization_id, :field, initcap(replace(:field, '_', ' ')), :now)
    ON CONFLICT (organization_id, key) DO NOTHING
""")
# Locked in id order, so that nobody who writes the same people is waited for in a circle.
_WRITE = """
    WITH chosen AS MATERIALIZED (
        SELECT contact.id, one.value
        FROM unnest(CAST(:contacts AS uuid[]), CAST(:values AS text[])) AS one(id, value)
        JOIN contact ON contact.organization_id = :organization_id AND contact.id = one.id
        ORDER BY contact.id FOR UPDATE OF contact)
    UPDATE contact SET {column}, updated_at = :now
    FROM chosen WHERE contact.organization_id = :organization_id AND contact.id = chosen.id
"""
_WHO = f" RETURNING contact.id, {changed_sql('old', 'new')} AS changed"
_COLUMNS = {name: f"{name} = coalesce(chosen.value, '')" for name in WRITABLE} | {
    "timezone": "timezone = chosen.value, timezone_source = 'given'"
}
_OWN = (
    "fields = CASE WHEN chosen.value IS NULL THEN contact.fields - CAST(:field AS text) "
    "ELSE contact.fields || jsonb_build_object(CAST(:field AS text), chosen.value) END"
)


@dataclass(frozen=True, slots=True)
class SetField(Act):
    """The contact's field says ``value``; None empties it."""

    field: str
    value: str | None


def _as_key(name: str) -> str:
    """A new field is known by its key from the start, as a list's column is."""
    return name if name in WRITABLE or name in NOT_WRITABLE else field_key(name) if name else ""


FieldName = Annotated[Text, AfterValidator(_as_key)]


class SetFieldConfig(Settings):
    field: FieldName = setting(
        "", "Field", hint="A new name makes a new field.", suggests="fields", max_length=60
    )
    mode: Literal["text", "today", "copy", "add", "empty"] = setting("text", "Do what", choices=_MODES)
    value: Text = setting("", "Text", only_when=("mode", ["text"]), max_length=LONGEST_TEXT)
    source: FieldName = setting(
        "", "From which field", suggests="fields", only_when=("mode", ["copy"]), max_length=60
    )
    by: int = setting(
        1,
        "How much",
        hint="Less than zero takes away.",
        only_when=("mode", ["add"]),
        ge=-1_000_000,
        le=1_000_000,
    )


def new_value(config: SetFieldConfig, fields: Mapping[str, str | None], today: str) -> str | None:
    """What the field says afterwards; None for nothing."""
    said = {
        "text": lambda: config.value,
        "today": lambda: today,
        "copy": lambda: fields.get(config.source) or "",
        "add": lambda: str(_number(fields.get(config.field)) + config.by),
        "empty": lambda: "",
    }[config.mode]()
    return said[:LONGEST_TEXT] or None


def _number(said: str | None) -> int:
    plain = (said or "").strip()
    digits = plain.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER
    return int(plain) if is_number else 0


class SetFieldStep(Kind[SetFieldConfig]):
    name = "set_field"
    label = "Set field"
    icon = "forms"
    tone = "green"
    group = "Do"
    hint = "Writes into a field of the person: a text, today's date, or what another field says."
    Config = SetFieldConfig
    changes_people = True

    def decide(self, node: Node, config: SetFieldConfig, facts: Facts, now: datetime) -> SetField:
        today = now.astimezone(facts.timezone).date().isoformat()
        return SetField(config.field, new_value(config, facts.fields, today))

    def look_up(
        self, ground: Ground, node: Node, config: SetFieldConfig, walkers: Sequence[Walker]
    ) -> Answers:
        read = {"copy": config.source, "add": config.field}.get(config.mode)
        return asking.field_of(ground, walkers, read) if read else NOTHING_ASKED

    def advance(
        self, ground: Ground, node: Node, config: SetFieldConfig, walkers: Sequence[Walker]
    ) -> Verdict:
        if any(self.flaws(config)):
            raise ValueError("A field that cannot be written.")
        values = self._values(ground, node, config, walkers)
        self._write(ground, node, config.field, values, walkers)
        return everybody_leaves(walkers)

    def _values(
        self, ground: Ground, node: Node, config: SetFieldConfig, walkers: Sequence[Walker]
    ) -> dict[UUID, str | None]:
        """By contact."""
        contacts = {walker.id: walker.contact_id for walker in walkers}
        found: dict[UUID, str | None] = {}
        for facts, alike in known_of(ground, walkers, self.look_up(ground, node, config, walkers)):
            value = self.decide(node, config, facts, ground.now).value
            found |= {contacts[one]: value for one in alike}
        return found

    def _write(
        self,
        ground: Ground,
        node: Node,
        field: str,
        values: Mapping[UUID, str | None],
        walkers: Sequence[Walker],
    ) -> None:
        bound = ground.bound(
            contacts=uuid_array(values), values=list(values.values()), now=ground.now, field=field
        )
        if field not in WRITABLE:
            db().execute(_KNOW, ground.bound(field=field, now=ground.now))
        statement = _WRITE.format(column=_COLUMNS.get(field, _OWN))
        hearers = hearers_of(CHANGED)
        if watched := names_of(field) & hearers.wanted:
            rows = db().execute(text(statement + _WHO), bound | {"watched": sorted(watched)})
            tell_changed(ground, node, walkers, {row.id: row.changed for row in rows}, hearers)
        else:
            db().execute(text(statement), bound)
        if field == "timezone":
            for walker in walkers:
                walker.timezone = values[walker.contact_id]

    def describe(self, node: Node, config: SetFieldConfig, names: Names) -> str:
        if not config.field:
            return "No field chosen"
        return {
            "text": f"{config.field} becomes “{config.value}”",
            "today": f"{config.field} becomes the day",
            "copy": f"{config.field} becomes {config.source or 'another field'}",
            "add": f"{config.field} {'plus' if config.by >= 0 else 'less'} {abs(config.by)}",
            "empty": f"Empty {config.field}",
        }[config.mode]

    def fields_named(self, config: SetFieldConfig) -> frozenset[str]:
        return frozenset({config.source} if config.mode == "copy" and config.source else ())

    def flaws(self, config: SetFieldConfig) -> Iterable[Flaw]:
        if not config.field:
            yield Flaw("no_field", "writes into no field.", "Choose the field.")
        elif config.field in NOT_WRITABLE:
            yield Flaw(
                "not_writable",
                f"writes into {config.field}, which says who the person is.",
                "Choose another field.",
            )
        if config.mode == "text" and not config.value:
            yield Flaw("no_value", "writes nothing.", "Type the text, or choose to empty the field.")
        if config.mode == "copy" and not config.source:
            yield Flaw("no_source", "copies no field.", "Choose the field to copy.")
        if config.field == "timezone" and (config.mode != "text" or config.value not in zone_names()):
            yield Flaw(
                "unknown_zone", "sets a time zone that does not exist.", "Type one such as America/Denver."
            )
