"""Kinds that do something at once and go on: stage, status, tag; and the end."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from loumass.campaigns.advancing.ground import Ground, Walker
from loumass.campaigns.advancing.verdict import Verdict, everybody_leaves
from loumass.core.database import db
from loumass.funnels.kinds.end import FINISHED, EndConfig
from loumass.funnels.kinds.set_status import SetStatusConfig
from loumass.funnels.kinds.tag import TagConfig
from loumass.funnels.node import Node

_MAKE_TAG = text("""
    INSERT INTO tag (organization_id, name, created_at) VALUES (:organization_id, :tag, :now)
    ON CONFLICT (organization_id, name_key) DO NOTHING
""")
_ADD_TAG = text("""
    INSERT INTO contact_tag (organization_id, contact_id, tag_id, created_at)
    SELECT :organization_id, one.id, tag.id, CAST(:now AS timestamptz)
    FROM unnest(CAST(:contacts AS uuid[])) AS one(id)
    JOIN tag ON tag.organization_id = :organization_id AND tag.name_key = lower(:tag)
    ON CONFLICT (organization_id, contact_id, tag_id) DO NOTHING
""")
_REMOVE_TAG = text("""
    DELETE FROM contact_tag USING tag
    WHERE contact_tag.organization_id = :organization_id AND contact_tag.contact_id = ANY(CAST(:contacts AS uuid[]))
      AND tag.organization_id = :organization_id AND tag.name_key = lower(:tag) AND contact_tag.tag_id = tag.id
""")


def stage(ground: Ground, node: Node, config: Any, walkers: list[Walker]) -> Verdict:
    """The stage that lists show is the node's name from here on."""
    for walker in walkers:
        walker.stage = node.name
        ground.tell("enrollment.moved", walker, node=str(node.id))
    return everybody_leaves(walkers)


def status(ground: Ground, node: Node, config: SetStatusConfig, walkers: list[Walker]) -> Verdict:
    """The BDR's status is the one the step names."""
    for walker in walkers:
        if walker.status != config.status.value:
            walker.status, walker.status_changed_at = config.status.value, ground.now
            ground.tell("enrollment.status_changed", walker, status=walker.status)
    return everybody_leaves(walkers)


def tag(ground: Ground, node: Node, config: TagConfig, walkers: list[Walker]) -> Verdict:
    """The tag is made when it is new; taking away one that is not there changes nothing."""
    contacts = sorted({walker.contact_id for walker in walkers})
    if config.action == "add":
        db().execute(_MAKE_TAG, ground.bound(tag=config.tag, now=ground.now))
        db().execute(_ADD_TAG, ground.bound(tag=config.tag, now=ground.now, contacts=contacts))
    else:
        db().execute(_REMOVE_TAG, ground.bound(tag=config.tag, contacts=contacts))
    return everybody_leaves(walkers)


def end(ground: Ground, node: Node, config: EndConfig, walkers: list[Walker]) -> Verdict:
    """They leave the campaign here."""
    return Verdict(end={walker.id: config.reason or FINISHED for walker in walkers})
