"""Merge tags compiled once, rendered often: `{{contact.first_name|fallback:"there"}}`. No logic."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from loumass.content.marking import CONTROL, MARK, MarkedText, mark
from loumass.content.vocabulary import Vocabulary

Escape = Callable[[str], str]

_BREAKS = re.compile("[\x00-\x20\x7f\x85\u2028\u2029\ue000\ue001\ud800-\udfff]+")
_HTML_SPECIAL = re.compile("[&<>\"']")
_SAFE_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s<>\"]+\Z", re.IGNORECASE)
_NOT_DIALLED = re.compile(r"[^0-9+*#,;]")
_HOST_FIRST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?:[/?#]|\Z)")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one value: where it is found, what stands there without it, how it is escaped."""

    name: str
    fallback: str
    escape: Escape

    def fill(self, values: Mapping[str, str | None]) -> str:
        """The escaped value, or the escaped fallback where the value is absent or blank."""
        return self.escape(self.chosen(values))

    def chosen(self, values: Mapping[str, str | None]) -> str:
        """What stands there, not yet escaped."""
        value = values.get(self.name)
        return value if value and not value.isspace() else self.fallback


class Filled(Protocol):
    """A place that `values` fill."""

    def fill(self, values: Mapping[str, str | None]) -> str: ...


@dataclass(frozen=True, slots=True)
class MergeText:
    """A compiled text: literal pieces and slots in order."""

    parts: tuple[str | Filled, ...]

    @property
    def names(self) -> frozenset[str]:
        """The canonical names of the tags in it."""
        return frozenset(part.name for part in self.parts if isinstance(part, Slot))

    def render(self, values: Mapping[str, str | None]) -> str:
        """The text with `values` (canonical tag name to value) in place. Pure."""
        return "".join([part if isinstance(part, str) else part.fill(values) for part in self.parts])


def plain(value: str) -> str:
    """`value` for a plain text: without control characters, line breaks kept."""
    return value if value.isprintable() else CONTROL.sub("", value)


def one_line(value: str) -> str:
    """`value` for a header: control characters and every kind of line break become one space."""
    return value if value.isprintable() else _BREAKS.sub(" ", value).strip()


def html_text(value: str) -> str:
    """`value` for a text in HTML; its line breaks are shown."""
    return html_attribute(value).replace("\n", "<br>\n")


def html_attribute(value: str) -> str:
    """`value` for a quoted attribute in HTML."""
    value = plain(value)
    return html.escape(value) if _HTML_SPECIAL.search(value) else value


def within_url(value: str) -> str:
    """`value` for the middle of a URL: percent-encoded."""
    return quote(plain(value), safe="@", errors="ignore")


def phone_in_url(value: str) -> str:
    """`value` after `tel:` or `sms:`: what can be dialled."""
    return _NOT_DIALLED.sub("", value)


def whole_url(value: str) -> str:
    """`value` as a complete link when it is one that may be followed, else `#`."""
    value = value.strip()
    if _HOST_FIRST.match(value):
        value = "https://" + value
    return value if _SAFE_LINK.match(value) else "#"


def whole_url_attribute(value: str) -> str:
    """The same, for a quoted attribute in HTML."""
    return html.escape(whole_url(value))


_BY_PLACE: Mapping[str, Escape] = {
    "l": whole_url_attribute,
    "w": whole_url,
    "u": within_url,
    "p": phone_in_url,
    "a": html_attribute,
}


def compile_text(source: str, vocabulary: Vocabulary | None = None) -> MergeText:
    """A plain text (e-mail text, SMS). Raises MergeTagsRefused."""
    return unmarked(mark(source, vocabulary), plain)


def compile_header(source: str, vocabulary: Vocabulary | None = None) -> MergeText:
    """One line for a header (a subject). Raises MergeTagsRefused."""
    return unmarked(mark(one_line(source), vocabulary), one_line)


def unmarked(marked: MarkedText, escape: Escape) -> MergeText:
    """The compiled text of `marked`; marks inside URLs bring their own escaping."""
    parts: list[str | Filled] = []
    at = 0
    for found in MARK.finditer(marked.source):
        if found[2] == "t":
            continue  # a link's place is no tag's
        name, fallback = marked.tags[int(found[1])]
        parts += [marked.source[at : found.start()], Slot(name, fallback, _BY_PLACE.get(found[2], escape))]
        at = found.end()
    parts.append(marked.source[at:])
    return MergeText(tuple(part for part in parts if part != ""))
