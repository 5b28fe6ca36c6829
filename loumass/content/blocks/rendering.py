"""Blocks become MJML, and MJML becomes the HTML that mail programs read; and the text beside it.

Nothing an author wrote passes through MJML: placeholders stand for it, so that no rewriting can break a merge tag and no
word can become an element.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from uuid import UUID

from mjml import mjml2html

from loumass.content import html as author_html
from loumass.content.blocks import rich
from loumass.content.blocks.design import DARK, FONTS, Design, readable_on
from loumass.content.blocks.document import (
    SPLITS,
    Align,
    Block,
    ButtonBlock,
    ColumnsBlock,
    DividerBlock,
    Document,
    HtmlBlock,
    ImageBlock,
    SignatureBlock,
    Simple,
    TextBlock,
)
from loumass.content.blocks.parts import led_to
from loumass.content.sanitising import authored_html

_PLACE = re.compile(r"LMPLACE([0-9]+)E")
#: A value in the middle of an address is encoded where HTML says that it is one; plain words cannot say it.
_TAG_IN_ADDRESS = re.compile(r"(?:https?:|mailto:|tel:|sms:)[^\s<>\"]*\{\{", re.IGNORECASE)
SIGNATURE = "{{sender.signature}}"
_COLUMN_GAP = 8
_LINE = "----------"
#: Without the author's colours: what a program that knows darkness shows instead of them.
_HEAD = (
    '<mj-raw><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"></mj-raw>'
    f"<mj-style>:root{{color-scheme:light dark;supported-color-schemes:light dark}}@media (prefers-color-scheme:dark){{{DARK}}}</mj-style>"
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a document says: its HTML, and the same for a reader of plain text, empty where it is to be made of the HTML.
    Merge tags as written."""

    html: str
    text: str


def render(document: Document, pictures: Mapping[UUID, str]) -> Rendered:
    """`document`, whose pictures lie at `pictures`; those that lie nowhere are left out. Pure."""
    sheet = _Sheet(document.design, pictures)
    body = "".join(_sections(document, sheet))
    # Without the fonts that MJML knows: it would load them from elsewhere.
    shown = mjml2html(_page(document.design, body), fonts={})
    said = text_of(document)
    return Rendered(
        _PLACE.sub(lambda place: sheet.pieces[int(place[1])], shown),
        "" if _TAG_IN_ADDRESS.search(said) else said,
    )


def text_of(document: Document) -> str:
    """The document for a reader of plain text."""
    said = (_said_in_block(block) for block in document.blocks)
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join(filter(None, said))).strip()


@dataclass(slots=True)
class _Sheet:
    """What stands for each placeholder, and what all blocks look at."""

    design: Design
    pictures: Mapping[UUID, str]
    pieces: list[str] = field(default_factory=list)

    def put(self, piece: str) -> str:
        """The placeholder for `piece`."""
        self.pieces.append(piece)
        return f"LMPLACE{len(self.pieces) - 1}E"


def _page(design: Design, body: str) -> str:
    font = FONTS[design.font]
    return (
        f'<mjml><mj-head><mj-attributes><mj-all font-family="{font}" padding="0"/>'
        f'<mj-text font-size="16px" line-height="1.5" color="{design.ink}"/></mj-attributes>{_HEAD}</mj-head>'
        f'<mj-body css-class="lm-page" width="{design.width}px" background-color="{design.background}">'
        f'<mj-wrapper css-class="lm-card" background-color="{design.surface}" padding="{design.padding}px 0">{body}</mj-wrapper>'
        f'<mj-raw><div class="{author_html.END}" style="max-width:{design.width - 2 * design.padding}px;margin:0 auto;'
        f'padding:0 {design.padding}px 32px;font-family:{font}"></div></mj-raw></mj-body></mjml>'
    )


def _sections(document: Document, sheet: _Sheet) -> list[str]:
    """Neighbours share a section; a row of columns is one of its own."""
    made: list[str] = []
    together: list[str] = []
    side = document.design.padding
    for block in document.blocks:
        if isinstance(block, ColumnsBlock):
            made += [_section(together, side), _row(block, sheet)]
            together = []
        else:
            together.append(_block(block, sheet, document.design.width - 2 * side))
    return [*made, _section(together, side)]


def _section(blocks: list[str], side: int) -> str:
    if not any(blocks):
        return ""
    return f'<mj-section padding="0 {side}px"><mj-column>{"".join(blocks)}</mj-column></mj-section>'


def _row(row: ColumnsBlock, sheet: _Sheet) -> str:
    room = sheet.design.width - 2 * sheet.design.padding
    columns = "".join(
        f'<mj-column width="{share}%" padding="0 {_COLUMN_GAP}px" vertical-align="top">'
        + "".join(_block(block, sheet, room * share // 100 - 2 * _COLUMN_GAP) for block in inside)
        + "</mj-column>"
        for share, inside in zip(SPLITS[row.split], row.columns, strict=True)
    )
    return f'<mj-section padding="0 {max(sheet.design.padding - _COLUMN_GAP, 0)}px">{columns}</mj-section>'


def _block(block: Simple, sheet: _Sheet, room: int) -> str:
    if isinstance(block, TextBlock):
        return _words(rich.to_html(block.doc, sheet.design.accent), block.align, sheet)
    if isinstance(block, ImageBlock):
        return _image(block, sheet, room)
    if isinstance(block, ButtonBlock):
        return _button(block, sheet)
    if isinstance(block, DividerBlock):
        return _divider(block)
    if isinstance(block, SignatureBlock):
        return _words(f'<p style="margin:0 0 12px">{SIGNATURE}</p>', "left", sheet)
    return _words(authored_html(block.html), "left", sheet)


def _words(html: str, align: Align, sheet: _Sheet) -> str:
    return f'<mj-text css-class="lm-words" align="{align}">{sheet.put(html)}</mj-text>' if html else ""


def _image(block: ImageBlock, sheet: _Sheet, room: int) -> str:
    source = sheet.pictures.get(block.media_id) if block.media_id else None
    if source is None:
        return ""
    alt = "" if block.is_decorative else block.alt
    target = led_to(block.href)
    link = f' href="{sheet.put(escape(target))}"' if target else ""
    return (
        f'<mj-image src="{sheet.put(escape(source))}" alt="{sheet.put(escape(alt))}" align="{block.align}"{link} '
        f'width="{max(room * block.width // 100, 1)}px" padding="4px 0 16px"/>'
    )


def _button(block: ButtonBlock, sheet: _Sheet) -> str:
    target = led_to(block.href)
    if not target or not block.label.strip():
        return ""
    accent = sheet.design.accent
    return (
        f'<mj-button css-class="lm-button" href="{sheet.put(escape(target))}" align="{block.align}" background-color="{accent}" '
        f'color="{readable_on(accent)}" border-radius="7px" font-size="16px" font-weight="600" inner-padding="12px 24px" '
        f'padding="8px 0 20px">{sheet.put(escape(block.label.strip(), quote=False))}</mj-button>'
    )


def _divider(block: DividerBlock) -> str:
    if block.look == "space":
        return '<mj-spacer height="24px"/>'
    return '<mj-divider css-class="lm-rule" border-width="1px" border-color="#d9d9d4" padding="8px 0 20px"/>'


def _said_in_block(block: Block) -> str:
    if isinstance(block, ColumnsBlock):
        return "\n\n".join(filter(None, (_said(one) for column in block.columns for one in column)))
    return _said(block)


def _said(block: Simple) -> str:
    if isinstance(block, TextBlock):
        return rich.to_text(block.doc)
    if isinstance(block, ImageBlock):
        return _image_said(block)
    if isinstance(block, ButtonBlock):
        target, label = led_to(block.href), block.label.strip()
        return f"{label}: {target}" if target and label else ""
    if isinstance(block, SignatureBlock):
        return SIGNATURE
    if isinstance(block, HtmlBlock):
        return author_html.to_text(authored_html(block.html)) if block.html.strip() else ""
    return _LINE if block.look == "line" else ""


def _image_said(block: ImageBlock) -> str:
    alt, target = "" if block.is_decorative else block.alt.strip(), led_to(block.href)
    return " ".join(filter(None, [f"[{alt}]" if alt else "", target]))
