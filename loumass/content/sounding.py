"""What a voicemail says: a recording, or a script in a voice. Frozen with its content version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self
from uuid import UUID

from loumass.content.speaking_time import LANGUAGE, LANGUAGES

#: Slybroadcast drops only what sounds longer than this.
LEAST_SECONDS = 5.0
#: What is spoken is paid by the letter; this is about three minutes.
LONGEST_SCRIPT = 2_500
MODELS = {
    "eleven_multilingual_v2": "Multilingual, the most natural",
    "eleven_turbo_v2_5": "Turbo, cheaper",
    "eleven_flash_v2_5": "Flash, the fastest",
}
MODEL = "eleven_multilingual_v2"
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Recording:
    """An uploaded file: its media, what its owner called it, and how long it sounds."""

    media_id: UUID
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks, and how: 0 to 100 each, as the vendor's sliders say it."""

    id: str
    name: str
    model: str = MODEL
    steadiness: int = 50
    likeness: int = 75
    #: What the script is written in: how long it takes is told by it.
    language: str = LANGUAGE

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Self | None:
        """The voice that a content version keeps."""
        return cls(**{name: stored[name] for name in cls.__slots__ if name in stored}) if stored else None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """The voice that a file tells of. Raises ValueError."""
        found = {name: told[name] for name in cls.__slots__ if name in told}
        names = [found.get("id"), found.get("name")]
        levels = [found.get(name, 0) for name in ("steadiness", "likeness")]
        are_names = all(isinstance(one, str) and 0 < len(one) <= _LONGEST_NAME for one in names)
        are_levels = all(type(one) is int and 0 <= one <= 100 for one in levels)
        are_listed = found.get("model", MODEL) in MODELS and found.get("language", LANGUAGE) in LANGUAGES
        if not (are_names and are_levels and are_listed):
            raise ValueError("this is no voice")
        return cls(**found)

    @property
    def stored(self) -> dict[str, Any]:
        """As a content version keeps it."""
        return asdict(self)


def too_short(seconds: float | None) -> str | None:
    """Why a recording that sounds so long cannot be dropped, as the end of a sentence about it; or None."""
    if seconds is None:
        return "cannot be read to its end"
    if seconds <= LEAST_SECONDS:
        return f"is {seconds:.1f} seconds long, and a drop needs more than {LEAST_SECONDS:.0f}"
    return None


def length(seconds: float) -> str:
    """`0:42`."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"
