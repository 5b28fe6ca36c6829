"""Vendors that speak: words in, sound out. No channel of messages, but opened, tested and disconnected alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, ClassVar, Self

from loumass.providers.base import ProviderContext
from loumass.providers.credentials import Credentials


@dataclass(frozen=True, slots=True)
class OfferedVoice:
    """A voice that the account may use."""

    id: str
    name: str


class Speaker(ABC):
    """One vendor, opened with one customer's credentials. Use as a context manager.

    Failures are those of `providers/errors.py`: Throttled (wait for a turn), Unavailable (growing pauses),
    Disconnected (a person must mend it), Rejected (these words, in this voice, never).
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    Credentials: ClassVar[type[Credentials]]

    def __init__(self, credentials: Any, context: ProviderContext) -> None:
        self.credentials = credentials
        self.context = context

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:  # noqa: B027  not everybody keeps connections
        """Give back kept connections."""

    @abstractmethod
    def speak(
        self, script: str, voice: str, model: str, settings: Mapping[str, float], into: IO[bytes]
    ) -> None:
        """Write the MP3 of `script` to `into`, piece by piece. Raises ProviderError; then `into` holds nothing of use."""

    @abstractmethod
    def voices(self) -> list[OfferedVoice]:
        """The voices of the account, by name. Raises ProviderError."""

    @abstractmethod
    def check(self) -> str:
        """Log in and say nothing aloud; one sentence about what was found. Raises ProviderError."""
