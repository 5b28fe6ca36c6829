"""A field of the person got another value, or a certain one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from loumass.campaigns.triggers.base import Names, TriggerKind
from loumass.contacts.telling import value_sql
from loumass.events.models import Event
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting


class FieldChangedConfig(Settings):
    field: Text = setting("", "Field", suggests="fields", max_length=LONGEST_TEXT)
    when: Literal["any", "to"] = setting(
        "any", "When", choices={"any": "It gets another value", "to": "It becomes"}
    )
    value: Text = setting(
        "",
        "Value",
        hint="Capital letters do not matter. Empty: it has no value any more.",
        max_length=LONGEST_TEXT,
        only_when=("when", ["to"]),
    )


class FieldChanged(TriggerKind[FieldChangedConfig]):
    name = "field_changed"
    label = "A field changes"
    icon = "pencil"
    hint = "By a person, a list, a form or a step. Also when new people come with a value."
    hears = ("contact.changed",)
    Config = FieldChangedConfig
    # What the field says now counts: it may have changed again since.
    found = f"""
        SELECT t.id AS trigger_id, told.contact_id, told.event_id || '/' || told.subject AS occasion,
            CAST(NULL AS uuid) AS message_id, told.from_enrollment_id
        FROM told
        JOIN trigger t ON t.organization_id = :organization_id AND t.kind = :kind AND t.is_on
            AND t.config ->> 'field' = told.subject
        JOIN contact c ON c.organization_id = :organization_id AND c.id = told.contact_id
        WHERE t.config ->> 'when' = 'any'
          OR lower(coalesce({value_sql("c", "told.subject")}, '')) = lower(coalesce(t.config ->> 'value', ''))
    """

    def words(self, config: FieldChangedConfig, names: Names) -> str:
        field = names.of_field(config.field)
        if config.when == "any":
            return f"when {field} changes"
        return f"when {field} becomes {config.value}" if config.value else f"when {field} is emptied"

    def wants(self, config: FieldChangedConfig) -> Iterable[str]:
        return (config.field,)

    def subjects(self, event: Event) -> Iterable[str | None]:
        return event.facts.get("fields", ())

    def flaws(self, config: FieldChangedConfig, campaign_id: str) -> Mapping[str, str]:
        return {} if config.field else {"field": "Choose the field."}
