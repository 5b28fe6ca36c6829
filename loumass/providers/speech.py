"""Vendors that speak: words in, sound out. No channel of messages, but opened, tested and disconnected alike."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

from loumass.providers.base import Vendor


@dataclass(frozen=True, slots=True)
class OfferedVoice:
    """A voice that the account may use."""

    id: str
    name: str


class Speaker(Vendor):
    """One of them.

    Failures are those of `providers/errors.py`: Throttled (wait for a turn), Unavailable (growing pauses),
    Disconnected (a person must mend it), Rejected (these words, in this voice, never).
    """

    @abstractmethod
    def speak(
        self, script: str, voice: str, model: str, settings: Mapping[str, float], into: IO[bytes]
    ) -> None:
        """Write the MP3 of `script` to `into`, piece by piece. Raises ProviderError; then `into` holds nothing of use."""

    @abstractmethod
    def voices(self) -> list[OfferedVoice]:
        """The voices of the account, by name. Raises ProviderError."""
