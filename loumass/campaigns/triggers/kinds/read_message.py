"""A person opened a message, or clicked a link in it. What machines fetch does not count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from loumass.campaigns.triggers.base import LOOKS_AT, LOOKS_AT_HINT, LOOKS_BACK, Names, TriggerKind
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting


class ReadConfig(Settings):
    about: Text = setting("", "A message of", chooses="message", max_length=LONGEST_TEXT)
    looks_at: Literal["message", "own"] = setting(
        "message", "Conditions look at", choices=LOOKS_AT, hint=LOOKS_AT_HINT
    )


class _Read(TriggerKind[ReadConfig]):
    Config = ReadConfig
    # Once for each message, however often they come back to it.
    found = f"""
        SELECT t.id AS trigger_id, told.contact_id, CAST(told.message_id AS text) AS occasion,
            CASE WHEN {LOOKS_BACK} THEN told.message_id END AS message_id, told.from_enrollment_id
        FROM told
        LEFT JOIN node n ON n.organization_id = :organization_id AND n.id = told.node_id
        JOIN trigger t ON t.organization_id = :organization_id AND t.kind = :kind AND t.is_on
            AND t.config ->> 'about' IN ('', CAST(told.from_campaign_id AS text), told.from_campaign_id || '/' || n.key)
    """

    def flaws(self, config: ReadConfig, campaign_id: str) -> Mapping[str, str]:
        own = config.about.partition("/")[0] == campaign_id
        return {"about": "Choose another campaign: this one is where they come in."} if own else {}


class Opened(_Read):
    name = "opened"
    label = "A message is opened"
    icon = "mail-opened"
    hint = "By a person: what mail programs and filters fetch does not count."
    hears = ("message.opened",)

    def words(self, config: ReadConfig, names: Names) -> str:
        return f"when they open a message of {names.of_messages(config.about)}"


class Clicked(_Read):
    name = "clicked"
    label = "A link is clicked"
    icon = "click"
    hint = "By a person: what filters follow does not count."
    hears = ("message.clicked",)

    def words(self, config: ReadConfig, names: Names) -> str:
        return f"when they click a link in a message of {names.of_messages(config.about)}"
