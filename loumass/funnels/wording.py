"""Two texts told side by side: what stayed, what went, what came. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

#: So many unchanged words are shown around a change.
AROUND = 12
#: Longer texts are compared by what is rare in them, which is quick and good enough.
_LONG = 2_000
_WORD = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words: `same` in both, `gone` or `new`; `cut` stands for unchanged words that are left out."""

    how: Literal["same", "gone", "new", "cut"]
    text: str


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """Both texts woven into one, word by word; long unchanged stretches are cut."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > _LONG)
    found: list[Piece] = []
    for tag, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        if tag == "equal":
            is_first, is_last = not found, to_old == len(old)
            found += _shortened(old[from_old:to_old], is_first, is_last)
            continue
        if from_old < to_old:
            found.append(Piece("gone", "".join(old[from_old:to_old])))
        if from_new < to_new:
            found.append(Piece("new", "".join(new[from_new:to_new])))
    return tuple(found)


def _shortened(words: Sequence[str], is_first: bool, is_last: bool) -> Iterator[Piece]:
    head, tail = 0 if is_first else AROUND, 0 if is_last else AROUND
    if len(words) <= head + tail + AROUND:
        yield Piece("same", "".join(words))
        return
    if head:
        yield Piece("same", "".join(words[:head]))
    yield Piece("cut", " …")
    if tail:
        yield Piece("same", "".join(words[-tail:]))
