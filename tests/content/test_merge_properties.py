"""Merge tags under any words and any values: nothing crashes, no header gains a line, HTML stays the author's."""

from __future__ import annotations

import email
import re
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage

from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from loumass.content.composing import Draft, compile_email, compile_sms, names_used, names_written
from loumass.content.marking import CONTROL, MergeTagsRefused
from loumass.content.merge import one_line
from loumass.content.mime import Author, Envelope, skeleton
from loumass.content.previewing import counted
from loumass.content.refusing import refusals
from loumass.content.vocabulary import NAMES, Vocabulary
from loumass.core.errors import Refused

ACME = Vocabulary.of(["shoe_size", "Straße"])
NOON = datetime(2025, 6, 12, 12, 0, 5, tzinfo=UTC)
HEADERS = {
    "From", "MIME-Version", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post",
    "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip
NASTY = st.sampled_from(
    [
        "Ada", "", " ", "\r\nBcc: eve@example.com", "a\nb", "a\r\n\r\n<p>body", "\u2028x\u2029\x85\x0b\x0c\0", "=?utf-8?q?x?=",
        '"><script>alert(1)</script>', "' onmouseover='x", "javascript:alert(1)", "&lt;b&gt;", "</p></body>", "{{contact.email}}",
        "{{", "\ue0000\ue001", "\ue0000l\ue001", "\ue002\ue003", "example.com/a b", "https://x.example/?a=1&b=\"", "ł😀", "\ud800",
    ]
)  # fmt: skip
VALUES = st.dictionaries(
    st.sampled_from([*sorted(NAMES), "contact.fields.shoe_size"]), st.one_of(NASTY, st.text(max_size=30))
)
TAGS = st.sampled_from(
    [
        "{{contact.first_name}}", '{{contact.first_name|fallback:"there"}}', "{{contact.shoe_size|fallback:'<\"9\">'}}",
        "{{campaign.event_name}}", "{{ sender.name }}", "{{unsubscribe_url}}", "{{contact.frist_name}}", "{{contact.first_name}",
        "{{x|y}}", "{{}}", '{{contact.email|fallback:"a \\" b"}}',
    ]
)  # fmt: skip
WORDS = st.lists(st.one_of(TAGS, NASTY, st.text(max_size=10)), max_size=6).map("".join)
KNOWN_TAG = st.sampled_from(
    ["{{contact.first_name}}", '{{contact.city|fallback:"<x> & \\"y\\""}}', "{{sender.name}}"]
)
PLACES = st.sampled_from(
    [
        "<p>Hi %s</p>", "<p title='%s'>x</p>", '<img alt="%s" src="https://x.example/a.png">', '<a href="%s">x</a>',
        "<a href=%s>x</a>", '<a href="https://x.example/?q=%s&amp;k=1">x</a>', '<a href="tel:%s">x</a>',
        "<td width=%s>x</td>", "<style>p{color:red}</style><p class=\"%s\">x</p>", "<b>%s", "<!-- %s --><p>x</p>",
    ]
)  # fmt: skip


def drafted(subject: str, preheader: str, html: str, text: str) -> Draft:
    return Draft(subject, preheader, html, text)


DRAFTS = st.builds(drafted, WORDS, WORDS, st.one_of(st.just(""), WORDS), WORDS)


def message(draft: Draft, values: dict[str, str]) -> bytes:
    given = dict(values)
    who = Author("grace@acme.example", one_line(given.get("sender.name", "Grace")))
    envelope = Envelope(
        "ada@example.com", "one@acme.example", NOON, to_name=one_line(given.get("contact.full_name", "Ada")),
        unsubscribe_url="https://acme.example/u/token",
    )  # fmt: skip
    return skeleton(compile_email(draft, footer=True), who).joined(given, envelope)


@settings(max_examples=400, deadline=None)
@given(DRAFTS, VALUES)
@example(Draft("{{campaign.event_name}}", text="x"), {"campaign.event_name": "Night\r\nBcc: eve@example.com"})
@example(Draft("x", "{{sender.name}}", "", "y"), {"sender.name": "Grace\nBcc: eve@example.com"})
def test_whatever_compiles_has_our_headers_and_no_others(draft: Draft, values: dict[str, str]):
    try:
        raw = message(draft, values)
    except Refused as refused:
        assert refused.sentence  # noqa: PT017  both ends are right, only a crash is not
        return
    head, _, _ = raw.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        assert re.match(rb"[A-Za-z-]+: |[ \t]\S", line), line
        assert not set(line) & set(b"\r\n\0")
        assert len(line) <= 998
    parsed = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert set(parsed.keys()) <= HEADERS
    assert len(parsed.keys()) == len(set(parsed.keys()))
    assert b"\r\nList-Unsubscribe: <https://acme.example/u/token>\r\n" in head + b"\r\n"
    assert raw == message(draft, values)


@settings(max_examples=400, deadline=None)
@given(DRAFTS)
def test_a_draft_is_refused_by_field_or_compiles_and_names_what_it_needs(draft: Draft):
    wrong = refusals(draft, ACME)
    try:
        compile_email(draft, ACME, footer=True)
        compile_sms(draft, ACME)
    except MergeTagsRefused:
        assert wrong
        assert all(sentence.endswith((".", "?")) for sentence in wrong.values())
        return
    except Refused:
        return
    assert wrong.keys() <= {"html", "preheader"}
    if not wrong:
        assert names_written(draft) >= names_used(draft)
        assert all(ACME.knows(name) for name in names_used(draft, footer=True))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(PLACES, KNOWN_TAG), min_size=1, max_size=4), VALUES)
def test_values_never_change_what_the_html_is_made_of(pieces: list[tuple[str, str]], values: dict[str, str]):
    html = "<div>" + "".join(place % tag for place, tag in pieces) + "</div>"
    try:
        compiled = compile_email(Draft("s", html=html)).html
    except MergeTagsRefused as refused:
        assert "fallback" in refused.sentence  # noqa: PT017  quotes of the tag that end the attribute
        return
    assert compiled is not None
    plain = dict.fromkeys(NAMES, "Ada")
    shown, expected = (LexborHTMLParser(compiled.render(one)) for one in (values, plain))
    assert skeleton_of(shown) == skeleton_of(expected)
    for link in shown.css("a[href]"):
        assert re.match(r"(https?://|mailto:|tel:|#)", link.attributes["href"] or "#", re.IGNORECASE)


def skeleton_of(tree: LexborHTMLParser) -> list[tuple[str, tuple[str, ...]]]:
    """Every element but the line breaks that a value may bring, with the names of its attributes."""
    return [
        (str(node.tag), tuple(sorted(node.attributes)))
        for node in tree.css("*")
        if node.tag not in ("br", "-comment", "-text")
    ]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
@example("<b>&amp;</b>")
def test_html_shows_a_value_as_it_is_and_text_carries_it_unescaped(value: str):
    made = compile_email(Draft("{{contact.first_name}}", html="<p>{{contact.first_name}}</p>"))
    values = {"contact.first_name": value}
    assert made.html is not None
    said = "" if value.isspace() else CONTROL.sub("", value).replace("\r\n", "\n").replace("\r", "\n")
    paragraph = LexborHTMLParser(made.html.render(values)).css_first("p")
    assert paragraph is not None
    assert paragraph.text().split() == said.split()
    assert made.text.render(values).split() == said.split()
    assert made.subject.render(values) == one_line("" if value.isspace() else value)


@settings(max_examples=300, deadline=None)
@given(WORDS, VALUES)
def test_a_text_is_counted_whatever_stands_in_it(words: str, values: dict[str, str]):
    found = counted(words, dict(values))
    assert found.count >= (1 if found.units else 0)
    assert found.encoding == ("UCS-2" if found.expensive else "GSM-7")
    assert str(found.left) in found.words
