"""What keeps a document from being sent, in sentences that name the block."""

from __future__ import annotations

from collections.abc import Iterator

from loumass.content.blocks import rich
from loumass.content.blocks.document import (
    ButtonBlock,
    Document,
    HtmlBlock,
    ImageBlock,
    Simple,
    TextBlock,
)
from loumass.content.blocks.parts import led_to
from loumass.content.marking import MergeTagsRefused, mark
from loumass.content.vocabulary import Vocabulary

NAMES = {
    "text": "text",
    "image": "picture",
    "button": "button",
    "divider": "divider",
    "signature": "signature",
    "html": "HTML",
}


def complaints(document: Document, known: Vocabulary | None = None) -> list[str]:
    """Sentences, in the order of the blocks; none when all is well. Without a vocabulary every well-formed tag is known."""
    lacking = [
        f"{_named(place, block)}: {sentence}"
        for place, block in document.simple
        for sentence in _lacks(block)
    ]
    found = [*lacking, *tag_problems(document, known)]
    if not found and is_blank(document):
        return ["Nothing is written yet. Write a text, or add a block."]
    return found


def is_blank(document: Document) -> bool:
    """Whether it says nothing: a signature alone is nothing said."""
    return not any(_says(block) for _, block in document.simple)


def tag_problems(document: Document, known: Vocabulary | None = None) -> list[str]:
    """What is wrong with the merge tags alone."""
    return [
        f"{_named(place, block)}: {sentence}"
        for place, block in document.simple
        for sentence in _tags(block, known)
    ]


def _named(place: str, block: Simple) -> str:
    return f"Block {place} ({NAMES[block.type]})"


def _lacks(block: Simple) -> Iterator[str]:
    if isinstance(block, ImageBlock):
        if block.media_id is None:
            yield "Choose a picture, or take the block out."
        if not block.alt.strip() and not block.is_decorative:
            yield "Say what the picture shows, for those who do not see it. Or mark it as decoration."
        if block.href.strip() and not led_to(block.href):
            yield f"{block.href.strip()} is no address that a reader can follow."
    elif isinstance(block, ButtonBlock):
        if not block.label.strip():
            yield "Write on the button what happens."
        if not led_to(block.href):
            yield "Say where the button leads."
    elif isinstance(block, TextBlock):
        yield from (
            f"{address.strip() or 'A link'} leads nowhere. Write an address that begins with https://."
            for address in rich.linked(block.doc)
            if not led_to(address)
        )


def _tags(block: Simple, known: Vocabulary | None) -> Iterator[str]:
    for written in _written(block):
        try:
            mark(written, known, is_html=isinstance(block, HtmlBlock))
        except MergeTagsRefused as refused:
            yield from (problem.sentence for problem in refused.problems)


def _written(block: Simple) -> Iterator[str]:
    if isinstance(block, TextBlock):
        yield from rich.written(block.doc)
    elif isinstance(block, ImageBlock):
        yield from (block.alt, block.href)
    elif isinstance(block, ButtonBlock):
        yield from (block.label, block.href)
    elif isinstance(block, HtmlBlock):
        yield block.html


def _says(block: Simple) -> bool:
    if isinstance(block, TextBlock):
        return not rich.is_empty(block.doc)
    return isinstance(block, ImageBlock | ButtonBlock) or (
        isinstance(block, HtmlBlock) and bool(block.html.strip())
    )
