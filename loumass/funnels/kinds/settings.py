"""The settings of a step: see `core.settings_form`, which questions of rules are made with as well."""

from loumass.core.settings_form import (
    LONGEST_TEXT,
    ClockTime,
    FormField,
    OptionalAmount,
    OptionalClockTime,
    OptionalWallTime,
    Settings,
    Text,
    chosen_from,
    complaints,
    form_fields,
    lists_chosen_from,
    setting,
)

__all__ = [
    "LONGEST_TEXT",
    "ClockTime",
    "FormField",
    "OptionalAmount",
    "OptionalClockTime",
    "OptionalWallTime",
    "Settings",
    "Text",
    "chosen_from",
    "complaints",
    "form_fields",
    "lists_chosen_from",
    "setting",
]
