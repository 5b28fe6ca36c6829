"""Answers with bold words, links and lists: kept as the editor's document, sent as text and as HTML."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from loumass.content.blocks.rich import Paragraph, Rich, Text, linked, to_html, to_text
from loumass.core.errors import Refused

#: The whole document, as JSON.
MOST_LETTERS = 300_000
_LINK_COLOUR = "#1155cc"


@dataclass(frozen=True, slots=True)
class Formed:
    """What was typed with its forms: merge tags are still written."""

    text: str
    html: str


def formed(doc: str) -> Formed | None:
    """What `doc` says; None where nothing in it has a form, so that plain text says all. Raises Refused for what is no document."""
    if not doc.strip():
        return None
    try:
        rich = Rich.model_validate_json(doc)
    except (ValidationError, RecursionError) as problem:
        raise Refused(
            "The form of the text could not be read. Nothing was sent; your words are kept."
        ) from problem
    if _is_plain(rich):
        return None
    return Formed(to_text(rich), to_html(rich, _LINK_COLOUR))


def appended(doc: str, text: str) -> str:
    """`doc` with the paragraphs of `text` below; empty where `doc` is."""
    if not doc.strip():
        return ""
    try:
        document: dict[str, Any] = json.loads(doc)
    except ValueError:
        return ""
    below = [_paragraph(part) for part in text.split("\n\n") if part.strip()]
    return json.dumps(document | {"content": [*(document.get("content") or []), *below]}, ensure_ascii=False)


def _paragraph(text: str) -> dict[str, Any]:
    inside: list[dict[str, Any]] = []
    for line in text.split("\n"):
        inside += [{"type": "hardBreak"}] if inside else []
        inside += [{"type": "text", "text": line}] if line else []
    return {"type": "paragraph", "content": inside}


def _is_plain(rich: Rich) -> bool:
    are_paragraphs = all(isinstance(node, Paragraph) for node in rich.content)
    has_marks = any(
        one.marks
        for node in rich.content
        if isinstance(node, Paragraph)
        for one in node.content
        if isinstance(one, Text)
    )
    return are_paragraphs and not has_marks and not any(linked(rich))
