"""What became of the person in another campaign: how they left it, or a status that they reached there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from loumass.campaigns.triggers.base import LOOKS_AT, LOOKS_AT_HINT, LOOKS_BACK, Names, TriggerKind
from loumass.events.models import Event
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting
from loumass.funnels.statuses import Status

_WHEN = {
    "finished": "They come to its end",
    "left": "They leave it in any way",
    "because": "They leave it because",
    "status": "Their status becomes",
}


class OutcomeConfig(Settings):
    campaign: Text = setting("", "Campaign", chooses="campaign", max_length=LONGEST_TEXT)
    when: Literal["finished", "left", "because", "status"] = setting("finished", "When", choices=_WHEN)
    reason: Text = setting(
        "replied", "Reason", suggests="reasons", max_length=LONGEST_TEXT, only_when=("when", ["because"])
    )
    status: Status = setting(
        Status.NO_SHOW,
        "Status",
        choices={one.value: one.value for one in Status},
        only_when=("when", ["status"]),
    )
    looks_at: Literal["message", "own"] = setting(
        "message", "Conditions look at", choices=LOOKS_AT, hint=LOOKS_AT_HINT
    )


class Outcome(TriggerKind[OutcomeConfig]):
    name = "outcome"
    label = "Another campaign ends for them"
    icon = "route"
    hint = "They came to its end, left it for a reason, or reached a status there."
    hears = ("enrollment.ended", "enrollment.status_changed")
    Config = OutcomeConfig
    found = f"""
        SELECT t.id AS trigger_id, told.contact_id, told.from_enrollment_id || '/' || told.subject || CASE
                WHEN starts_with(told.subject, 'status:') THEN '/' || told.event_id ELSE '' END AS occasion,
            CASE WHEN {LOOKS_BACK} THEN e.last_message_id END AS message_id, told.from_enrollment_id
        FROM told
        JOIN enrollment e ON e.organization_id = :organization_id AND e.id = told.from_enrollment_id
        JOIN trigger t ON t.organization_id = :organization_id AND t.kind = :kind AND t.is_on
            AND t.config ->> 'campaign' = CAST(told.from_campaign_id AS text)
            AND CASE t.config ->> 'when'
                WHEN 'finished' THEN told.subject = 'ended:finished'
                WHEN 'left' THEN starts_with(told.subject, 'ended:')
                WHEN 'because' THEN lower(told.subject) = 'ended:' || lower(t.config ->> 'reason')
                ELSE told.subject = 'status:' || (t.config ->> 'status') END
    """

    def words(self, config: OutcomeConfig, names: Names) -> str:
        campaign = names.campaigns.get(config.campaign, "a campaign that is gone")
        if config.when == "status":
            return f"when their status in {campaign} becomes {config.status.value}"
        return {
            "finished": f"when they come to the end of {campaign}",
            "left": f"when they leave {campaign}",
            "because": f"when they leave {campaign} because: {config.reason}",
        }[config.when]

    def wants(self, config: OutcomeConfig) -> Iterable[str]:
        return ("status" if config.when == "status" else "ended",)

    def subjects(self, event: Event) -> Iterable[str | None]:
        if event.kind == "enrollment.ended":
            return (f"ended:{event.facts.get('reason', '')}",)
        return (f"status:{event.facts.get('status', '')}",)

    def flaws(self, config: OutcomeConfig, campaign_id: str) -> Mapping[str, str]:
        if not config.campaign:
            return {"campaign": "Choose the campaign."}
        if config.campaign == campaign_id:
            return {"campaign": "Choose another campaign: this one is where they come in."}
        return {"reason": "Say for which reason."} if config.when == "because" and not config.reason else {}
