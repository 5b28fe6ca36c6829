"""What the organization writes about: a short list, and who does not want which of it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select, text

from loumass.accounts.service import audit
from loumass.contacts.models import Topic, TopicRefusal
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id

MOST, LONGEST_NAME, LONGEST_TEXT = 30, 60, 200
_REFUSE = text("""
    INSERT INTO topic_refusal (organization_id, topic_id, address_hash, refused_at)
    SELECT CAST(:organization_id AS uuid), topic.id, hash, CAST(:now AS timestamptz)
    FROM unnest(CAST(:topics AS uuid[])) AS topic(id) CROSS JOIN unnest(CAST(:hashes AS bytea[])) AS hash
    ON CONFLICT (organization_id, topic_id, address_hash) DO NOTHING
    RETURNING topic_id
""")


def topics() -> Sequence[Topic]:
    """Those in use, by name."""
    return db().scalars(select(Topic).where(Topic.archived_at.is_(None)).order_by(Topic.name_key)).all()


def refusals_by_topic() -> dict[UUID, int]:
    """Topic -> how many addresses do not want it."""
    counted = select(TopicRefusal.topic_id, func.count()).group_by(TopicRefusal.topic_id)
    return {row[0]: row[1] for row in db().execute(counted)}


def add(name: str, description: str) -> Topic:
    """A new topic, or the archived one of that name again. Raises Refused."""
    name, description = " ".join(name.split())[:LONGEST_NAME], " ".join(description.split())[:LONGEST_TEXT]
    if not name:
        raise Refused("Name the topic as the people who get it would. Nothing was saved.")
    same = db().scalars(select(Topic).where(Topic.name_key == name.lower())).one_or_none()
    if same is not None and same.archived_at is None:
        raise Refused(f"There is a topic called {same.name} already. Nothing was saved.")
    if same is None and len(topics()) >= MOST:
        raise Refused(f"More than {MOST} topics are too many to choose from. Archive one first.")
    topic = same or Topic(name=name)
    topic.name, topic.description, topic.archived_at = name, description, None
    db().add(topic)
    db().flush()
    audit("topic.added", "topic", topic.id)
    return topic


def archive(topic: Topic) -> None:
    """Nobody is asked about it any more; who did not want it is still not written to about it."""
    topic.archived_at = clock.now()
    audit("topic.archived", "topic", topic.id)


def refused_by(hashes: Sequence[bytes]) -> set[UUID]:
    """The topics that one of these addresses does not want."""
    found = select(TopicRefusal.topic_id).where(TopicRefusal.address_hash.in_(hashes))
    return set(db().scalars(found))


def refuse(topic_ids: Sequence[UUID], hashes: Sequence[bytes]) -> set[UUID]:
    """The owner of these addresses does not want these topics; those that they wanted until now."""
    values = {"organization_id": current_organization_id(), "now": clock.now()}
    return set(db().scalars(_REFUSE, {**values, "topics": list(topic_ids), "hashes": list(hashes)}))


def want(topic_ids: Sequence[UUID], hashes: Sequence[bytes]) -> set[UUID]:
    """They want these topics; those that they did not want until now."""
    gone = delete(TopicRefusal).where(
        TopicRefusal.topic_id.in_(topic_ids), TopicRefusal.address_hash.in_(hashes)
    )
    return set(db().scalars(gone.returning(TopicRefusal.topic_id)))
