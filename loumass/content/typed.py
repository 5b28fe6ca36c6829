"""An e-mail as it was typed in one of three ways, and what is made of it when it is shown or saved."""

from __future__ import annotations

from dataclasses import replace

from loumass.content.blocks.checking import is_blank
from loumass.content.blocks.document import Document, read
from loumass.content.composing import Draft
from loumass.content.composing_blocks import as_plain, composed
from loumass.core.errors import Refused

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
    """A document that says `text` in one block and ends in the signature."""
    lines = [[{"type": "text", "text": line}] if line else [] for line in text.split("\n")]
    doc = {"content": [{"type": "paragraph", "content": line} for line in lines]}
    blocks = [{"id": "first", "type": "text", "doc": doc}]
    return read({"blocks": blocks if text.strip() else [*blocks, {"id": "last", "type": "signature"}]})
