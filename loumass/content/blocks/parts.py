"""What every part of a document shares: unknown attributes fall away, unknown kinds are refused."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from loumass.content.marking import CONTROL

LONGEST_ADDRESS = 2000
_FOLLOWED = re.compile(
    r"(?:https?://[^\s<>\"]+|mailto:[^\s<>\"]+|tel:[^\s<>\"]+|sms:[^\s<>\"]+)\Z", re.IGNORECASE
)
_TAG_FIRST = re.compile(r"\{\{[^{}]+\}\}")
_HOST_FIRST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?:[/?#]|\Z)")
_MAILBOX = re.compile(r"[^\s@:/<>\"]+@[\w-]+(?:\.[\w-]+)+\Z")
_INSIDE_TAG = re.compile(r"\{\{[^{}]*\}\}")


class Part(BaseModel):
    """A part of a document as it is kept."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _clean(value: object) -> object:
    return CONTROL.sub("", value) if isinstance(value, str) else value


Words = Annotated[str, BeforeValidator(_clean)]
Short = Annotated[Words, Field(max_length=300)]
Address = Annotated[Words, Field(max_length=LONGEST_ADDRESS)]


def led_to(written: str) -> str:
    """The complete address that an author meant, merge tags and all; empty for what a reader cannot follow."""
    address = written.strip()
    bare = _INSIDE_TAG.sub("x", address)
    if _TAG_FIRST.match(address) or _FOLLOWED.match(bare):
        return address
    if _MAILBOX.match(bare):
        return f"mailto:{address}"
    return f"https://{address}" if _HOST_FIRST.match(bare) and not re.search(r"\s", bare) else ""


def tag(name: str, fallback: str) -> str:
    """A merge tag as it is written."""
    if not fallback:
        return f"{{{{{name}}}}}"
    quoted = fallback.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{{{{name}|fallback:"{quoted}"}}}}'
