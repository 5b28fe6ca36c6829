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
    complaints,
    form_fields,
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
    "complaints",
    "form_fields",
    "setting",
]
