"""Links that are followed through us: which of a text's addresses they are, and what stands there instead.

A link is known by its address as its author wrote it, merge tags and all. Which ones a text has is found once, when it
is first sent (`links_in`), and kept; each message then only fills in its own tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from loumass.content.blocks.parts import tag
from loumass.content.marking import MARK, MARK_END, MARK_START, MarkedText, mark
from loumass.content.merge import Filled, MergeText, html_attribute, unmarked, whole_url, within_url

#: The tag of the personal way out: nobody stands between a person and their no.
_OWN_WAY_OUT = "unsubscribe_url"
_FOLLOWED = re.compile(r"https?://[^\s<>\"]+\Z", re.IGNORECASE)
# Up to the punctuation that ends a sentence rather than the address.
_ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?')\]]", re.IGNORECASE)
#: `content_link.ref` of the picture: no link has it.
PIXEL = 0
_NAMED = "link<"


@dataclass(frozen=True, slots=True)
class Tracking:
    """How a compiled e-mail is tracked. `links` are (address as written, its number), `base` is where tokens lead."""

    base: str
    has_pixel: bool
    links: tuple[tuple[str, int], ...]

    @property
    def numbers(self) -> dict[str, int]:
        """Address as written -> its number."""
        return dict(self.links)


@dataclass(frozen=True, slots=True)
class TokenSlot:
    """A place for the token of one link; its value is called `name`."""

    name: str

    def fill(self, values: Mapping[str, str | None]) -> str:
        """The token. Raises KeyError without one."""
        return values[self.name] or ""


@dataclass(frozen=True, slots=True)
class PersonalSlot:
    """A place for a link whose whole address comes from a merge tag: followed through us only where that is one."""

    base: str
    token: TokenSlot
    target: MergeText
    is_html: bool

    def fill(self, values: Mapping[str, str | None]) -> str:
        """Our link, or what would stand there without tracking."""
        address = self.target.render(values)
        if _FOLLOWED.match(address):
            return self.base + self.token.fill(values)
        return html_attribute(address) if self.is_html else address


def token_name(number: int) -> str:
    """What the value of a link's token is called: no merge tag can be called so."""
    return f"{_NAMED}{number}"


def written(marked_address: str, tags: Sequence[tuple[str, str]]) -> str | None:
    """An address as its author wrote it, out of a marked text; None for one that is not followed through us."""
    address = marked_address.strip()
    named = [tags[int(found[1])][0] for found in MARK.finditer(address)]
    begins = MARK.match(address)
    if _OWN_WAY_OUT in named or not (begins or _FOLLOWED.match(address)):
        return None
    return MARK.sub(lambda found: tag(*tags[int(found[1])]), address)


def target_of(address: str) -> MergeText:
    """The compiled address of a link: `render` gives where it leads, or something that is no link."""
    marked = mark(address)
    placed = MARK.sub(
        lambda found: f"{MARK_START}{found[1]}{'w' if found.start() == 0 else 'u'}{MARK_END}", marked.source
    )
    return unmarked(MarkedText(placed, marked.tags), within_url)


def leads_to(address: str, values: Mapping[str, str | None]) -> str | None:
    """Where the link `address` leads with `values`; None where it leads nowhere."""
    target = target_of(address).render(values)
    return target if _FOLLOWED.match(target) and whole_url(target) == target else None


def addresses_in(source: str) -> Iterator[tuple[int, int]]:
    """Where the addresses of a (marked) plain text begin and end."""
    at = 0
    while found := _ADDRESS.search(source, at):
        start, at = found.span()
        # An address may hold brackets; one that only stands in them ends before the last.
        while source[at : at + 1] == ")" and source.count("(", start, at) > source.count(")", start, at):
            at += 1
        yield start, at


def marked_link(number: int) -> str:
    """What stands for a link in a marked text."""
    return f"{MARK_START}{number}t{MARK_END}"


def text_with_links(text: MarkedText, numbers: Mapping[str, int]) -> MarkedText:
    """A plain text whose addresses are followed through us."""
    pieces: list[str] = []
    at = 0
    for start, end in addresses_in(text.source):
        number = numbers.get(written(text.source[start:end], text.tags) or "")
        if number is not None:
            pieces += [text.source[at:start], marked_link(number)]
            at = end
    return MarkedText("".join([*pieces, text.source[at:]]), text.tags)


def linked(marked: MergeText, tracking: Tracking, *, is_html: bool) -> MergeText:
    """`marked` with a place for each link's token: what is the same for everybody stands there already."""
    addresses = {number: address for address, number in tracking.links}
    parts = [made for part in marked.parts for made in _placed(part, addresses, tracking.base, is_html)]
    return MergeText(tuple(parts))


def links_needed(texts: Iterable[MergeText]) -> tuple[int, ...]:
    """The links, the picture among them, whose tokens `texts` need."""
    slots = [part for one in texts for part in one.parts if isinstance(part, TokenSlot | PersonalSlot)]
    names = [slot.name if isinstance(slot, TokenSlot) else slot.token.name for slot in slots]
    return tuple(sorted({int(name.removeprefix(_NAMED)) for name in names}))


def _placed(
    part: str | Filled, addresses: Mapping[int, str], base: str, is_html: bool
) -> Iterator[str | Filled]:
    if not isinstance(part, str):
        yield part
        return
    at = 0
    for found in MARK.finditer(part):
        number = int(found[1])
        before, at = part[at : found.start()], found.end()
        where, token = f"{base}{'/o/' if number == PIXEL else '/c/'}", TokenSlot(token_name(number))
        address = addresses.get(number, "")
        if address.startswith("{{"):
            yield from (before, PersonalSlot(where, token, target_of(address), is_html))
        else:
            yield from (before + where, token)
    yield part[at:]
