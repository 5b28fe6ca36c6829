"""Vendors that judge what an answer says: words in, one of our kinds out. Opened, tested and disconnected like the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from loumass.providers.base import ProviderContext
from loumass.providers.credentials import Credentials


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


class Sorter(ABC):
    """One vendor, opened with one customer's credentials. Use as a context manager.

    Failures are those of `providers/errors.py`; whatever fails, our own judgement stands and nobody waits.
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
    def judge(self, answer: Answer, kinds: Mapping[str, str]) -> Verdict:
        """Which of `kinds` (name -> what people call it) the answer is. Raises ProviderError."""

    @abstractmethod
    def check(self) -> str:
        """Ask it about an answer that nobody wrote; one sentence about what was found. Raises ProviderError."""
