"""The person fulfils the rule of a segment, and did not before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from loumass.campaigns.triggers.base import Names, TriggerKind
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting


class SegmentEnteredConfig(Settings):
    segment: Text = setting("", "Segment", chooses="segment", max_length=LONGEST_TEXT)
    also: Literal["new", "now"] = setting(
        "new",
        "Who comes in",
        choices={"new": "Who enters it from now on", "now": "Everybody who is in it now, too"},
        hint="Looked at every 15 minutes, in a very large organization less often.",
    )


class SegmentEntered(TriggerKind[SegmentEnteredConfig]):
    name = "segment_entered"
    label = "A segment is entered"
    icon = "users-group"
    hint = "Somebody fulfils its rule who did not before."
    Config = SegmentEnteredConfig

    def words(self, config: SegmentEnteredConfig, names: Names) -> str:
        return f"when they enter the segment {names.segments.get(config.segment, 'that is gone')}"

    def flaws(self, config: SegmentEnteredConfig, campaign_id: str) -> Mapping[str, str]:
        return (
            {}
            if config.segment
            else {"segment": "Choose the segment. There may be none yet: make one first."}
        )
