"""From what an author wrote to a compiled message: blocks added, HTML prepared, text made where absent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

from loumass.content import html as author_html
from loumass.content.linking import (
    PIXEL,
    Tracking,
    addresses_in,
    linked,
    marked_link,
    text_with_links,
    written,
)
from loumass.content.marking import MarkedText, mark, names_in
from loumass.content.merge import (
    MergeText,
    compile_header,
    compile_text,
    html_text,
    one_line,
    plain,
    unmarked,
)
from loumass.content.mime import Email
from loumass.content.sounding import Recording, Voice
from loumass.content.vocabulary import Vocabulary

_HIDDEN = "display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all"
# Keeps a mail program from showing the first words of the body behind a short preheader.
_FILLER = "&#847;&zwnj;&nbsp;" * 60
_FOOTER_STYLE = "margin-top:32px;padding-top:12px;border-top:1px solid #d9d9d4;color:#5a5f67;font-size:12px;line-height:18px"
# Nothing to see and nothing to read aloud.
_PIXEL = f'<img src="{marked_link(PIXEL)}" width="1" height="1" alt="" style="display:block;border:0">'
_ADDRESS_TAG, _UNSUBSCRIBE_TAG = "organization.postal_address", "unsubscribe_url"


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author wrote, merge tags and all. `text` is made from `html` when it is blank.

    A `preheader` without `html` needs a place to hide: the text is then sent as HTML that looks like it, too.
    """

    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    #: A voicemail is a recording, or `text` in a voice.
    recording: Recording | None = None
    voice: Voice | None = None
    #: What `html` and `text` were made from, as canonical JSON; empty for words written by hand.
    blocks: str = ""
    #: Text alone, and meant so.
    is_plain: bool = False


def compile_email(
    draft: Draft,
    vocabulary: Vocabulary | None = None,
    *,
    footer: bool = False,
    tracking: Tracking | None = None,
) -> Email:
    """The compiled e-mail. With a `footer` it ends in postal address and unsubscribe link, each only
    where the author has not placed it. Links of `tracking` lead through us. Raises MergeTagsRefused, Refused.
    """
    subject = compile_header(draft.subject, vocabulary)
    numbers = tracking.numbers if tracking else {}
    if not draft.html.strip() and not draft.preheader.strip():
        said = text_with_links(_with_text_footer(draft.text, vocabulary, footer), numbers)
        return _email(subject, said, None, tracking)
    marked = mark(draft.html, vocabulary, is_html=True) if draft.html.strip() else _typed(draft, vocabulary)

    def link(address: str) -> str | None:
        number = numbers.get(written(address, marked.tags) or "")
        return None if number is None else marked_link(number)

    document = MarkedText(
        author_html.inline(author_html.clean(marked.source, link if numbers else None)), marked.tags
    )
    if footer:
        document = _at_bottom(document, _html_footer(document))
    if draft.text.strip():
        said = _with_text_footer(draft.text, vocabulary, footer)
    else:
        words_of = {marked_link(number): address for address, number in numbers.items()}
        said = replace(document, source=author_html.to_text(document.source, words_of))
    if tracking and tracking.has_pixel:
        document = _at_bottom(document, MarkedText(_PIXEL, ()))
    finished = _finished(document, draft.preheader, vocabulary)
    return _email(subject, text_with_links(said, numbers), finished, tracking)


def links_in(draft: Draft) -> tuple[str, ...]:
    """The addresses in `draft` that can be followed through us, as written, each once, in order of their place."""
    found: dict[str, None] = {}
    if draft.html.strip():
        marked = mark(draft.html, is_html=True)

        def note(address: str) -> str | None:
            found.setdefault(written(address, marked.tags) or "")
            return None

        document = author_html.clean(marked.source, note)
        said = (
            MarkedText(author_html.to_text(document), marked.tags)
            if not draft.text.strip()
            else mark(draft.text)
        )
    else:
        said = mark(draft.text)
    for start, end in addresses_in(said.source):
        found.setdefault(written(said.source[start:end], said.tags) or "")
    return tuple(address for address in found if address)


def compile_written(draft: Draft, tracking: Tracking | None = None) -> Email:
    """What a person wrote, word by word: it has no merge tags."""
    subject = MergeText((one_line(draft.subject),))
    if tracking is None:
        return Email(subject, MergeText((draft.text,)), MergeText((draft.html,)) if draft.html else None)
    said = text_with_links(MarkedText(plain(draft.text), ()), tracking.numbers)
    html = plain(draft.html)
    for address, number in tracking.links:
        html = html.replace(f'href="{escape(address)}"', f'href="{marked_link(number)}"')
    if html and tracking.has_pixel:
        html += _PIXEL
    return _email(subject, said, MarkedText(html, ()) if html else None, tracking)


def links_written(words: str) -> tuple[str, ...]:
    """The addresses in what a person wrote that can be followed through us, each once."""
    found = dict.fromkeys(words[start:end] for start, end in addresses_in(words))
    return tuple(address for address in found if "{{" not in address and written(address, ()))


def _email(subject: MergeText, text: MarkedText, html: MarkedText | None, tracking: Tracking | None) -> Email:
    said, shown = unmarked(text, plain), unmarked(html, html_text) if html else None
    if tracking is None:
        return Email(subject, said, shown)
    said = linked(said, tracking, is_html=False)
    return Email(subject, said, linked(shown, tracking, is_html=True) if shown else None)


def compile_sms(draft: Draft, vocabulary: Vocabulary | None = None) -> MergeText:
    """The compiled text message. Raises MergeTagsRefused."""
    return compile_text(draft.text, vocabulary)


def names_used(draft: Draft, *, footer: bool = False) -> frozenset[str]:
    """The canonical merge tags that need a value when `draft` is sent. Raises MergeTagsRefused."""
    email = compile_email(draft, footer=footer)
    names = email.subject.names | email.text.names
    return names | email.html.names if email.html else names


def names_written(draft: Draft) -> frozenset[str]:
    """The canonical merge tags that the author wrote anywhere in `draft`. Raises MergeTagsRefused."""
    plain_names = [names_in(words) for words in (draft.subject, draft.preheader, draft.text)]
    return names_in(draft.html, is_html=True).union(*plain_names)


def _typed(draft: Draft, vocabulary: Vocabulary | None) -> MarkedText:
    """The plain text as HTML that reads the same."""
    marked = mark(draft.text.strip(), vocabulary)
    links = frozenset(number for number, (name, _) in enumerate(marked.tags) if name == _UNSUBSCRIBE_TAG)
    return replace(marked, source=author_html.from_text(marked.source, links))


def _with_text_footer(text: str, vocabulary: Vocabulary | None, footer: bool) -> MarkedText:
    marked = mark(text.rstrip(), vocabulary)
    if not footer:
        return marked
    placed = {name for name, _ in marked.tags}
    lines = ["", "", "-- "]
    if _ADDRESS_TAG not in placed:
        lines += ["{{organization.name}}", "{{organization.postal_address}}"]
    if _UNSUBSCRIBE_TAG not in placed:
        lines.append("Unsubscribe: {{unsubscribe_url}}")
    more = mark("\n".join(lines) if len(lines) > 3 else "", first=len(marked.tags))
    return _joined(marked, more)


def _html_footer(document: MarkedText) -> MarkedText:
    placed = {name for name, _ in document.tags}
    lines = []
    if _ADDRESS_TAG not in placed:
        lines.append("{{organization.name}}<br>{{organization.postal_address}}")
    if _UNSUBSCRIBE_TAG not in placed:
        lines.append('<a href="{{unsubscribe_url}}" style="color:#5a5f67">Unsubscribe</a>')
    if not lines:
        return MarkedText("", ())
    block = f'<div style="{_FOOTER_STYLE}">{"<br>".join(lines)}</div>'
    marked = mark(block, is_html=True, first=len(document.tags))
    return replace(marked, source=author_html.with_link_places(marked.source))


def _at_bottom(document: MarkedText, block: MarkedText) -> MarkedText:
    source = document.source.replace(author_html.BOTTOM, block.source + author_html.BOTTOM, 1)
    return MarkedText(source, document.tags + block.tags)


def _finished(document: MarkedText, preheader: str, vocabulary: Vocabulary | None) -> MarkedText:
    """The document with its hidden preheader on top and without the marks of its ends."""
    source, tags = document.source.replace(author_html.BOTTOM, "", 1), document.tags
    hidden = MarkedText("", ())
    if preheader.strip():
        hidden = mark(preheader.strip(), vocabulary, first=len(tags))
        block = f'<div style="{_HIDDEN}">{escape(hidden.source)}{_FILLER}</div>'
        hidden = replace(hidden, source=block)
    return MarkedText(source.replace(author_html.TOP, hidden.source, 1), tags + hidden.tags)


def _joined(first: MarkedText, second: MarkedText) -> MarkedText:
    return MarkedText(first.source + second.source, first.tags + second.tags)
