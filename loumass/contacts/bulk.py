"""Acts on many people at once: one statement each, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, delete, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from loumass.contacts import telling
from loumass.contacts.models import Contact, ContactTag, Tag
from loumass.contacts.normalising import clean_text
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all

MOST_TAGS, LONGEST_TAG = 20, 60
People = Sequence[UUID] | Select[UUID]


def tag(people: People, listed: str) -> tuple[int, list[str]]:
    """Gives the people the tags of a comma-separated list; returns (how many got a new one, names).

    Unknown names become tags. Raises Refused for none, too many, or too long ones.
    """
    names = tag_names(listed)
    organization_id = current_organization_id()
    bound = {"organization_id": organization_id, "names": names, "now": clock.now()}
    db().execute(_NEW_TAGS, bound)
    given = db().execute(
        upsert(ContactTag)
        .from_select(
            ["organization_id", "contact_id", "tag_id", "created_at"],
            select(literal(organization_id), Contact.id, Tag.id, literal(clock.now()))
            .join_from(Contact, Tag, Tag.organization_id == Contact.organization_id)
            .where(
                Contact.organization_id == organization_id,
                Contact.id.in_(people),
                Contact.archived_at.is_(None),
                Tag.name_key.in_([one.lower() for one in names]),
            ),
        )
        .on_conflict_do_nothing(index_elements=["organization_id", "contact_id", "tag_id"])
        .returning(ContactTag.contact_id, ContactTag.tag_id)
    )
    new = [(row.contact_id, row.tag_id) for row in given]
    telling.tell_tagged(new)
    return len({contact_id for contact_id, _ in new}), names


def untag(people: People, tag_id: UUID) -> int:
    """Takes a tag off the people; returns how many had it."""
    gone = db().scalars(
        delete(ContactTag)
        .where(ContactTag.tag_id == tag_id, ContactTag.contact_id.in_(people))
        .returning(ContactTag.contact_id)
        .execution_options(synchronize_session=False)
    )
    had_it = gone.all()
    telling.tell_untagged(had_it)
    return len(had_it)


def archive(people: People) -> list[UUID]:
    """Deletes the people as far as anybody sees: their history stays, nobody writes to them. Returns their ids.

    `contact.archived` is told, so that campaigns let them go.
    """
    now = clock.now()
    gone = db().execute(
        update(Contact)
        .where(Contact.id.in_(people), Contact.archived_at.is_(None))
        .values(archived_at=now, updated_at=now)
        .returning(Contact.id)
        .execution_options(synchronize_session=False)
    )
    ids = list(gone.scalars())
    publish_all("contact.archived", [{"contact_id": one} for one in ids])
    return ids


def restore(archived_at: datetime) -> int:
    """Takes one deletion back, known by its moment; returns how many came back.

    Whoever was erased or merged, or whose address lives on in another contact, stays deleted.
    """
    bound = {"organization_id": current_organization_id(), "at": archived_at, "now": clock.now()}
    return len(db().execute(_RESTORE, bound).all())


def tag_names(listed: str) -> list[str]:
    """Returns the different names of a comma-separated list. Raises Refused for none, too many, or too long ones."""
    names = list({word.lower(): word for word in map(clean_text, listed.split(",")) if word}.values())
    if not names:
        raise Refused("Write at least one tag. Nothing was changed.")
    if len(names) > MOST_TAGS or any(len(name) > LONGEST_TAG for name in names):
        raise Refused(
            f"A tag has at most {LONGEST_TAG} letters, and {MOST_TAGS} go at once. Nothing was changed."
        )
    return names


_NEW_TAGS = text("""
    INSERT INTO tag (organization_id, name, created_at)
    SELECT :organization_id, name, CAST(:now AS timestamptz)
    FROM unnest(CAST(:names AS text[])) AS name ORDER BY lower(name)
    ON CONFLICT (organization_id, name_key) DO NOTHING
""")
_RESTORE = text("""
    UPDATE contact SET archived_at = NULL, updated_at = :now
    WHERE organization_id = :organization_id AND archived_at = :at AND erased_at IS NULL AND merged_into_id IS NULL
      AND NOT EXISTS (
          SELECT 1 FROM contact AS other
          WHERE other.organization_id = :organization_id AND other.archived_at IS NULL
            AND (other.email_key = contact.email_key OR other.external_id = contact.external_id))
    RETURNING id
""")
