"""How wide a text will be, near enough to cut it for a drawing: SVG neither wraps nor cuts."""

from unicodedata import combining, east_asian_width

_NARROW = frozenset("iljftrI.,:;'|!()[] ·’“”")
_WIDE = frozenset("mwMWQ@%—&")


def width(text: str, size: float) -> float:
    """Pixels of ``text`` in a sans-serif font of ``size`` pixels, as a rule a little too many."""
    return size * sum(_share(character) for character in text)


def fitted(text: str, size: float, room: float) -> str:
    """``text``, or as much of its beginning as fits into ``room`` pixels with an ellipsis."""
    if width(text, size) <= room:
        return text
    kept = text
    while kept and width(f"{kept}…", size) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _share(character: str) -> float:
    if combining(character):
        return 0.0
    if east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.33
    if character in _WIDE:
        return 0.88
    return 0.68 if character.isupper() else 0.57
