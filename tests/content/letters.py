"""Documents of blocks, as their editor writes them."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]


def words(text: str, *marks: str, href: str = "") -> Json:
    """A piece of text with marks; `href` makes it a link."""
    made: list[Json] = [{"type": mark} for mark in marks]
    if href:
        made.append({"type": "link", "attrs": {"href": href, "target": "_blank", "class": "x"}})
    return {"type": "text", "text": text, "marks": made}


def chip(name: str, fallback: str = "") -> Json:
    """A merge tag as a chip."""
    return {"type": "mergeTag", "attrs": {"name": name, "fallback": fallback}}


def paragraph(*content: Json) -> Json:
    return {"type": "paragraph", "content": list(content)}


def text(*nodes: Json, id: str = "text", **more: Any) -> Json:  # noqa: A002  what it is called
    return {"id": id, "type": "text", "doc": {"type": "doc", "content": list(nodes)}, **more}


def button(label: str, href: str, id: str = "button", **more: Any) -> Json:  # noqa: A002
    return {"id": id, "type": "button", "label": label, "href": href, **more}


def image(media_id: object, alt: str = "", id: str = "image", **more: Any) -> Json:  # noqa: A002
    return {"id": id, "type": "image", "media_id": media_id and str(media_id), "alt": alt, **more}


def letter(*blocks: Json, **design: Any) -> Json:
    return {"version": 1, "design": design, "blocks": list(blocks)}


def typed(*blocks: Json, **design: Any) -> str:
    """What the form posts."""
    return json.dumps(letter(*blocks, **design))
