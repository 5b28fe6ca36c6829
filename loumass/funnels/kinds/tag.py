"""Give the contact a tag, or take one away."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from loumass.funnels.decisions import AddTag, RemoveTag
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Flaw, Kind, Names
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting
from loumass.funnels.node import Node


class TagConfig(Settings):
    action: Literal["add", "remove"] = setting(
        "add", "Do what", choices={"add": "Add the tag", "remove": "Remove the tag"}
    )
    tag: Text = setting("", "Tag", suggests="tags", max_length=LONGEST_TEXT)


class Tag(Kind[TagConfig]):
    name = "tag"
    label = "Tag"
    icon = "tag"
    tone = "green"
    group = "Do"
    hint = "Adds a tag to the person, or removes one."
    Config = TagConfig

    def decide(self, node: Node, config: TagConfig, facts: Facts, now: datetime) -> AddTag | RemoveTag:
        return AddTag(config.tag) if config.action == "add" else RemoveTag(config.tag)

    def describe(self, node: Node, config: TagConfig, names: Names) -> str:
        if not config.tag:
            return "No tag chosen"
        return f"{'Add' if config.action == 'add' else 'Remove'} “{config.tag}”"

    def flaws(self, config: TagConfig) -> Iterable[Flaw]:
        if not config.tag:
            yield Flaw("no_tag", "names no tag.", "Type the tag that it adds or removes.")
