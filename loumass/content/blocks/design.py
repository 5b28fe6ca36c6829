"""How e-mails of the house look: colours, width, letters; what an author may change of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from loumass.content.blocks.parts import Part

Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
FONTS = {
    "sans": "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    "serif": "Georgia, 'Times New Roman', serif",
}
#: WCAG's relative luminance above which dark letters are read better than white ones.
_BRIGHT = 0.36


class Design(Part):
    """The colours of page, card, letters, and of buttons and links; the width in pixels; the space inside the card."""

    background: Colour = "#f5f5f2"
    surface: Colour = "#ffffff"
    ink: Colour = "#1c1e21"
    accent: Colour = "#2353d5"
    width: Annotated[int, Field(ge=480, le=720)] = 600
    padding: Annotated[int, Field(ge=0, le=48)] = 24
    font: Literal["sans", "serif"] = "sans"


def readable_on(colour: str) -> str:
    """White or nearly black, whichever is read better on `colour`."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return "#1c1e21" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > _BRIGHT else "#ffffff"


#: Mail programs that know darkness get the house's own; those that turn colours round do it by themselves.
DARK = (
    "body,.lm-page{background-color:#15171a!important}"
    ".lm-card,.lm-card>table{background:#1a1c20!important;background-color:#1a1c20!important}"
    ".lm-words div,.lm-words p,.lm-words h1,.lm-words h2,.lm-words h3,.lm-words li{color:#e7e8ea!important}"
    ".lm-words a{color:#8fb0ff!important}"
    ".lm-rule p{border-color:#3e434b!important}"
    ".words-end div{color:#a7acb4!important;border-color:#3e434b!important}.words-end a{color:#a7acb4!important}"
)
