"""A document of blocks as it is kept: JSON, checked when it comes in."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from loumass.content.blocks.design import Design
from loumass.content.blocks.parts import Address, Part, Short, Words
from loumass.content.blocks.rich import Rich
from loumass.core.errors import Refused

MOST_BLOCKS = 200
LARGEST_DOCUMENT = 1_000_000
LONGEST_HTML = 100_000
#: How wide the columns of a row are, in hundredths.
SPLITS = {"1-1": (50, 50), "1-2": (33, 67), "2-1": (67, 33), "1-1-1": (33, 34, 33)}
Align = Literal["left", "center", "right"]


class _Block(Part):
    id: Annotated[Words, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class TextBlock(_Block):
    type: Literal["text"]
    doc: Rich = Rich()
    align: Align = "left"


class ImageBlock(_Block):
    """A picture of ours. `media_id` is absent until one is chosen; `width` is in hundredths of the room there is."""

    type: Literal["image"]
    media_id: UUID | None = None
    alt: Short = ""
    is_decorative: bool = False
    width: Annotated[int, Field(ge=10, le=100)] = 100
    align: Align = "center"
    href: Address = ""


class ButtonBlock(_Block):
    type: Literal["button"]
    label: Short = ""
    href: Address = ""
    align: Align = "left"


class DividerBlock(_Block):
    type: Literal["divider"]
    look: Literal["line", "space"] = "line"


class SignatureBlock(_Block):
    type: Literal["signature"]


class HtmlBlock(_Block):
    type: Literal["html"]
    html: Annotated[Words, Field(max_length=LONGEST_HTML)] = ""


Simple = Annotated[
    TextBlock | ImageBlock | ButtonBlock | DividerBlock | SignatureBlock | HtmlBlock,
    Field(discriminator="type"),
]


class ColumnsBlock(_Block):
    """Columns side by side; below each other on a phone."""

    type: Literal["columns"]
    split: Literal["1-1", "1-2", "2-1", "1-1-1"] = "1-1"
    columns: Annotated[
        tuple[Annotated[tuple[Simple, ...], Field(max_length=20)], ...], Field(max_length=3)
    ] = ((), ())

    @model_validator(mode="after")
    def _as_many_as_the_split(self) -> ColumnsBlock:
        if len(self.columns) != len(SPLITS[self.split]):
            raise ValueError("the columns are not as many as the split says")
        return self


Block = Annotated[
    TextBlock | ImageBlock | ButtonBlock | DividerBlock | SignatureBlock | HtmlBlock | ColumnsBlock,
    Field(discriminator="type"),
]


def _not_a_newer_one(value: Any) -> Any:
    if value != 1:
        raise ValueError("it was written by a newer release")
    return value


class Document(Part):
    """A whole e-mail below its subject."""

    version: Annotated[int, BeforeValidator(_not_a_newer_one)] = 1
    design: Design = Design()
    blocks: Annotated[tuple[Block, ...], Field(max_length=MOST_BLOCKS)] = ()

    @property
    def stored(self) -> dict[str, Any]:
        """As a content version keeps it."""
        return self.model_dump(mode="json")

    @property
    def written(self) -> str:
        """As one text: the same document gives the same."""
        return canonical(self.stored)

    @property
    def simple(self) -> Iterator[tuple[str, Simple]]:
        """Every block but rows of columns, those inside of them as well, each with its place ("3", "3, column 2")."""
        for number, block in enumerate(self.blocks, 1):
            if not isinstance(block, ColumnsBlock):
                yield f"{number}", block
                continue
            for column, inside in enumerate(block.columns, 1):
                yield from ((f"{number}, column {column}", one) for one in inside)

    def with_pictures(self, known: Collection[UUID]) -> Document:
        """The same without pictures that are not among `known`: their blocks wait for another."""

        def kept(block: Any) -> Any:
            if isinstance(block, ImageBlock) and block.media_id not in known:
                return block.model_copy(update={"media_id": None})
            if isinstance(block, ColumnsBlock):
                columns = tuple(tuple(kept(one) for one in column) for column in block.columns)
                return block.model_copy(update={"columns": columns})
            return block

        return self.model_copy(update={"blocks": tuple(kept(block) for block in self.blocks)})

    @property
    def media_ids(self) -> tuple[UUID, ...]:
        """The pictures in it, each once."""
        found = [block.media_id for _, block in self.simple if isinstance(block, ImageBlock)]
        return tuple(dict.fromkeys(one for one in found if one is not None))


def canonical(stored: Any) -> str:
    """JSON of which equal values are equal texts."""
    return json.dumps(stored, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read(told: str | bytes | dict[str, Any]) -> Document:
    """The document that JSON (or what was made of it) tells. Raises Refused."""
    try:
        if isinstance(told, dict):
            return Document.model_validate(told)
        if len(told) > LARGEST_DOCUMENT:
            raise Refused(f"The blocks take more than {LARGEST_DOCUMENT:,} letters. Take some of them out.")
        return Document.model_validate_json(told)
    except (ValidationError, RecursionError) as problem:
        raise Refused(f"The blocks cannot be read{_where(problem)}. Nothing was changed.") from problem


def _where(problem: Exception) -> str:
    if not isinstance(problem, ValidationError):
        return ""
    place = problem.errors(include_url=False, include_input=False, include_context=False)[0]["loc"]
    numbers = [part + 1 for part in place if isinstance(part, int)]
    return f": block {numbers[0]} is none that we know" if numbers else ""
