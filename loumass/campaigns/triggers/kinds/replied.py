"""A person wrote: an answer to something of ours, or anything at all. What a machine answered does not count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from loumass.campaigns.triggers.base import LOOKS_AT, LOOKS_AT_HINT, LOOKS_BACK, Names, TriggerKind
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting

_BY = {"any": "", "email": " by e-mail", "sms": " by text"}


class RepliedConfig(Settings):
    about: Text = setting(
        "",
        "Answers to",
        chooses="message",
        max_length=LONGEST_TEXT,
        hint="Any campaign: or to nothing of ours.",
    )
    medium: Literal["any", "email", "sms"] = setting(
        "any", "How", choices={"any": "In any way", "email": "By e-mail", "sms": "By text"}
    )
    looks_at: Literal["message", "own"] = setting(
        "message", "Conditions look at", choices=LOOKS_AT, hint=LOOKS_AT_HINT
    )


class Replied(TriggerKind[RepliedConfig]):
    name = "replied"
    label = "A person writes to us"
    icon = "message-reply"
    hint = "What lands in the inbox from a person. Automatic answers do not count."
    hears = ("message.received",)
    Config = RepliedConfig
    # The original is the last message of ours before theirs in the conversation.
    found = f"""
        SELECT t.id AS trigger_id, told.contact_id, CAST(told.message_id AS text) AS occasion,
            CASE WHEN {LOOKS_BACK} THEN coalesce(sent.id, m.id) END AS message_id, told.from_enrollment_id
        FROM told
        JOIN message m ON m.organization_id = :organization_id AND m.id = told.message_id AND m.direction = 'in'
            AND NOT m.is_automatic
        LEFT JOIN node n ON n.organization_id = :organization_id AND n.id = told.node_id
        JOIN trigger t ON t.organization_id = :organization_id AND t.kind = :kind AND t.is_on
            AND (t.config ->> 'medium' = 'any' OR t.config ->> 'medium' = m.medium)
            AND t.config ->> 'about' IN ('', CAST(told.from_campaign_id AS text), told.from_campaign_id || '/' || n.key)
        LEFT JOIN LATERAL (
            SELECT o.id FROM message o WHERE o.organization_id = :organization_id
              AND o.conversation_id = m.conversation_id AND o.direction = 'out' AND o.state = 'sent'
              AND o.occurred_at <= m.occurred_at
            ORDER BY o.occurred_at DESC, o.id DESC LIMIT 1) sent ON true
    """

    def words(self, config: RepliedConfig, names: Names) -> str:
        if not config.about:
            return f"when they write to us{_BY[config.medium]}"
        return f"when they answer {names.of_messages(config.about)}{_BY[config.medium]}"

    def flaws(self, config: RepliedConfig, campaign_id: str) -> Mapping[str, str]:
        return {}
