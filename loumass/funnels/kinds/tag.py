"""Give the contact a tag, or take one away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text

from loumass.contacts.telling import CHANGED, TAG_LESS, TAGGED
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.events.service import Hearers, hearers_of, publish_all
from loumass.funnels.decisions import Act
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Flaw, Kind, Names
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.telling import tell_changed
from loumass.funnels.walking.verdict import Verdict, everybody_leaves
from loumass.funnels.walking.walker import Walker

# The tag is made when it is new.
_MAKE = text("""
    INSERT INTO tag (organization_id, name, created_at) VALUES (:organization_id, :tag, :now)
    ON CONFLICT (organization_id, name_key) DO NOTHING
""")
_GIVE = """
    INSERT INTO contact_tag (organization_id, contact_id, tag_id, created_at)
    SELECT :organization_id, one.id, tag.id, CAST(:now AS timestamptz)
    FROM unnest(CAST(:contacts AS uuid[])) AS one(id)
    JOIN tag ON tag.organization_id = :organization_id AND tag.name_key = lower(:tag)
    ON CONFLICT (organization_id, contact_id, tag_id) DO NOTHING
"""
_ADD = text(_GIVE)
_NEW = text(f"{_GIVE} RETURNING contact_id, tag_id")
_TAKE = """
    DELETE FROM contact_tag USING tag
    WHERE contact_tag.organization_id = :organization_id AND contact_tag.contact_id = ANY(CAST(:contacts AS uuid[]))
      AND tag.organization_id = :organization_id AND tag.name_key = lower(:tag) AND contact_tag.tag_id = tag.id
"""
_REMOVE = text(_TAKE)
_GONE = text(f"{_TAKE} RETURNING contact_tag.contact_id")


@dataclass(frozen=True, slots=True)
class AddTag(Act):
    """The contact has the tag."""

    tag: str


@dataclass(frozen=True, slots=True)
class RemoveTag(Act):
    """The tag is taken from the contact, if it is there."""

    tag: str


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
    changes_people = True

    def decide(self, node: Node, config: TagConfig, facts: Facts, now: datetime) -> AddTag | RemoveTag:
        return AddTag(config.tag) if config.action == "add" else RemoveTag(config.tag)

    def advance(self, ground: Ground, node: Node, config: TagConfig, walkers: Sequence[Walker]) -> Verdict:
        contacts = uuid_array(sorted({walker.contact_id for walker in walkers}))
        bound = ground.bound(tag=config.tag, contacts=contacts)
        if config.action == "add":
            self._add(ground, node, bound, walkers)
        else:
            self._remove(ground, node, bound, walkers)
        return everybody_leaves(walkers)

    def _add(self, ground: Ground, node: Node, bound: dict[str, Any], walkers: Sequence[Walker]) -> None:
        db().execute(_MAKE, ground.bound(tag=bound["tag"], now=ground.now))
        hearers = hearers_of(TAGGED)
        if bound["tag"].lower() in hearers.wanted:
            rows = db().execute(_NEW, bound | {"now": ground.now})
            _tell(ground, node, walkers, {row.contact_id: row.tag_id for row in rows}, hearers)
        else:
            db().execute(_ADD, bound | {"now": ground.now})

    def _remove(self, ground: Ground, node: Node, bound: dict[str, Any], walkers: Sequence[Walker]) -> None:
        hearers = hearers_of(CHANGED)
        if TAG_LESS in hearers.wanted:
            gone = dict.fromkeys(db().scalars(_GONE, bound), (TAG_LESS,))
            tell_changed(ground, node, walkers, gone, hearers)
        else:
            db().execute(_REMOVE, bound)

    def describe(self, node: Node, config: TagConfig, names: Names) -> str:
        if not config.tag:
            return "No tag chosen"
        return f"{'Add' if config.action == 'add' else 'Remove'} “{config.tag}”"

    def flaws(self, config: TagConfig) -> Iterable[Flaw]:
        if not config.tag:
            yield Flaw("no_tag", "names no tag.", "Type the tag that it adds or removes.")


def _tell(
    ground: Ground, node: Node, walkers: Sequence[Walker], new: Mapping[UUID, UUID], hearers: Hearers
) -> None:
    """Who has the tag only now may come into another campaign by it; the enrollment is told, so that no circle is endless."""
    publish_all(
        TAGGED,
        [
            {
                "contact_id": walker.contact_id,
                "campaign_id": ground.campaign_id,
                "enrollment_id": walker.id,
                "node_id": node.id,
                "facts": {"tag": str(new[walker.contact_id])},
            }
            for walker in walkers
            if walker.contact_id in new
        ],
        hearers,
    )
