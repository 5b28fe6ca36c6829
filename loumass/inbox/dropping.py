"""Voicemail by hand: a recording of the library, or a script that one of the connected voices speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from loumass.content.composing import Draft
from loumass.content.models import Content, ContentVersion
from loumass.content.queries import newest
from loumass.content.service import added_version, create
from loumass.content.sounding import LONGEST_SCRIPT, Voice, length
from loumass.content.speaking_time import spoken
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id
from loumass.speech.service import offered

#: What holds the voices of scripts that were written by hand; put away, so that nobody picks it in the library.
BY_HAND = "Voicemail by hand"
_MOST = 50
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:name AS text), 0))")


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to drop: `value` is what the form names it by."""

    value: str
    label: str
    is_script: bool


@dataclass(frozen=True, slots=True)
class Drop:
    """What a message of it carries; without a sound a voice is yet to speak."""

    version_id: UUID
    sound_id: UUID | None

    @property
    def is_synthetic(self) -> bool:
        """Whether a voice speaks it."""
        return self.sound_id is None


def choices() -> list[Choice]:
    """Voices first, then the recordings of the library, by name."""
    voices = [
        Choice(f"voice:{one.id}", f"A script, spoken by {one.name}", is_script=True) for one in offered()
    ]
    return voices + [
        Choice(
            f"recording:{one.content_id}", f"{name}, {length(one.recording_seconds or 0)}", is_script=False
        )
        for one, name in _recordings()
    ]


def chosen(value: str, script: str, author_id: UUID) -> Drop:
    """What the form names. Raises Refused for what is not offered, and for a script that cannot be dropped."""
    kind, _, named = value.partition(":")
    if kind == "recording":
        found = next((one for one, _ in _recordings() if str(one.content_id) == named), None)
        if found is None:
            raise Refused("That recording is not in the library any more. Choose another; nothing was sent.")
        return Drop(found.id, found.recording_id)
    voice = next((one for one in offered() if kind == "voice" and one.id == named), None)
    if voice is None:
        raise Refused("Choose a recording, or a voice that speaks what you wrote. Nothing was sent.")
    _refuse_script(script)
    return Drop(_spoken_by(Voice(voice.id, voice.name), author_id), None)


def _refuse_script(script: str) -> None:
    if not script.strip():
        raise Refused("There is nothing to say yet. Write the script.")
    if len(script) > LONGEST_SCRIPT:
        raise Refused(
            f"The script has {len(script):,} letters; {LONGEST_SCRIPT:,} are about three minutes. Shorten it."
        )
    if spoken(script).seconds <= 3:
        raise Refused(
            "It takes some three seconds to say, and a drop needs more than 5. Say who calls, and why."
        )


def _recordings() -> Sequence[tuple[ContentVersion, str]]:
    """The newest versions of the library that are recordings."""
    library = (
        db()
        .scalars(
            select(Content)
            .where(Content.medium == "voicemail", Content.graph_id.is_(None), Content.archived_at.is_(None))
            .order_by(Content.name, Content.id)
            .limit(_MOST)
        )
        .all()
    )
    versions = newest([one.id for one in library])
    found = [(versions[one.id], one.name) for one in library if one.id in versions]
    return [(version, name) for version, name in found if version.recording_id is not None]


def _spoken_by(voice: Voice, author_id: UUID) -> UUID:
    """The version that says in this voice whatever its message holds: one for each voice, made when it is first used."""
    db().execute(_LOCK, {"name": f"by_hand:{current_organization_id()}"})
    holder = db().scalar(
        select(Content).where(
            Content.name == BY_HAND, Content.medium == "voicemail", Content.archived_at.is_not(None)
        )
    )
    if holder is None:
        holder = create(BY_HAND, "voicemail", Draft(voice=voice), author_id)
        holder.archived_at = clock.now()
        db().flush()
        return newest([holder.id])[holder.id].id
    rows = db().execute(
        select(ContentVersion.id, ContentVersion.voice).where(ContentVersion.content_id == holder.id)
    )
    for row in rows:
        if row.voice == voice.stored:
            return row.id
    added_version(holder, Draft(voice=voice), author_id)
    return newest([holder.id])[holder.id].id
