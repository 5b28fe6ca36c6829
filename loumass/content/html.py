"""What an author's HTML goes through before it is sent: cleaned, links marked, CSS inlined, read as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from html import escape, unescape

from css_inline import CSSInliner, InlineError
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from selectolax.lexbor import LexborHTMLParser, LexborNode

from loumass.content.marking import MARK, MARK_END, MARK_START
from loumass.core.errors import Refused

# Stand for the start and the end of the body until the blocks that belong there are known.
TOP, BOTTOM = "\ue002", "\ue003"
#: The class of the element that blocks at the end go into, where a document has one.
END = "words-end"

#: What stands for an address; None leaves it.
Link = Callable[[str], str | None]

_NEVER_SENT = "script, iframe, frame, frameset, object, embed, applet, base, link, noscript, template, meta[http-equiv=refresh]"
_URL_ATTRIBUTES = frozenset({"href", "src", "background", "action", "formaction", "poster", "cite", "data"})
_REFUSED_SCHEME = re.compile(
    r"\s*(?:javascript|vbscript|data(?!:image/(?:png|jpe?g|gif|webp);)|file|blob)\s*:", re.I
)
_INVISIBLE_IN_SCHEME = re.compile("[\x00-\x20\x7f-\x9f\u200b-\u200f]")
_HEAD = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
_INLINER = CSSInliner(
    keep_style_tags=True, remove_inlined_selectors=True, keep_at_rules=True, load_remote_stylesheets=False
)
_HREF_MARK = re.compile(f'href="{MARK.pattern}"')
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
# The relaxed profile indents whatever stands in a div.
_READER = ParserConfig(css=CSS_PROFILES["strict"])
# Up to the punctuation that ends a sentence rather than the address.
_ADDRESS = r"https?://[^\s<>\"]*[^\s<>\".,;:!?')\]]"
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def clean(source: str, link: Link | None = None) -> str:
    """A whole document: what runs or loads code is gone, marks know their place, TOP and BOTTOM are set.

    `link` says what stands for the address of a link that a reader can follow; None: what stood there.

    Raises Refused when there is nothing to send.
    """
    tree = LexborHTMLParser(source)
    body = tree.body
    if body is None or tree.head is None:
        raise Refused("The HTML has no body. Write at least one paragraph.")
    for node in tree.css(_NEVER_SENT):
        node.decompose()
    for node in tree.css("*"):
        _clean_attributes(node, link)
    if not tree.css("meta[charset]"):
        tree.head.inner_html = _HEAD + (tree.head.inner_html or "")
    end = tree.css_first(f"div.{END}")
    if end is not None:
        end.inner_html = BOTTOM
    body.inner_html = TOP + (body.inner_html or "") + ("" if end is not None else BOTTOM)
    return "<!doctype html>\n" + (tree.html or "")


def with_link_places(block: str) -> str:
    """`block`, of our own making, with the marks that begin a link told apart."""
    return _HREF_MARK.sub(lambda found: f'href="{_placed(found, "l")}"', block)


def inline(document: str) -> str:
    """`document` with its style sheets moved into style attributes, as mail programs need it.

    What cannot be inlined (media queries, :hover) stays in its style element. Raises Refused.
    """
    try:
        return _INLINER.inline(document).replace("<style></style>", "")
    except InlineError as problem:
        raise Refused(f"The styles cannot be read: {problem}. Nothing was changed.") from problem


def links(document: str) -> tuple[str, ...]:
    """The addresses of all links a reader can follow, in order, each once."""
    found = (
        node.attributes.get("href") or "" for node in LexborHTMLParser(document).css("a[href], area[href]")
    )
    return tuple(dict.fromkeys(href for href in found if href and not href.startswith("#")))


def to_text(document: str, words_of: Mapping[str, str] | None = None) -> str:
    """What `document` says, for a reader of plain text: links are written out behind their words.

    `words_of` tells what stands for which address, where `clean` was given a `link`.
    """
    tree = LexborHTMLParser(document)
    for node in tree.css("[style]"):
        # What is hidden is not read aloud either; other styles would become indentation.
        if _HIDDEN.search(node.attributes.get("style") or ""):
            node.decompose()
        else:
            del node.attrs["style"]
    for anchor in tree.css("a[href]"):
        _write_out(anchor, words_of or {})
    text = get_text(tree.html or "", _READER).replace("\xa0", " ").replace(TOP, "").replace(BOTTOM, "")
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _BLANK_LINES.sub("\n\n", lines).strip()


def from_text(text: str, links: Collection[int] = ()) -> str:
    """A document that looks as `text` does: paragraphs and line ends kept, addresses to follow as links.

    `links` are the numbers of the marks that stand for a whole address.
    """
    marks = "|".join(f"{MARK_START}{number}{MARK_END}" for number in links)
    found = re.compile(f"{_ADDRESS}|{marks}" if marks else _ADDRESS)
    shown = found.sub(lambda address: f'<a href="{address[0]}">{address[0]}</a>', escape(text, quote=False))
    paragraphs = "".join(f"<p>{'<br>'.join(part.split(chr(10)))}</p>" for part in re.split(r"\n\s*\n", shown))
    return f"<style>p{{margin:0 0 1em}}</style>{paragraphs}"


def _clean_attributes(node: LexborNode, link: Link | None) -> None:
    for name, value in list(node.attributes.items()):
        if name.startswith("on") or name in ("srcdoc", "formaction"):
            del node.attrs[name]
        elif value and name in _URL_ATTRIBUTES:
            if _REFUSED_SCHEME.match(_INVISIBLE_IN_SCHEME.sub("", unescape(value))):
                node.attrs[name] = "#"
            elif link and name == "href" and node.tag in ("a", "area") and (instead := link(value)):
                node.attrs[name] = instead
            elif MARK.search(value):
                node.attrs[name] = _marked_url(value.strip())
        elif value and MARK.search(value):
            node.attrs[name] = MARK.sub(lambda mark: _placed(mark, "a"), value)


def _marked_url(url: str) -> str:
    inside = "p" if url[:4].lower() in ("tel:", "sms:") else "u"
    return MARK.sub(lambda mark: _placed(mark, "l" if mark.start() == 0 else inside), url)


def _placed(mark: re.Match[str], place: str) -> str:
    return f"{MARK_START}{mark[1]}{place}{MARK_END}"


def _write_out(anchor: LexborNode, words_of: Mapping[str, str]) -> None:
    href = (anchor.attributes.get("href") or "").strip()
    words = anchor.text(strip=True)
    if words_of.get(href) == words:
        return
    if not href or href.startswith("#") or href.removeprefix("mailto:").removeprefix("tel:") == words:
        return
    shown = MARK.sub(lambda mark: _placed(mark, "w" if mark[2] == "l" else mark[2]), href)
    anchor.insert_child(f" ({shown})" if words else shown)
