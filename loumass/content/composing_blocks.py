"""From a document of blocks to what is sent: its pictures found, its HTML and text made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from loumass.content.blocks.document import Document, read
from loumass.content.blocks.rendering import render
from loumass.content.composing import Draft
from loumass.content.pictures import addresses_of


def composed(
    subject: str, preheader: str, document: Document, addresses: Mapping[UUID, str] | None = None
) -> Draft:
    """What is sent for `document`; `addresses` of its pictures are looked up where they are not given.

    Raises MergeTagsRefused where braces inside raw HTML cannot be read.
    """
    rendered = render(document, addresses_of(document.media_ids) if addresses is None else addresses)
    return Draft(subject, preheader, rendered.html, rendered.text, blocks=document.written)


def as_plain(draft: Draft) -> Draft:
    """The same as text alone, like mail that a person types: nothing that only HTML can hold."""
    return replace(draft, preheader="", html="", blocks="", is_plain=True)


def document_of(draft: Draft) -> Document | None:
    """The blocks of `draft`, where it has any."""
    return read(draft.blocks) if draft.blocks else None
