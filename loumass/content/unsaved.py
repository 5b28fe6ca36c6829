"""What is typed is kept while it is typed, apart from what people are sent: nobody gets half a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from loumass.accounts.models import User
from loumass.content.blocks.document import read
from loumass.content.models import ContentPicture, LinkCheck, UnsavedWords
from loumass.content.pictures import note_pictures
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.tenancy import current_organization_id

FIELDS = (
    "name", "subject", "preheader", "text", "html", "blocks", "way", "says", "voice", "voice_name", "model", "language",
    "steadiness", "likeness", "based_on",
)  # fmt: skip
LARGEST = 2_000_000
#: What nobody has come back to for so long is forgotten.
KEPT_FOR = timedelta(days=60)
CHECKS_KEPT_FOR = timedelta(days=7)


class TypedByTwo(Conflict):
    """Somebody else has typed there meanwhile. `theirs` is what they left."""

    def __init__(self, theirs: UnsavedWords, by: str) -> None:
        super().__init__(f"{by} typed here too meanwhile. Nothing of yours is lost: it stands on this page.")
        self.theirs = theirs


def unsaved_at(place_id: UUID) -> UnsavedWords | None:
    """What was typed there and not saved."""
    return db().scalars(select(UnsavedWords).where(UnsavedWords.place_id == place_id)).one_or_none()


def keep(
    place_id: UUID, medium: str, form: Mapping[str, str], revision: int, author_id: UUID
) -> UnsavedWords:
    """Keep what is typed over what was at `revision` (0: nothing was).

    Raises TypedByTwo where it is another revision by now, Refused for more than LARGEST letters.
    """
    words = {name: form[name].replace("\x00", "") for name in FIELDS if name in form}
    if sum(map(len, words.values())) > LARGEST:
        raise Refused(f"These are more than {LARGEST:,} letters. Shorten it, then it is kept again.")
    found = _changed(place_id, medium, words, revision, author_id)
    if found is None:
        raise _by_somebody_else(place_id)
    _keep_pictures(place_id, words.get("blocks", ""))
    return found


def forget(place_id: UUID) -> None:
    """It was saved, or thrown away."""
    db().execute(delete(UnsavedWords).where(UnsavedWords.place_id == place_id))
    db().execute(delete(ContentPicture).where(ContentPicture.source_id == place_id))


def author_of(words: UnsavedWords) -> str:
    """Who typed it."""
    found = db().get(User, words.written_by_id) if words.written_by_id else None
    return found.name if found else "Somebody"


def forget_old(before: datetime, checked_before: datetime, most: int = 500) -> int:
    """Forget some of what nobody came back to; how many places that were."""
    old = select(UnsavedWords.place_id).where(UnsavedWords.written_at < before).limit(most)
    places = list(db().scalars(old.with_for_update(skip_locked=True)))
    db().execute(delete(UnsavedWords).where(UnsavedWords.place_id.in_(places)))
    db().execute(delete(ContentPicture).where(ContentPicture.source_id.in_(places)))
    db().execute(delete(LinkCheck).where(LinkCheck.asked_at < checked_before))
    return len(places)


def _changed(
    place_id: UUID, medium: str, words: dict[str, str], revision: int, author_id: UUID
) -> UnsavedWords | None:
    values = {"medium": medium, "words": words, "written_by_id": author_id, "written_at": clock.now()}
    put = insert(UnsavedWords).values(
        organization_id=current_organization_id(), place_id=place_id, revision=1, **values
    )
    put = put.on_conflict_do_update(
        index_elements=["organization_id", "place_id"],
        set_={name: put.excluded[name] for name in values} | {"revision": UnsavedWords.revision + 1},
        where=(UnsavedWords.organization_id == current_organization_id())
        & (UnsavedWords.revision == revision),
    )
    found = db().execute(put.returning(UnsavedWords.place_id)).one_or_none()
    return unsaved_at(place_id) if found else None


def _by_somebody_else(place_id: UUID) -> Conflict:
    theirs = unsaved_at(place_id)
    if theirs is None:
        return Conflict("Somebody else saved this meanwhile. What you typed stands on this page.")
    return TypedByTwo(theirs, author_of(theirs))


_DROP_OTHERS = text("""
    DELETE FROM content_picture
    WHERE organization_id = :organization_id AND source_id = :place AND media_id <> ALL(CAST(:media AS uuid[]))
""")


def _keep_pictures(place_id: UUID, blocks: str) -> None:
    media: tuple[UUID, ...] = ()
    with suppress(Refused):  # of blocks that cannot be read nothing is shown
        media = read(blocks).media_ids if blocks else ()
    bound = {"organization_id": current_organization_id(), "place": place_id, "media": list(media)}
    db().execute(_DROP_OTHERS, bound)
    note_pictures({place_id: media})
