"""How many segments a text message takes: GSM 03.38 (3GPP TS 23.038) and UCS-2."""

from __future__ import annotations

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Segments:
    """`encoding` is `GSM-7` or `UCS-2`; `units` are septets or UTF-16 code units.

    `left` counts the units that still fit into the last segment; `expensive` are the characters
    that force UCS-2, in order of appearance.
    """

    encoding: str
    count: int
    units: int
    left: int
    expensive: tuple[str, ...]

    @property
    def words(self) -> str:
        """``2 segments, 161 characters (GSM-7), 145 left in the last one``."""
        many, place = ("1 segment", "it") if self.count == 1 else (f"{self.count} segments", "the last one")
        characters = "1 character" if self.units == 1 else f"{self.units:,} characters"
        return f"{many}, {characters} ({self.encoding}), {self.left} left in {place}"


def segments(text: str) -> Segments:
    """The segments of `text`. A pair (escape or surrogate) is never split over two of them."""
    expensive = tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENSION))
    if expensive:
        widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
        return _packed("UCS-2", widths, 70, 67, expensive)
    widths = [2 if character in _EXTENSION else 1 for character in text]
    return _packed("GSM-7", widths, 160, 153, ())


def _packed(
    encoding: str, widths: list[int], alone: int, joined: int, expensive: tuple[str, ...]
) -> Segments:
    units = sum(widths)
    if units <= alone:
        return Segments(encoding, 1 if units else 0, units, alone - units, expensive)
    count, used = 1, 0
    for width in widths:
        if used + width > joined:
            count, used = count + 1, 0
        used += width
    return Segments(encoding, count, units, joined - used, expensive)
