"""An e-mail as it was typed in one of three ways, and what is made of it when it is shown or saved."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from loumass.content.blocks.checking import is_blank
from loumass.content.blocks.document import Document, read
from loumass.content.composing import Draft
from loumass.content.composing_blocks import as_plain, composed
from loumass.content.marking import MARK, MarkedText, MergeTagsRefused, mark
from loumass.core.errors import Refused

_PIECE = re.compile(f"{MARK.pattern}|\n")
#: How an e-mail can be written; the first is what a form without the choice means.
WAYS = {"html": "Text and HTML", "blocks": "Blocks", "plain": "Plain text"}


def in_way(draft: Draft, way: str, blocks: str) -> Draft:
    """`draft`, typed with `blocks` beside it, as `way` means it: the rest is left out. Blocks may be unreadable yet."""
    if way == "blocks":
        return replace(draft, html="", text="", blocks=blocks.replace("\x00", "").strip() or "{}")
    return as_plain(draft) if way == "plain" else draft


def way_of(draft: Draft) -> str:
    """Which of WAYS it was written in."""
    if draft.blocks:
        return "blocks"
    return "plain" if draft.is_plain else "html"


def finished(draft: Draft) -> Draft:
    """What would be sent: blocks are made into HTML and text. Raises Refused, MergeTagsRefused."""
    if not draft.blocks or draft.html:
        return draft
    return composed(draft.subject, draft.preheader, read(draft.blocks))


def says_nothing(draft: Draft) -> bool:
    """Whether nobody wrote a word: what an editor begins with is none."""
    if not draft.blocks:
        return draft in (Draft(), as_plain(Draft()))
    try:
        return not (draft.subject or draft.preheader) and is_blank(read(draft.blocks))
    except Refused:
        return False


def shown_blocks(draft: Draft) -> Document:
    """The blocks that an editor begins with: what was written otherwise becomes a text block."""
    try:
        return read(draft.blocks) if draft.blocks else begun_with(draft.text)
    except Refused:
        return begun_with(draft.text)


def begun_with(text: str) -> Document:
    """A document that says `text` in one block, its merge tags as chips; without a word it ends in the signature."""
    parts = re.split(r"\n[ \t]*\n\s*", text.strip("\n")) if text.strip() else []
    doc = {"content": [{"type": "paragraph", "content": _lines(part)} for part in parts]}
    blocks: list[dict[str, Any]] = [{"id": "first", "type": "text", "doc": doc}]
    return read({"blocks": blocks if parts else [*blocks, {"id": "last", "type": "signature"}]})


def _lines(paragraph: str) -> list[dict[str, Any]]:
    """The pieces of a paragraph: words, chips, line breaks."""
    try:
        marked = mark(paragraph)
    except MergeTagsRefused:
        marked = MarkedText(paragraph, ())
    pieces: list[dict[str, Any]] = []
    at = 0
    for found in _PIECE.finditer(marked.source):
        pieces += _words(marked.source[at : found.start()])
        at = found.end()
        if found[0] == "\n":
            pieces.append({"type": "hardBreak"})
        else:
            name, fallback = marked.tags[int(found[1])]
            pieces.append({"type": "mergeTag", "attrs": {"name": name, "fallback": fallback}})
    return pieces + _words(marked.source[at:])


def _words(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}] if text else []
