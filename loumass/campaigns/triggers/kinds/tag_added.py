"""Somebody, a list or another campaign gave the person a tag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from loumass.campaigns.triggers.base import Names, TriggerKind
from loumass.events.models import Event
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting


class TagAddedConfig(Settings):
    tag: Text = setting("", "Tag", suggests="tags", max_length=LONGEST_TEXT)


class TagAdded(TriggerKind[TagAddedConfig]):
    name = "tag_added"
    label = "A tag is added"
    icon = "tag"
    hint = "By a person, by a list that is imported, or by a step of another campaign."
    hears = ("contact.tagged",)
    Config = TagAddedConfig
    found = """
        SELECT t.id AS trigger_id, told.contact_id, CAST(told.event_id AS text) AS occasion, CAST(NULL AS uuid) AS message_id,
            told.from_enrollment_id
        FROM told
        JOIN tag ON tag.organization_id = :organization_id AND tag.id = CAST(told.subject AS uuid)
        JOIN trigger t ON t.organization_id = :organization_id AND t.kind = :kind AND t.is_on
            AND lower(t.config ->> 'tag') = tag.name_key
    """

    def words(self, config: TagAddedConfig, names: Names) -> str:
        return f"when the tag {config.tag} is added"

    def wants(self, config: TagAddedConfig) -> Iterable[str]:
        return (config.tag.lower(),)

    def subjects(self, event: Event) -> Iterable[str | None]:
        return (event.facts.get("tag"),)

    def flaws(self, config: TagAddedConfig, campaign_id: str) -> Mapping[str, str]:
        return {} if config.tag else {"tag": "Write which tag it is."}
