"""Words become sound once: what an organization paid for is found again by voice, model, settings and words."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import UUID

from sqlalchemy import text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id, transaction
from loumass.media.service import LARGEST_SOUND, keep, weigh
from loumass.media.sniffing import MP3
from loumass.providers.errors import Disconnected, ProviderError, Throttled, Unavailable
from loumass.speech.models import VoiceAccount
from loumass.speech.service import VOICES

#: Longer than any vendor takes; whoever died over it is replaced then.
CLAIM = timedelta(minutes=3)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=30)
_IN_MEMORY = 1024 * 1024

# Claimed by one: the others wait for what it brings.
_CLAIM = text("""
    INSERT INTO spoken_text (organization_id, key, claimed_until, characters, created_at, asked_at)
    VALUES (:organization_id, :key, :until, :characters, :now, :now)
    ON CONFLICT (organization_id, key) DO UPDATE SET claimed_until = excluded.claimed_until, asked_at = excluded.asked_at
        WHERE spoken_text.media_id IS NULL AND (spoken_text.claimed_until IS NULL OR spoken_text.claimed_until <= :now)
    RETURNING key
""")
_KNOWN = text("""
    UPDATE spoken_text SET asked_at = :now WHERE organization_id = :organization_id AND key = :key RETURNING media_id
""")
_SPOKEN = text("""
    UPDATE spoken_text SET media_id = :media_id, claimed_until = NULL
    WHERE organization_id = :organization_id AND key = :key
""")
_LET_GO = text("""
    UPDATE spoken_text SET claimed_until = NULL
    WHERE organization_id = :organization_id AND key = :key AND media_id IS NULL
""")


class SpokenElsewhere(Exception):
    """Another process speaks exactly these words just now."""


@dataclass(frozen=True, slots=True)
class Words:
    """A script in a voice. Steadiness and likeness go from 0 to 100."""

    voice_id: str
    model: str
    steadiness: int
    likeness: int
    script: str

    def key(self, provider: str) -> bytes:
        """What stands for them: any other word or setting gives another key."""
        told = [provider, self.voice_id, self.model, self.steadiness, self.likeness, self.script]
        return hashlib.sha256(json.dumps(told, ensure_ascii=True).encode()).digest()


def spoken(speaker: VoiceAccount, words: Words) -> UUID:
    """The media of `words`; asks the vendor only where they were never spoken. For jobs, outside of transactions.

    Raises ProviderError (a trouble of the account is noted on it), SpokenElsewhere, StorageUnavailable.
    """
    key = words.key(speaker.provider)
    if (found := _found_or_claimed(key, len(words.script))) is not None:
        return found
    try:
        with SpooledTemporaryFile(_IN_MEMORY) as sound:
            _speak(speaker, words, sound)
            return _kept(key, sound)
    except BaseException as problem:
        with transaction():
            db().execute(_LET_GO, _of(key))
            if isinstance(problem, ProviderError):
                _note(problem)
        raise


def _found_or_claimed(key: bytes, characters: int) -> UUID | None:
    now = clock.now()
    with transaction():
        if db().execute(_CLAIM, _of(key, until=now + CLAIM, now=now, characters=characters)).one_or_none():
            return None
        found = db().scalar(_KNOWN, _of(key, now=now))
    if found is None:
        raise SpokenElsewhere
    return found


def _speak(speaker: VoiceAccount, words: Words, sound: IO[bytes]) -> None:
    settings = {"stability": words.steadiness / 100, "similarity_boost": words.likeness / 100}
    with VOICES.open(speaker) as opened:
        opened.speak(words.script, words.voice_id, words.model, settings, sound)


def _kept(key: bytes, sound: IO[bytes]) -> UUID:
    try:
        weighed = weigh(sound, limit=LARGEST_SOUND, kinds={MP3})
    except Refused as problem:
        raise Unavailable("What the voices' vendor gave is no MP3.") from problem
    with transaction():
        media_id = keep(sound, weighed)
        db().execute(_SPOKEN, _of(key, media_id=media_id))
        if (found := VOICES.account(lock=True)) is not None:
            found.spoken_at, found.failures_in_a_row, found.resting_until = clock.now(), 0, None
    return media_id


def _note(problem: ProviderError) -> None:
    """What a failure says of the account as a whole."""
    found = VOICES.account(lock=True)
    if found is None:
        return
    if isinstance(problem, Disconnected):
        VOICES.become(found, "disconnected", problem.reason)
    elif isinstance(problem, Throttled):
        _rest(found, clock.now() + problem.retry_after, problem.reason)
    elif isinstance(problem, Unavailable):
        found.failures_in_a_row += 1
        pause = min(FIRST_PAUSE * 2 ** min(found.failures_in_a_row - 1, 10), LONGEST_PAUSE)
        _rest(found, clock.now() + pause, problem.reason)


def _rest(found: VoiceAccount, until: datetime, because: str) -> None:
    found.resting_until, found.resting_because = until, because


def _of(key: bytes, **more: object) -> dict[str, object]:
    return {"organization_id": current_organization_id(), "key": key, **more}
