"""Mail from outside made safe to show: cleaned here, and shown in a sandboxed frame all the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import nh3

from loumass.content.blocks.parts import tag as written_tag
from loumass.content.marking import MARK, mark

# For the response that carries `document()`. The frame that shows it is sandboxed as well.
FRAME_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
FRAME_POLICY_WITH_IMAGES = FRAME_POLICY.replace("img-src 'self' data:", "img-src 'self' data: https:")


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_TAGS = _words(
    "a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del "
    "details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark "
    "nav ol p pre q s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt "
    "u ul var wbr"
)
_NEVER_READ = {
    "script",
    "style",
    "title",
    "head",
    "iframe",
    "object",
    "embed",
    "noscript",
    "template",
    "svg",
    "math",
}
_ANYWHERE = {"style", "align", "valign", "dir", "lang", "title", "width", "height", "bgcolor", "color"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": _ANYWHERE,
    "a": {"href", "name"},
    "img": {"src", "alt", "border", "hspace", "vspace"},
    "font": {"face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value"},
    "time": {"datetime"},
    "blockquote": {"cite", "type"},
}
# Layout and letters only: nothing here can load a file or leave its place.
_STYLES = _words(
    "background-color border border-bottom border-collapse border-color border-left border-radius border-right "
    "border-spacing border-style border-top border-width color direction display float clear font font-family "
    "font-size font-style font-variant font-weight height letter-spacing line-height list-style-type margin "
    "margin-bottom margin-left margin-right margin-top max-height max-width min-height min-width padding "
    "padding-bottom padding-left padding-right padding-top table-layout text-align text-decoration text-indent "
    "text-transform vertical-align white-space width word-break word-spacing word-wrap"
)
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
# A relative link would lead into our own pages, so only complete ones can be followed.
_FOLLOWED = re.compile(r"(?:https?://|mailto:|tel:|sms:)", re.IGNORECASE)
_LOADS = re.compile(r"url\s*\(|expression|@import|\\", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SafeHtml:
    """`html` may be shown in the frame; `has_remote_images` says that pictures were left out."""

    html: str
    has_remote_images: bool


def safe_html(html: str, *, remote_images: bool = False, inline: Mapping[str, str] | None = None) -> SafeHtml:
    """`html` without anything that runs, loads, posts or escapes its frame.

    Pictures from elsewhere become their alternative text unless `remote_images`. `inline` maps the
    Content-IDs of the message's own pictures to our addresses.
    """
    own = {key.strip("<>"): address for key, address in (inline or {}).items()}
    left_out = False

    def chosen(tag: str, attribute: str, value: str) -> str | None:
        nonlocal left_out
        if attribute == "style":
            return ";".join(rule for rule in value.split(";") if not _LOADS.search(rule))
        if attribute == "href":
            return value if _FOLLOWED.match(value.strip()) else None
        if tag != "img" or attribute != "src":
            return value
        source = _picture(value.strip(), own, remote_images)
        left_out = left_out or (source is None and _REMOTE.match(value.strip()) is not None)
        return source

    cleaned = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=_NEVER_READ,
        attributes=_ATTRIBUTES,
        attribute_filter=chosen,
        filter_style_properties=set(_STYLES),
        url_schemes={"http", "https", "mailto", "tel", "sms", "cid", "data"},
        url_relative="pass_through",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return SafeHtml(cleaned, left_out)


def authored_html(html: str) -> str:
    """HTML that an author put into a block: the same, but pictures of elsewhere stay and merge tags are untouched.

    Raises MergeTagsRefused where braces cannot be read.
    """
    marked = mark(html, is_html=True)

    def chosen(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "style":
            return ";".join(rule for rule in value.split(";") if not _LOADS.search(rule))
        if attribute == "href":
            return value if _FOLLOWED.match(value.strip()) or MARK.match(value.strip()) else None
        if tag == "img" and attribute == "src":
            return value if _REMOTE.match(value.strip()) or _PICTURE.match(value.strip()) else None
        return value

    cleaned = nh3.clean(
        marked.source,
        tags=set(_TAGS),
        clean_content_tags=_NEVER_READ,
        attributes=_ATTRIBUTES,
        attribute_filter=chosen,
        filter_style_properties=set(_STYLES),
        url_schemes={"http", "https", "mailto", "tel", "sms", "data"},
        url_relative="pass_through",
        link_rel=None,
    )
    return MARK.sub(lambda found: escape(written_tag(*marked.tags[int(found[1])])), cleaned)


def text_as_html(text: str) -> str:
    """Plain text for the same frame."""
    return f'<div style="white-space:pre-wrap">{escape(text)}</div>'


def document(body: str) -> str:
    """A whole page around `body` (made by `safe_html` or `text_as_html`) for the sandboxed frame."""
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light">'
        "<title>Message</title><style>body{margin:0;padding:12px;background:#fff;color:#1c1e21;font:14px/20px system-ui,sans-serif;overflow-wrap:anywhere}"
        f"img{{max-width:100%;height:auto}}</style></head><body>{body}</body></html>"
    )


def _picture(source: str, own: Mapping[str, str], remote_images: bool) -> str | None:
    if source[:4].lower() == "cid:":
        return own.get(source[4:])
    if _PICTURE.match(source):
        return source
    remote = _REMOTE.match(source)
    return f"https://{source[remote.end() :]}" if remote and remote_images else None
