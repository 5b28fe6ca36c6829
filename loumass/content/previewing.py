"""How a content reads to one real person, or with invented values; and what would be missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from loumass.accounts.models import Organization, User
from loumass.contacts.models import Contact
from loumass.content.composing import Draft, compile_email, compile_sms
from loumass.content.freezing import contact_values, organization_values, sender_values
from loumass.content.merge import MergeText, Slot
from loumass.content.segments import Segments, segments
from loumass.content.vocabulary import EXAMPLES
from loumass.core.errors import Refused
from loumass.core.links import absolute
from loumass.media.links import PATH

Values = dict[str, str | None]
LOOKS = ("light", "dark")
_DARK_RULE = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
#: What programs do with mail that says nothing about darkness, more or less.
_TURNED_ROUND = (
    "html{background:#fff;filter:invert(.9) hue-rotate(180deg)}img{filter:invert(1) hue-rotate(180deg)}"
)
_DARK_STYLE = (
    "body{color:#e7e8ea;background:#15171a}header{border-color:#2b2f35}p{color:#a7acb4}p.lack{color:#f5b85c}"
)
_STYLE = (
    "html,body{margin:0;height:100%}body{display:flex;flex-direction:column;font:14px/20px system-ui,sans-serif;"
    "color:#1c1e21;background:#fff}header{padding:12px 16px;border-bottom:1px solid #e5e5e0}"
    "h1{margin:0;font-size:15px;line-height:20px;overflow-wrap:anywhere}p{margin:4px 0 0;color:#5a5f67}"
    "p.lack{color:#8f4b00}iframe{flex:1;width:100%;border:0}pre{margin:0;padding:16px;white-space:pre-wrap;"
    "overflow-wrap:anywhere;font:inherit}"
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What one person would read. `lacking` are the tags that leave a gap for them."""

    subject: str
    preheader: str
    text: str
    html: str
    lacking: tuple[str, ...]
    segments: Segments | None


def preview(medium: str, draft: Draft, values: Values) -> Preview:
    """`draft` with `values`. Raises MergeTagsRefused, Refused."""
    if medium != "email":
        text = compile_sms(draft)
        said = text.render(values)
        if medium == "voicemail":
            return Preview(
                "What the voice says", "", said or "A recording is played.", "", _lacking(values, text), None
            )
        return Preview("", "", said, "", _lacking(values, text), segments(said))
    email = compile_email(draft, footer=True)
    preheader = compile_email(Draft(draft.preheader)).subject
    html = email.html.render(values) if email.html else ""
    parts = [email.subject, preheader, email.text, *([email.html] if email.html else [])]
    return Preview(
        email.subject.render(values), preheader.render(values), email.text.render(values), html,
        _lacking(values, *parts), None,
    )  # fmt: skip


def counted(text: str, values: Values) -> Segments:
    """The segments that `text` takes with `values`; as it stands while its merge tags cannot be read."""
    try:
        return segments(compile_sms(Draft(text=text)).render(values))
    except Refused:
        return segments(text)


def values_for(contact: Contact | None, organization: Organization, user: User) -> Values:
    """Everything a content may ask for: of `contact`, or invented where there is none."""
    values: Values = {
        **EXAMPLES,
        **organization_values(organization),
        **sender_values(user.name, user.email, user.phone, user),
    }
    if contact is not None:
        custom = {f"contact.fields.{key}" for key in contact.fields}
        own = {name for name in EXAMPLES if name.startswith("contact.")}
        values |= contact_values(contact, own | custom)
    return values


def frame(found: Preview, look: str = "light") -> str:
    """The preview as a page for a sandboxed frame, as a mail program of that look shows it."""
    lack = f'<p class="lack">Empty here: {escape(", ".join(found.lacking))}.</p>' if found.lacking else ""
    if found.segments is not None:
        costly = f": {escape(' '.join(found.segments.expensive[:8]))}" if found.segments.expensive else ""
        head = f"<p>{escape(found.segments.words)}{costly}</p>{lack}"
        body = f"<pre>{escape(found.text)}</pre>"
    else:
        hidden = f"<p>{escape(found.preheader)}</p>" if found.preheader else ""
        head = f"<h1>{escape(found.subject) or 'No subject'}</h1>{hidden}{lack}"
        # Our own pictures by their path: a preview may be looked at under another name of this installation.
        seen = escape(looking(found.html.replace(f'src="{absolute(PATH)}', f'src="{PATH}'), look))
        shown = f'<iframe sandbox="" title="The e-mail" srcdoc="{seen}"></iframe>'
        body = shown if found.html else f"<pre>{escape(found.text)}</pre>"
    top = f"<header>{head}</header>" if head else ""
    # A text has no looks of its own: it stands in the colours of the page around it.
    return _page(top + body, "own" if found.segments is not None else look)


def problem_frame(sentence: str, look: str = "light") -> str:
    """The same frame where there is nothing to show, and why."""
    return _page(f'<header><p class="lack">{escape(sentence)}</p></header>', look)


def looking(html: str, look: str) -> str:
    """A mail's HTML as a program that is light or dark shows it, whatever the reader's own browser is."""
    if look != "dark":
        return _DARK_RULE.sub("@media not all", html).replace(
            "color-scheme: light dark", "color-scheme: light"
        )
    if _DARK_RULE.search(html):
        return _DARK_RULE.sub("@media all", html).replace("color-scheme: light dark", "color-scheme: dark")
    return html.replace("</head>", f"<style>{_TURNED_ROUND}</style></head>", 1)


def _page(body: str, look: str) -> str:
    own = f"@media (prefers-color-scheme:dark){{{_DARK_STYLE}}}"
    dark = {"dark": _DARK_STYLE, "own": own}.get(look, "")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Preview</title>'
        f"<style>{_STYLE}{dark}</style></head><body>{body}</body></html>"
    )


def _lacking(values: Mapping[str, str | None], *texts: MergeText) -> tuple[str, ...]:
    """Tags without a fallback that this person has no value for, each once."""
    slots = [part for text in texts for part in text.parts if isinstance(part, Slot)]
    empty = [slot.name for slot in slots if not slot.fallback and not (values.get(slot.name) or "").strip()]
    return tuple(dict.fromkeys(empty))
