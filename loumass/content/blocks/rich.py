"""Text with marks, as its editor keeps it: paragraphs, headings, lists; bold, italic, underlined, struck, linked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Annotated, Literal

from pydantic import Field

from loumass.content.blocks.parts import Address, Part, Short, Words, led_to, tag

_ELEMENTS = {"bold": "b", "italic": "i", "underline": "u", "strike": "s"}
_SPACE = "margin:0 0 12px"
_SIZES = {
    1: "font-size:26px;line-height:32px",
    2: "font-size:20px;line-height:26px",
    3: "font-size:16px;line-height:22px",
}


class PlainMark(Part):
    type: Literal["bold", "italic", "underline", "strike"]


class LinkTarget(Part):
    href: Address = ""


class LinkMark(Part):
    type: Literal["link"]
    attrs: LinkTarget


Mark = Annotated[PlainMark | LinkMark, Field(discriminator="type")]


class Text(Part):
    type: Literal["text"]
    text: Annotated[Words, Field(max_length=100_000)]
    marks: tuple[Mark, ...] = ()


class HardBreak(Part):
    type: Literal["hardBreak"]
    marks: tuple[Mark, ...] = ()


class TagName(Part):
    name: Annotated[Words, Field(pattern=r"^[^|{}\"'<>]{1,200}$")]
    fallback: Short = ""


class MergeTag(Part):
    """A chip: it stands for one merge tag."""

    type: Literal["mergeTag"]
    attrs: TagName
    marks: tuple[Mark, ...] = ()


Inline = Annotated[Text | HardBreak | MergeTag, Field(discriminator="type")]


class Level(Part):
    level: Annotated[int, Field(ge=1, le=3)] = 2


class Start(Part):
    start: Annotated[int, Field(ge=0, le=10_000)] = 1


class Paragraph(Part):
    type: Literal["paragraph"]
    content: tuple[Inline, ...] = ()


class Heading(Part):
    type: Literal["heading"]
    attrs: Level = Level()
    content: tuple[Inline, ...] = ()


class ListItem(Part):
    type: Literal["listItem"]
    content: tuple[Node, ...] = ()


class BulletList(Part):
    type: Literal["bulletList"]
    content: tuple[ListItem, ...] = ()


class OrderedList(Part):
    type: Literal["orderedList"]
    attrs: Start = Start()
    content: tuple[ListItem, ...] = ()


Node = Annotated[Paragraph | Heading | BulletList | OrderedList, Field(discriminator="type")]


class Rich(Part):
    """The whole of one text block."""

    type: Literal["doc"] = "doc"
    content: tuple[Node, ...] = ()


def to_html(rich: Rich, link_colour: str) -> str:
    """HTML with its styles inline, merge tags as written."""
    return "".join(_node(node, link_colour) for node in _without_empty_ends(rich.content))


def to_text(rich: Rich) -> str:
    """What it says, for a reader of plain text: links are written out behind their words."""
    return "\n\n".join(filter(None, (_said(node) for node in rich.content)))


def written(rich: Rich) -> Iterator[str]:
    """Every piece an author wrote: lines with their tags, and addresses."""
    for line in _lines(rich.content):
        yield "".join(_inline_text(inline) for inline in line)
    yield from linked(rich)


def linked(rich: Rich) -> Iterator[str]:
    """The addresses of its links, as typed; one for each piece of a link."""
    for line in _lines(rich.content):
        for inline in line:
            yield from (mark.attrs.href for mark in inline.marks if isinstance(mark, LinkMark))


def is_empty(rich: Rich) -> bool:
    """Whether it says nothing."""
    return not to_text(rich).strip()


def _without_empty_ends(nodes: Sequence[Node]) -> Sequence[Node]:
    kept = list(nodes)
    while kept and isinstance(kept[-1], Paragraph) and not kept[-1].content:
        kept.pop()
    return kept


def _node(node: Node, colour: str, space: str = _SPACE) -> str:
    if isinstance(node, Paragraph):
        return f'<p style="{space}">{_inlines(node.content, colour) or "&nbsp;"}</p>'
    if isinstance(node, Heading):
        level = node.attrs.level
        style = f"{space};{_SIZES[level]};font-weight:bold"
        return f'<h{level} style="{style}">{_inlines(node.content, colour)}</h{level}>'
    items = "".join(f'<li style="margin:0 0 4px">{_item(item, colour)}</li>' for item in node.content)
    style = f"{space};padding-left:24px"
    if isinstance(node, BulletList):
        return f'<ul style="{style}">{items}</ul>'
    start = f' start="{node.attrs.start}"' if node.attrs.start != 1 else ""
    return f'<ol{start} style="{style}">{items}</ol>'


def _item(item: ListItem, colour: str) -> str:
    return "".join(_node(node, colour, "margin:0") for node in item.content)


def _inlines(inlines: Sequence[Inline], colour: str) -> str:
    return "".join(_inline(inline, colour) for inline in inlines)


def _inline(inline: Inline, colour: str) -> str:
    shown = "<br>" if isinstance(inline, HardBreak) else escape(_inline_text(inline), quote=False)
    for mark in inline.marks:
        if isinstance(mark, PlainMark):
            element = _ELEMENTS[mark.type]
            shown = f"<{element}>{shown}</{element}>"
        elif target := led_to(mark.attrs.href):
            shown = f'<a href="{escape(target)}" style="color:{colour}">{shown}</a>'
    return shown


def _inline_text(inline: Inline) -> str:
    if isinstance(inline, HardBreak):
        return "\n"
    return inline.text if isinstance(inline, Text) else tag(inline.attrs.name, inline.attrs.fallback)


def _said(node: Node, depth: int = 0) -> str:
    if isinstance(node, Paragraph | Heading):
        return _line_text(node.content).strip()
    first = node.attrs.start if isinstance(node, OrderedList) else 0
    marks = (
        f"{first + number}." if isinstance(node, OrderedList) else "-" for number in range(len(node.content))
    )
    return "\n".join(_item_said(item, mark, depth) for item, mark in zip(node.content, marks, strict=True))


def _item_said(item: ListItem, mark: str, depth: int) -> str:
    parts = "\n".join(filter(None, (_said(node, depth + 1) for node in item.content)))
    first, _, rest = parts.partition("\n")
    indented = "".join(f"\n  {line}" for line in rest.split("\n") if rest)
    return f"{mark} {first}{indented}"


def _line_text(inlines: Sequence[Inline]) -> str:
    """The words; behind the last piece of a link stands where it leads."""
    pieces: list[str] = []
    for place, inline in enumerate(inlines):
        pieces.append(_inline_text(inline))
        here = _target(inline)
        following = _target(inlines[place + 1]) if place + 1 < len(inlines) else ""
        if (
            here
            and here != following
            and here.removeprefix("mailto:").removeprefix("tel:") != _run(inlines, place)
        ):
            pieces.append(f" ({here})")
    return "".join(pieces)


def _run(inlines: Sequence[Inline], last: int) -> str:
    """The words of the link that ends with the piece at `last`."""
    first = last
    while first and _target(inlines[first - 1]) == _target(inlines[last]):
        first -= 1
    return "".join(_inline_text(inline) for inline in inlines[first : last + 1]).strip()


def _target(inline: Inline) -> str:
    return next((led_to(mark.attrs.href) for mark in inline.marks if isinstance(mark, LinkMark)), "")


def _lines(nodes: Sequence[Node]) -> Iterator[Sequence[Inline]]:
    for node in nodes:
        if isinstance(node, Paragraph | Heading):
            yield node.content
        else:
            for item in node.content:
                yield from _lines(item.content)
