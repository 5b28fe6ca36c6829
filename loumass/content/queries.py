"""Reading contents and what can be merged into them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from loumass.accounts.models import User
from loumass.contacts.models import Contact, ContactField
from loumass.content.models import Content, ContentVersion
from loumass.content.vocabulary import TAGS, Tag, Vocabulary, custom_tag
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.paging import PAGE_SIZE, Page, page


def library(
    cursor: str | None,
    *,
    words: str = "",
    medium: str = "",
    is_archived: bool = False,
    size: int = PAGE_SIZE,
) -> Page[Content]:
    """The library, newest first: contents that everybody picks from, not the copies of campaigns."""
    statement = select(Content).where(Content.graph_id.is_(None))
    statement = statement.where(
        Content.archived_at.is_not(None) if is_archived else Content.archived_at.is_(None)
    )
    if words:
        statement = statement.where(Content.name.icontains(words, autoescape=True))
    if medium:
        statement = statement.where(Content.medium == medium)
    return page(statement, (Content.created_at, Content.id), cursor, descending=True, size=size)


def newest(content_ids: Sequence[UUID]) -> dict[UUID, ContentVersion]:
    """The newest version of each content, by content id."""
    found = db().scalars(
        select(ContentVersion)
        .join(
            Content,
            (Content.organization_id == ContentVersion.organization_id)
            & (Content.id == ContentVersion.content_id)
            & (Content.version_number == ContentVersion.number),
        )
        .where(ContentVersion.content_id.in_(content_ids))
    )
    return {version.content_id: version for version in found}


def version(content_id: UUID, number: int) -> ContentVersion:
    """One version. Raises NotFound."""
    found = (
        db()
        .scalars(
            select(ContentVersion).where(
                ContentVersion.content_id == content_id, ContentVersion.number == number
            )
        )
        .one_or_none()
    )
    if found is None:
        raise NotFound
    return found


def versions(content_id: UUID, most: int = 20) -> Sequence[tuple[ContentVersion, str]]:
    """The latest versions, newest first, each with its author's name."""
    rows = db().execute(
        select(ContentVersion, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == ContentVersion.created_by_id)
        .where(ContentVersion.content_id == content_id)
        .order_by(ContentVersion.number.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]


def custom_fields() -> Sequence[ContactField]:
    """The organization's own contact columns."""
    return db().scalars(select(ContactField).order_by(ContactField.label, ContactField.id)).all()


def tags() -> list[Tag]:
    """Every merge tag that this organization's authors may write, its own columns last."""
    return [*TAGS, *(Tag(custom_tag(field.key), field.label, "") for field in custom_fields())]


def vocabulary() -> Vocabulary:
    """The merge tags that this organization's authors may write."""
    return Vocabulary.of(db().scalars(select(ContactField.key)))


def people_like(words: str, most: int = 12) -> Sequence[Contact]:
    """People whose name or address begins with `words`; those that came last while there are none."""
    key, alive = words.strip().lower(), select(Contact).where(Contact.archived_at.is_(None))
    if not key:
        return db().scalars(alive.order_by(Contact.created_at.desc(), Contact.id.desc()).limit(most)).all()
    found: dict[UUID, Contact] = {}
    for column in (Contact.name_key, Contact.last_name_key, Contact.email_key):
        begins = alive.where(column >= key, column < key + "\U0010ffff").order_by(column, Contact.id)
        found |= {contact.id: contact for contact in db().scalars(begins.limit(most))}
    return list(found.values())[:most]


def person_called(words: str) -> Contact | None:
    """Whom `words` means: an e-mail address, or the beginning of a name."""
    key = words.strip().lower()
    if not key:
        return None
    alive = select(Contact).where(Contact.archived_at.is_(None))
    if "@" in key:
        return db().scalars(alive.where(Contact.email_key == key).limit(1)).one_or_none()
    for column in (Contact.name_key, Contact.last_name_key):
        # A range in C collation instead of LIKE: it uses its index under the policies.
        found = (
            db()
            .scalars(
                alive.where(column >= key, column < key + "\U0010ffff").order_by(column, Contact.id).limit(1)
            )
            .first()
        )
        if found is not None:
            return found
    return None
