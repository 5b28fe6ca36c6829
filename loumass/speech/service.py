"""The organization's account with a vendor of voices: connected, tried, disconnected. Every change is audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from loumass.accounts.service import audit
from loumass.core import clock, live, secrets
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish
from loumass.providers.credentials import Credentials
from loumass.providers.elevenlabs.client import ElevenLabs
from loumass.providers.errors import Disconnected, ProviderError
from loumass.providers.speech import OfferedVoice, Speaker
from loumass.providers.world import context
from loumass.speech.models import VoiceAccount

#: Who can speak, by kind. A new vendor is one folder and one line here.
SPEAKERS: dict[str, type[Speaker]] = {speaker.kind: speaker for speaker in (ElevenLabs,)}


@dataclass(frozen=True, slots=True)
class Tried:
    """What trying credentials brought: a sentence for people, and the voices on offer."""

    is_well: bool
    sentence: str
    voices: Sequence[OfferedVoice] = ()


def account(*, lock: bool = False) -> VoiceAccount | None:
    """The organization's account, if it has one."""
    wanted = select(VoiceAccount).order_by(VoiceAccount.created_at, VoiceAccount.id).limit(1)
    return db().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def offered() -> list[OfferedVoice]:
    """The voices to choose from; none where nobody is connected."""
    found = account()
    return [OfferedVoice(one["id"], one["name"]) for one in found.voices] if found else []


def open_speaker(found: VoiceAccount) -> Speaker:
    """The account's vendor, ready to speak. Raises Disconnected when its credentials cannot be read."""
    speaker = SPEAKERS.get(found.provider)
    if speaker is None:
        raise Disconnected(f"This installation has no voices of {found.provider}.")
    return speaker(credentials_of(found), context())


def credentials_of(found: VoiceAccount) -> Credentials:
    """The account's credentials in clear. Raises Disconnected when they cannot be unsealed."""
    if not found.sealed_credentials:
        raise Disconnected("The API key was taken away. Enter it again.")
    try:
        plain = secrets.unseal(found.sealed_credentials, _bound_to(found))
        return SPEAKERS[found.provider].Credentials.model_validate_json(plain)
    except (secrets.Unsealable, ValueError, KeyError) as problem:
        raise Disconnected("The stored API key cannot be read. Enter it again.") from problem


def attempt(speaker: type[Speaker], credentials: Credentials) -> Tried:
    """Log in and list the voices. Touches the network: call outside any transaction."""
    try:
        with speaker(credentials, context()) as opened:
            sentence = opened.check()
            return Tried(True, sentence, opened.voices())
    except ProviderError as problem:
        return Tried(False, problem.reason)


def connect(speaker: type[Speaker], credentials: Credentials, tried: Tried) -> VoiceAccount:
    """Keep the credentials, new or in the place of older ones, and what trying them brought."""
    found = account(lock=True)
    is_new = found is None
    if found is None:
        found = VoiceAccount(id=uuid7(), provider=speaker.kind, sealed_credentials=b"")
        found.organization_id = current_organization_id()
        db().add(found)
    found.provider = speaker.kind
    found.sealed_credentials = secrets.seal(credentials.to_json(), _bound_to(found))
    found.failures_in_a_row, found.resting_until, found.resting_because = 0, None, ""
    _take(found, tried)
    db().flush()
    audit(
        "voices.connected" if is_new else "voices.reconnected",
        "voice_account",
        found.id,
        is_well=tried.is_well,
    )
    return found


def note_check(found: VoiceAccount, tried: Tried) -> None:
    """What trying the account brought."""
    _take(found, tried)
    audit("voices.tested", "voice_account", found.id, is_well=tried.is_well)


def disconnect(found: VoiceAccount, by: str) -> None:
    """Forget the key. What is yet to be spoken waits; what was spoken stays."""
    found.sealed_credentials = b""
    become(found, "disconnected", f"Disconnected by {by}.")
    audit("voices.disconnected", "voice_account", found.id)


def become(found: VoiceAccount, state: str, reason: str) -> None:
    """Work, or not and why."""
    if (found.state, found.state_reason) != (state, reason):
        found.state, found.state_reason, found.state_changed_at = state, reason, clock.now()
        live.announce("channels")


def _take(found: VoiceAccount, tried: Tried) -> None:
    found.checked_at = clock.now()
    if tried.is_well:
        found.voices = [{"id": voice.id, "name": voice.name} for voice in tried.voices]
        found.resting_until, found.failures_in_a_row = None, 0
    become(found, "active" if tried.is_well else "disconnected", "" if tried.is_well else tried.sentence)
    if tried.is_well:
        publish("voices.connected")


def _bound_to(found: VoiceAccount) -> bytes:
    return secrets.associated_data("voice_account.sealed_credentials", found.organization_id, found.id)
