"""Where the merge tags of a text are, and what is wrong with those that are not one."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from loumass.content.vocabulary import Vocabulary, canonical
from loumass.core.errors import Refused

# Private-use characters around a number stand for a tag while HTML is parsed and rewritten, so
# that quotes inside a tag cannot break an attribute and no rewriting can break a tag. A letter
# says what kind of place it stands in: l begins a link (w: the same in plain text), u is inside a
# URL, p is a phone number in a link, a is another attribute. With t the number is a link's that is followed
# through us, and no tag's.
MARK_START, MARK_END = "\ue000", "\ue001"
MARK = re.compile(f"{MARK_START}([0-9]+)([lwupat]?){MARK_END}")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ue000\ue001\ud800-\udfff]")

_NAME = r"(?P<name>[^|{}\"'<>]+)"
_TAG = re.compile(
    rf"\{{\{{{_NAME}(?:\|\s*fallback\s*:\s*"
    r"""(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)')\s*)?\}\}""",
    re.DOTALL,
)
_DOUBLE, _SINGLE = '(?:"|&quot;|&#34;|&#x22;)', "(?:'|&apos;|&#39;|&#x27;)"
_HTML_TAG = re.compile(
    rf"\{{\{{{_NAME}(?:\|\s*fallback\s*:(?:\s|&nbsp;)*"
    rf"(?:{_DOUBLE}(?P<double>(?:\\.|(?!{_DOUBLE})[^\\])*){_DOUBLE}"
    rf"|{_SINGLE}(?P<single>(?:\\.|(?!{_SINGLE})[^\\])*){_SINGLE})"
    r"(?:\s|&nbsp;)*)?\}\}",
    re.DOTALL,
)
_MALFORMED = re.compile(r"\{\{[^{}]{0,300}\}\}")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SINGLE_BRACES = re.compile(
    r"(?<!\{)\{\s*(?:contact|campaign|sender|organization)\.[\w.]+\s*(?:\|[^{}\n]*)?\}+"
)
_ODD_QUOTES = re.compile("[“”„‟«»‘’‚‛`´]")
_BRACES_DIFFER = (
    "The braces of this merge tag do not match. Write {{contact.first_name}}, with two on each side."
)


@dataclass(frozen=True, slots=True)
class TagProblem:
    """What is wrong with one tag; `line` and `column` count from 1."""

    line: int
    column: int
    sentence: str


class MergeTagsRefused(Refused):
    """The text cannot be saved; `problems` names every place."""

    def __init__(self, problems: tuple[TagProblem, ...]) -> None:
        super().__init__(" ".join(f"Line {p.line}, column {p.column}: {p.sentence}" for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A source whose tags are replaced by marks; `tags[n]` is (canonical name, fallback) of mark n."""

    source: str
    tags: tuple[tuple[str, str], ...]


def mark(
    source: str, vocabulary: Vocabulary | None = None, *, is_html: bool = False, first: int = 0
) -> MarkedText:
    """`source` with marks for its tags, counted from `first`. Without a vocabulary every well-formed tag is taken.

    Raises MergeTagsRefused with every problem found.
    """
    source = CONTROL.sub("", source.replace("\r\n", "\n").replace("\r", "\n"))
    pieces: list[str] = []
    tags: list[tuple[str, str]] = []
    problems: list[TagProblem] = []
    at = 0
    for start, end, found in _tags(source, _HTML_TAG if is_html else _TAG):
        pieces.append(source[at:start])
        at = end
        tag = _read(found, is_html) if isinstance(found, re.Match) else found
        unknown = _unknown(tag[0], vocabulary) if isinstance(tag, tuple) else tag
        if isinstance(tag, tuple) and not unknown:
            pieces.append(f"{MARK_START}{first + len(tags)}{MARK_END}")
            tags.append((canonical(tag[0]), tag[1]))
        else:
            problems.append(_problem(source, start, str(unknown)))
    pieces.append(source[at:])
    if problems:
        raise MergeTagsRefused(tuple(problems))
    return MarkedText("".join(pieces), tuple(tags))


def names_in(source: str, *, is_html: bool = False) -> frozenset[str]:
    """The canonical names of all tags in `source`. Raises MergeTagsRefused."""
    return frozenset(name for name, _ in mark(source, is_html=is_html).tags)


def _tags(source: str, tag: re.Pattern[str]) -> Iterator[tuple[int, int, re.Match[str] | str]]:
    """Start, end and match of every tag; where something only looks like one, what is wrong with it."""
    at = 0
    while True:
        start = source.find("{{", at)
        for single in _SINGLE_BRACES.finditer(source, at, len(source) if start < 0 else start):
            yield single.start(), single.end(), _BRACES_DIFFER
        if start < 0:
            return
        found = tag.match(source, start)
        if found:
            at = found.end()
            yield start, at, found
        else:
            closed = _MALFORMED.match(source, start)
            at = closed.end() if closed else start + 2
            yield start, at, _diagnosis(closed[0][2:-2]) if closed else _BRACES_DIFFER


def _read(found: re.Match[str], is_html: bool) -> tuple[str, str]:
    """Name and fallback as the author meant them."""
    name = found["name"]
    fallback = found["double"] or found["single"] or ""
    if is_html:
        name, fallback = html.unescape(name), html.unescape(fallback)
    return name.strip(), _ESCAPED.sub(r"\1", fallback)


def _unknown(name: str, vocabulary: Vocabulary | None) -> str | None:
    if vocabulary is None or vocabulary.knows(name):
        return None
    suggestion = vocabulary.suggestion(name)
    return f"There is no merge tag {name}." + (f" Did you mean {suggestion}?" if suggestion else "")


def _diagnosis(inner: str) -> str:
    name, bar, option = inner.partition("|")
    if not name.strip() or re.search(r"[<>\"']", name):
        return "There is something else than a name inside this merge tag. Type it again without formatting."
    return _bad_option(option) if bar else _BRACES_DIFFER


def _bad_option(option: str) -> str:
    if _ODD_QUOTES.search(option):
        return 'The fallback has curly quotes. Write straight ones: |fallback:"there".'
    if re.match(r"\s*fallback\s*:", option):
        return 'The quotes around the fallback do not match. Write |fallback:"there".'
    return 'After the bar only a fallback can stand: |fallback:"there".'


def _problem(source: str, at: int, sentence: str) -> TagProblem:
    line = source.count("\n", 0, at) + 1
    return TagProblem(line, at - (source.rfind("\n", 0, at) + 1) + 1, sentence)
