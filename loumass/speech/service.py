"""The organization's account with a vendor of voices, and what it offers."""

from __future__ import annotations

from loumass.core import clock, live
from loumass.events.service import publish
from loumass.providers.elevenlabs.client import ElevenLabs
from loumass.providers.speech import OfferedVoice, Speaker
from loumass.speech.models import VoiceAccount
from loumass.vendors.accounts import Accounts, Tried


class _Voices(Accounts[VoiceAccount, Speaker]):
    """Disconnected, what is yet to be spoken waits, and what was spoken stays."""

    def look(self, opened: Speaker) -> Tried:
        """Log in and list the voices."""
        sentence = opened.check()
        offers = [{"id": voice.id, "name": voice.name} for voice in opened.voices()]
        return Tried(True, sentence, {"voices": offers})

    def become(self, found: VoiceAccount, state: str, reason: str) -> None:
        """Work, or not and why; open pages are told."""
        if (found.state, found.state_reason) != (state, reason):
            found.state, found.state_reason, found.state_changed_at = state, reason, clock.now()
            live.announce("channels")

    def _take(self, found: VoiceAccount, tried: Tried) -> None:
        super()._take(found, tried)
        found.resting_because = ""
        if tried.is_well:
            publish("voices.connected")


#: Who can speak. A new vendor is one folder and one more here.
VOICES = _Voices(VoiceAccount, [ElevenLabs], trade="voices", audited="voices", key="API key")


def offered() -> list[OfferedVoice]:
    """The voices to choose from; none where nobody is connected."""
    found = VOICES.account()
    return [OfferedVoice(one["id"], one["name"]) for one in found.voices] if found else []
