"""A form on a website, or another program, sends a person to a secret address."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from loumass.campaigns.triggers.base import Names, TriggerKind
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting


def _web_address(value: str) -> str:
    if value and not value.startswith(("https://", "http://")):
        raise ValueError("must begin with https://")
    return value


class CalledConfig(Settings):
    title: Text = setting(
        "Website form", "Called", hint="What it is, for your colleagues.", max_length=LONGEST_TEXT
    )
    existing: Literal["fill", "update", "skip"] = setting(
        "fill",
        "People we know already",
        choices={"fill": "Fill what is empty", "update": "Overwrite", "skip": "Stay as they are"},
    )
    tag: Text = setting("", "Give them the tag", suggests="tags", max_length=60)
    then: Annotated[Text, AfterValidator(_web_address)] = setting(
        "", "Then show", hint="The page that a form leads to. Empty: a short thank you.", max_length=500
    )


class Called(TriggerKind[CalledConfig]):
    name = "called"
    label = "A form or an API call"
    icon = "braces"
    hint = "A secret address that takes a form of your website, or JSON of another program."
    Config = CalledConfig

    def words(self, config: CalledConfig, names: Names) -> str:
        return f"when “{config.title}” is sent" if config.title else "when a form is sent"
