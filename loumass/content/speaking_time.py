"""How long a voice speaks a script. Estimated from words: a minute of a calm voice has so many, by language."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Words a minute that people speak at on the telephone, by language.
WORDS_PER_MINUTE = {
    "en": 150, "de": 130, "es": 160, "fr": 155, "it": 150, "nl": 145, "pl": 125, "pt": 150,
}  # fmt: skip
LANGUAGES = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch", "pl": "Polish",
    "pt": "Portuguese",
}  # fmt: skip
LANGUAGE = "en"
#: What people hear to the end, and where many vendors cut.
BEST, LONGEST = 30, 60
_WORD = re.compile(r"[^\W_]+(?:['’.,:-][^\W_]+)*")
_PAUSE = re.compile(r"[.!?…]+(?:\s|\Z)|\n+")
#: A voice rests so long at the end of a sentence; digits of a number are spoken one by one.
_REST, _DIGIT_WORDS = 0.4, 0.8


@dataclass(frozen=True, slots=True)
class Spoken:
    """`seconds` are an estimate; `warning` is empty where all is well."""

    seconds: int
    warning: str


def spoken(script: str, language: str = LANGUAGE) -> Spoken:
    """How long `script`, with its values in place, takes to say."""
    words = sum(_weight(word) for word in _WORD.findall(script))
    rests = max(len(_PAUSE.findall(script.strip())) - 1, 0)
    seconds = round(words * 60 / WORDS_PER_MINUTE.get(language, WORDS_PER_MINUTE[LANGUAGE]) + rests * _REST)
    return Spoken(seconds, _warning(seconds) if words else "")


def _weight(word: str) -> float:
    digits = sum(map(str.isdigit, word))
    return max(1.0, digits * _DIGIT_WORDS) if digits else 1.0


def _warning(seconds: int) -> str:
    if seconds > LONGEST:
        return f"Longer than {LONGEST} seconds: many boxes cut it off. Shorten it."
    if seconds > BEST:
        return f"Few people listen for more than {BEST} seconds. Say who calls, why, and a number."
    return "A drop needs more than 5 seconds." if seconds <= 5 else ""
