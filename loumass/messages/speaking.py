"""Voicemail that a voice is yet to speak: between the queue and delivery, with no transaction open and nothing in doubt.

A message comes here when every other gate would let it go right now (`gates.py`, `unspoken`), so that nothing is paid for
that would not be dropped; and goes back into the queue with its sound, where all gates judge it once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text

from loumass.accounts.numbering import organization_number
from loumass.channels.models import Channel
from loumass.content.sounding import too_short
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.storage import StorageUnavailable
from loumass.core.tenancy import current_organization_id, get_or_404, transaction
from loumass.media.service import hold
from loumass.messages import recording, rendering
from loumass.messages.gates_waiting import why_wait
from loumass.messages.planning import DELIVER
from loumass.providers.errors import Disconnected, ProviderError, Rejected
from loumass.speech.models import VoiceAccount
from loumass.speech.service import VOICES
from loumass.speech.speaking import SpokenElsewhere, Words, spoken

#: Messages of one slice: what is alike among them is spoken once.
BATCH = 25
UNSPOKEN = "unspoken"
#: Another process speaks the same words, or storage takes nothing: look again then.
SOON = timedelta(seconds=5)
#: Words that nobody wanted for so long, and that no message says, are forgotten with their sound.
UNWANTED_FOR = timedelta(days=30)
_MOST_FORGOTTEN = 1_000
log = structlog.get_logger("speak")

_UNSPOKEN = text("""
    SELECT m.* FROM message m
    WHERE m.organization_id = :organization_id AND m.channel_id = :channel_id AND m.is_open AND m.state = 'queued'
      AND m.waiting_for = :unspoken
    ORDER BY m.priority, m.id LIMIT :most
""")
_GOES_ON = text("""
    UPDATE message SET sound_id = coalesce(CAST(:sound_id AS uuid), sound_id), due_at = :now, waiting_for = NULL
    WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND is_open AND state = 'queued'
      AND waiting_for = :unspoken
    RETURNING id
""")
_FAILED = text("""
    UPDATE message SET state = 'failed', ended_at = :now, due_at = NULL, waiting_for = NULL,
        reason_code = :code, reason = :reason
    WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND is_open AND state = 'queued'
      AND waiting_for = :unspoken
    RETURNING *, false AS is_dead, NULL AS thread_id
""")
_FORGET = text("""
    DELETE FROM spoken_text WHERE organization_id = :organization_id AND key IN (
        SELECT key FROM spoken_text AS spoken
        WHERE spoken.organization_id = :organization_id AND spoken.asked_at < :before AND NOT EXISTS (
            SELECT 1 FROM message WHERE organization_id = :organization_id AND sound_id = spoken.media_id)
        LIMIT :most)
      AND asked_at < :before
    RETURNING key
""")
_CHANNELS = text("""
    SELECT ch.id FROM channel ch
    WHERE ch.organization_id = :organization_id AND ch.medium = 'voicemail' AND EXISTS (
        SELECT 1 FROM message m WHERE m.organization_id = :organization_id AND m.channel_id = ch.id AND m.is_open
          AND m.state = 'queued' AND m.waiting_for = :unspoken)
""")


@dataclass(slots=True)
class _Found:
    """What a slice has to speak: words and the messages that say them; others cannot be written or may not go."""

    channel: Channel
    speaker: VoiceAccount | None
    count: int = 0
    words: dict[Words, list[UUID]] = field(default_factory=dict)
    unwritable: dict[str, list[UUID]] = field(default_factory=dict)
    others: list[UUID] = field(default_factory=list)


def speak_slice(channel_id: UUID) -> datetime | None:
    """Speak for some of the channel's messages; when to look again (at once when more wait), or None."""
    with transaction():
        found = _found(channel_id)
    if not found.count:
        return None
    with transaction():
        _go_on(found.channel, found.others)
        for reason, ids in found.unwritable.items():
            _fail(found.channel, ids, "unrenderable", reason)
    if found.speaker is None or found.speaker.state != "active":
        return None  # whoever connects it has the sweep look again
    if found.speaker.resting_until and found.speaker.resting_until > clock.now():
        return found.speaker.resting_until if found.words else None
    return _speak_all(found)


def waiting_channels() -> Sequence[UUID]:
    """Channels of which messages wait to be spoken."""
    return db().scalars(_CHANNELS, _of(unspoken=UNSPOKEN)).all()


def _found(channel_id: UUID) -> _Found:
    found = _Found(get_or_404(Channel, channel_id), VOICES.account())
    rows = db().execute(_UNSPOKEN, _of(channel_id=channel_id, unspoken=UNSPOKEN, most=BATCH)).all()
    found.count = len(rows)
    if rows:
        around = rendering.surroundings(found.channel, organization_number(), rows)
        waits = why_wait([row.id for row in rows])
        for row in rows:
            if [one.gate for one in waits.get(row.id, [])] == [UNSPOKEN]:
                _take(found, row, around)
            else:
                found.others.append(row.id)
    return found


def _take(found: _Found, row: Row[Any], around: rendering.Surroundings) -> None:
    try:
        values = rendering.merge_values(row, around.organization_number)
        voice = around.drafts[row.content_version_id].voice
        script = " ".join(rendering.spoken(row, around, values).split())
    except Exception as problem:  # one bad row must not hold up the others, whatever is wrong with it
        log.warning(
            "speak.unrenderable", message=str(row.id), problem=type(problem).__name__, exc_info=problem
        )
        found.unwritable.setdefault(f"The script could not be written: {problem}", []).append(row.id)
        return
    if voice is None or not script:
        found.unwritable.setdefault("There is nothing to say, or no voice to say it.", []).append(row.id)
        return
    words = Words(voice.id, voice.model, voice.steadiness, voice.likeness, script)
    found.words.setdefault(words, []).append(row.id)


def _speak_all(found: _Found) -> datetime | None:
    """Words by words, each written down at once: what was paid for is not lost."""
    assert found.speaker is not None  # noqa: S101  asked before
    again: datetime | None = None
    for words, ids in found.words.items():
        try:
            media_id = spoken(found.speaker, words)
        except Rejected as refusal:
            with transaction():
                _fail(found.channel, ids, refusal.code or "unspeakable", refusal.reason)
        except Disconnected:
            return None
        except ProviderError as problem:
            log.info("speak.waits", problem=problem.reason)
            return _rested(again)
        except (SpokenElsewhere, StorageUnavailable):
            again = clock.now() + SOON
        else:
            with transaction():
                is_taken = _take_sound(found.channel, ids, media_id)
            again = again if is_taken else clock.now() + SOON
    return again or (clock.now() if found.count == BATCH else None)


def _take_sound(channel: Channel, ids: Sequence[UUID], media_id: UUID) -> bool:
    """Whether it is still there: whoever is erased takes along what nobody else heard."""
    media = hold(media_id)
    if media is None:
        return False
    problem = too_short(media.seconds)
    if problem:
        _fail(channel, ids, "too_short", f"What the voice says {problem} seconds.")
    else:
        _go_on(channel, ids, media_id)
    return True


def _rested(again: datetime | None) -> datetime:
    with transaction():
        found = VOICES.account()
    until = found.resting_until if found else None
    return until or again or clock.now() + SOON


def forget_unwanted() -> bool:
    """Forget some of the words that no message says and nobody wanted for long; whether there may be more. Their sound
    goes with what nothing uses (`media.forgetting`)."""
    with transaction():
        gone = db().execute(_FORGET, _of(before=clock.now() - UNWANTED_FOR, most=_MOST_FORGOTTEN)).all()
    return len(gone) == _MOST_FORGOTTEN


def _go_on(channel: Channel, ids: Sequence[UUID], sound_id: UUID | None = None) -> None:
    if (
        ids
        and db()
        .execute(_GOES_ON, _of(ids=list(ids), sound_id=sound_id, now=clock.now(), unspoken=UNSPOKEN))
        .all()
    ):
        wake_all([Wake(DELIVER, (str(channel.id),), clock.now())])


def _fail(channel: Channel, ids: Sequence[UUID], code: str, reason: str) -> None:
    values = _of(ids=list(ids), now=clock.now(), code=code, reason=reason, unspoken=UNSPOKEN)
    rows = db().execute(_FAILED, values).all()
    if rows:
        recording.tell(channel, rows, clock.now().date())


def _of(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **more}
