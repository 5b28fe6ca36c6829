"""What is typed into a search, and where it stands in a text. Pure; folds letters as `folded` and `written_out` do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

#: More words than that narrow nothing down.
MOST_TERMS = 8
_LONGEST = 200
_QUOTED = re.compile(r'["“„”»«]([^"“„”»«]{1,200})["“„”»«]')
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\+?\d[\d ()./-]{5,20}\d")
_IS_NUMBER = re.compile(r"[+\d ()./-]+")
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
#: A word so long is looked into from its fourth letter on: compounds.
_COMPOUND = 12
#: What stands before each line of a mail that is quoted.
_QUOTE_MARKS = re.compile(r"(?m)^[ \t]*(?:>[ \t]?)+")


@dataclass(frozen=True, slots=True)
class Sought:
    """Words that all must stand there, by their beginnings, and phrases that must stand there exactly, but for case."""

    terms: tuple[str, ...]
    phrases: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(_WORD.search(one) for one in self.terms)

    @property
    def words(self) -> tuple[str, ...]:
        """Single words, folded."""
        return tuple(dict.fromkeys(word for one in self.terms for word in _WORD.findall(folded(one))))

    @property
    def numbers(self) -> tuple[str, ...]:
        """The digits of terms that are numbers of telephones."""
        return tuple(_digits(one) for one in self.terms if _is_number(one))


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a text, and whether it is what was sought."""

    text: str
    is_hit: bool = False


def sought(typed: str) -> Sought:
    """`dinner "a quiet evening" 303 555 0142`: a word, a phrase, a number; nothing for no letters at all."""
    typed = " ".join(typed.replace("\x00", "").split())[:_LONGEST]
    phrases = tuple(folded(" ".join(one.split())) for one in _QUOTED.findall(typed) if _WORD.search(one))
    rest = re.sub(r'["“„”»«]', " ", _QUOTED.sub(" ", typed)).strip()
    terms = [rest] if _is_number(rest) else [one for one in rest.split() if _WORD.search(one)]
    # A phrase is found by its words first.
    terms += [word for one in phrases for word in _WORD.findall(one)]
    return Sought(tuple(dict.fromkeys(terms))[:MOST_TERMS], phrases)


def folded(text: str) -> str:
    """Small letters without marks."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return "".join(letter for letter in plain if not "\u0300" <= letter <= "\u036f")


def written_out(text: str) -> str:
    """The same with ä, ö and ü as two letters."""
    return folded(text.lower().translate(_UMLAUTS))


def marked(text: str, wanted: Sought) -> list[Part]:
    """`text` in parts, those that were sought marked."""
    spans = [match.span() for match in _WORD.finditer(text) if _fits(match[0], wanted)]
    spans += [match.span() for match in _NUMBER.finditer(text) if _has_digits(match[0], wanted.numbers)]
    parts: list[Part] = []
    at = 0
    for start, end in sorted(spans):
        if start < at:
            continue
        parts += (
            [Part(text[at:start]), Part(text[start:end], True)]
            if start > at
            else [Part(text[start:end], True)]
        )
        at = end
    return [*parts, Part(text[at:])] if at < len(text) else parts


def around(text: str, wanted: Sought, length: int = 200) -> list[Part]:
    """One line of `text` around the first place that was sought; its beginning where none is. Whole words."""
    line = " ".join(_QUOTE_MARKS.sub("", text).split())
    parts = marked(line, wanted)
    first = 0
    for part in parts:
        if part.is_hit:
            break
        first += len(part.text)
    else:
        first = 0
    start = max(first - length // 3, 0)
    start = line.rfind(" ", 0, start) + 1 if start else 0
    end = start + length
    if end < len(line):
        end = max(line.rfind(" ", start + length * 2 // 3, end), 0) or end
    before, after = "… " if start else "", " …" if end < len(line) else ""
    return [one for one in (Part(before), *marked(line[start:end], wanted), Part(after)) if one.text]


def _fits(word: str, wanted: Sought) -> bool:
    spelt = {folded(word), written_out(word)}
    for one in wanted.words:
        if any(each.startswith(one) for each in spelt):
            return len(one) > 1 or folded(word) == one
        if any(len(each) >= _COMPOUND and one in each[3:] for each in spelt):
            return True
    return False


def _is_number(term: str) -> bool:
    return bool(_IS_NUMBER.fullmatch(term)) and 7 <= len(_digits(term)) <= 15


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _has_digits(text: str, numbers: Sequence[str]) -> bool:
    there = _digits(text)
    return any(there.endswith(one[-10:] if len(one) >= 10 else one[-7:]) for one in numbers)
