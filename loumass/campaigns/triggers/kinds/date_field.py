"""A day counted from a date in a field of the person: 30 days before their renewal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from loumass.campaigns.triggers.base import Names, TriggerKind
from loumass.core.words import plural
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting

LONGEST = 1_000


class DateFieldConfig(Settings):
    field: Text = setting(
        "", "Date in the field", suggests="fields", max_length=LONGEST_TEXT,
        hint="Dates such as 2026-04-01, 4/1/2026 (month first) or 1.4.2026 (day first).",
    )  # fmt: skip
    days: int = setting(30, "Days", ge=0, le=LONGEST)
    side: Literal["before", "after"] = setting(
        "before", "Before or after", choices={"before": "Before that day", "after": "After that day"}
    )
    yearly: Literal["no", "yes"] = setting(
        "no",
        "Which days",
        choices={"no": "For that day alone", "yes": "Every year, as for a birthday"},
        hint="Every year needs “every time” below. 29 February is 28 February in other years.",
    )


class DateField(TriggerKind[DateFieldConfig]):
    name = "date_field"
    label = "A date comes near"
    icon = "calendar-event"
    hint = "For example 30 days before the renewal, or on every birthday."
    # A date that is set within its days lets them in at once (dates.py).
    hears = ("contact.changed",)
    Config = DateFieldConfig

    def words(self, config: DateFieldConfig, names: Names) -> str:
        field = names.of_field(config.field)
        when = (
            f"{plural(config.days, 'day')} {config.side} {field}" if config.days else f"on the day of {field}"
        )
        return f"{when}, every year" if config.yearly == "yes" else when

    def wants(self, config: DateFieldConfig) -> Iterable[str]:
        return (config.field,)

    def flaws(self, config: DateFieldConfig, campaign_id: str) -> Mapping[str, str]:
        return {} if config.field else {"field": "Choose the field that holds the date."}
