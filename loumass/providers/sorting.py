"""Vendors that judge what an answer says: words in, one of our kinds out. Opened, tested and disconnected like the others."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from loumass.providers.base import Vendor


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be judged: only what its writer wrote this time."""

    words: str
    subject: str
    medium: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of the kinds that were offered, or none of them, and why in a few words."""

    kind: str
    reason: str


class Sorter(Vendor):
    """One of them.

    Failures are those of `providers/errors.py`; whatever fails, our own judgement stands and nobody waits.
    """

    @abstractmethod
    def judge(self, answer: Answer, kinds: Mapping[str, str]) -> Verdict:
        """Which of `kinds` (name -> what people call it) the answer is. Raises ProviderError."""
