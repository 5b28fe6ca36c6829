"""Blocks become HTML and text. Pure: documents in, mail out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from selectolax.lexbor import LexborHTMLParser

from loumass.content.blocks.checking import complaints, is_blank
from loumass.content.blocks.document import read
from loumass.content.blocks.parts import led_to
from loumass.content.blocks.rendering import render, text_of
from loumass.content.composing import Draft, compile_email, links_in
from loumass.content.composing_blocks import as_plain
from loumass.content.linking import Tracking
from loumass.content.mime import Author, Envelope, skeleton
from loumass.content.previewing import looking
from loumass.content.typed import begun_with, in_way, says_nothing, way_of
from loumass.content.vocabulary import Vocabulary
from loumass.core import clock
from loumass.core.errors import Refused
from tests.content.letters import Json, button, chip, image, letter, paragraph, text, typed, words

VALUES = {
    "contact.first_name": "Ada <3", "contact.email": "ada+x@example.com", "contact.fields.site": "https://own.example/?a=1&b=2",
    "sender.signature": "Grace\nAcme", "organization.name": "Acme", "organization.postal_address": "1 Main Street",
    "unsubscribe_url": "https://acme.example/u/t",
}  # fmt: skip
MEDIA = UUID(int=7)
PICTURES = {MEDIA: "https://loumass.example/media/picture.png"}


def made(*blocks: Json, pictures: Mapping[UUID, str] = PICTURES, **design: object) -> Draft:
    document = read(letter(*blocks, **design))
    rendered = render(document, pictures)
    return Draft("s", "", rendered.html, rendered.text, blocks=document.written)


def sent(draft: Draft, tracking: Tracking | None = None) -> tuple[str, str]:
    """HTML and text as Ada gets them."""
    tokens = {f"link<{number}": f"t{number}" for number in range(9)}
    email = compile_email(draft, footer=True, tracking=tracking)
    assert email.html is not None
    return email.html.render(VALUES | tokens), email.text.render(VALUES | tokens)


def test_merge_tags_survive_everywhere_and_are_escaped_for_their_place() -> None:
    html, said = sent(
        made(
            text(paragraph(words("Hi "), chip("contact.first_name"), words(", or "), chip("contact.city", 'a "b" <c>'))),
            text(paragraph(words("mine", href="https://x.example/?e={{contact.email}}&x=1")), id="b"),
            button("Go, {{contact.first_name}}", '{{contact.site|fallback:"https://acme.example/"}}'),
            {"id": "s", "type": "signature"},
            {"id": "h", "type": "html", "html": '<p>{{contact.city|fallback:"town & <co>"}}</p>'},
        )
    )  # fmt: skip
    assert "Hi Ada &lt;3, or a &quot;b&quot; &lt;c&gt;</p>" in html
    assert 'href="https://x.example/?e=ada%2Bx@example.com&amp;x=1"' in html
    assert 'href="https://own.example/?a=1&amp;b=2"' in html
    assert ">Go, Ada &lt;3</a>" in html
    assert "Grace<br>\nAcme" in html
    assert "town &amp; &lt;co&gt;" in html
    assert "LMPLACE" not in html + said
    assert "{{" not in html + said
    assert 'Hi Ada <3, or a "b" <c>' in said
    assert "mine (https://x.example/?e=ada%2Bx@example.com&x=1)" in said
    assert "Go, Ada <3 (https://own.example/?a=1&b=2)" in said
    assert "Grace\nAcme" in said


def test_the_footer_stands_in_the_width_of_the_mail() -> None:
    html, said = sent(made(text(paragraph(words("Hi")))))
    end = html.index('class="words-end"')
    assert html.index("Hi</p>") < end < html.index("1 Main Street") < html.index("Unsubscribe")
    assert said.endswith("Unsubscribe: https://acme.example/u/t")


def test_nothing_is_loaded_from_elsewhere_and_darkness_is_answered() -> None:
    html = made(text(paragraph(words("Hi")))).html
    assert "fonts.googleapis" not in html
    assert '<meta name="color-scheme" content="light dark"' in html
    shown, _ = sent(made(text(paragraph(words("Hi")))))
    assert "prefers-color-scheme" in shown
    assert "@media all{body" in looking(shown, "dark")
    assert "@media not all{body" in looking(shown, "light")
    assert "invert" in looking("<html><head></head><body>x</body></html>", "dark")


def test_links_of_blocks_are_followed_through_us_in_both_parts() -> None:
    draft = made(
        text(paragraph(words("see", href="acme.example/a"))), button("Go", "https://acme.example/b"),
        image(MEDIA, "Map", href="https://acme.example/c"),
    )  # fmt: skip
    addresses = links_in(draft)
    assert addresses == ("https://acme.example/a", "https://acme.example/b", "https://acme.example/c")
    tracking = Tracking("https://go.example", True, tuple((one, n) for n, one in enumerate(addresses, 1)))
    html, said = sent(draft, tracking)
    for number in (1, 2, 3):
        assert f'href="https://go.example/c/t{number}"' in html
        assert f"https://go.example/c/t{number}" in said
    assert "https://go.example/o/t0" in html


def test_marks_lists_and_headings_are_kept_in_both_parts() -> None:
    items = [{"type": "listItem", "content": [paragraph(words(one))]} for one in ("one", "two")]
    nested = {
        "type": "listItem",
        "content": [paragraph(words("three")), {"type": "bulletList", "content": items}],
    }
    html, said = sent(
        made(
            text(
                {"type": "heading", "attrs": {"level": 2, "id": "x"}, "content": [words("Dinner")]},
                paragraph(words("very", "bold", "italic"), {"type": "hardBreak"}, words("gone", "strike")),
                {"type": "orderedList", "attrs": {"start": 3}, "content": [*items, nested]},
                paragraph(),
                align="center",
            )
        )
    )
    assert re.search(r"<h2 [^>]*>Dinner</h2>", html)
    assert "<i><b>very</b></i><br><s>gone</s>" in html
    assert '<ol start="3"' in html
    assert "text-align:center" in html
    assert "3. one\n4. two\n5. three\n  - one\n  - two" in said


def test_columns_hold_blocks_and_stand_below_each_other_on_phones() -> None:
    row = {
        "id": "r", "type": "columns", "split": "1-2",
        "columns": [[text(paragraph(words("west")), id="l")], [image(MEDIA, "Map & <plan>", id="i", width=50)]],
    }  # fmt: skip
    html, said = sent(made(text(paragraph(words("above"))), row, text(paragraph(words("below")), id="z")))
    assert html.index("above") < html.index("west") < html.index("picture.png") < html.index("below")
    assert "mj-column-per-33" in html
    assert "min-width:480px" in html.replace(" ", "")
    assert 'alt="Map &amp; ' in html
    assert said.startswith("above\n\nwest\n\n[Map & <plan>]\n\nbelow")


@pytest.mark.parametrize(("accent", "letters"), [("#2353d5", "#ffffff"), ("#ffe08a", "#1c1e21")])
def test_a_button_is_readable_on_its_colour(accent: str, letters: str) -> None:
    html = made(button("Go", "https://a.example"), accent=accent, width=520, font="serif").html
    assert f"background:{accent};color:{letters}" in html
    assert "max-width:520px" in html
    assert "Georgia" in html


def test_raw_html_is_cleaned() -> None:
    dirty = (
        '<div class="x" onclick="y" style="color:red;position:fixed;background-image:url(http://e.example/p)">a'
        '<script>alert(1)</script><a href="javascript:x">b</a><iframe src="https://e.example"></iframe>'
        '<a href="{{contact.website}}">c</a><img src="https://e.example/p.png" onerror="x"></div>'
    )
    html = made({"id": "h", "type": "html", "html": dirty}).html
    assert not re.search(
        r"alert|onclick|onerror|javascript|iframe|position:fixed|url\(http|class=\"x\"", html
    )
    assert 'href="{{contact.fields.website}}"' in html
    assert 'src="https://e.example/p.png"' in html


def test_what_is_not_there_is_left_out() -> None:
    draft = made(
        image(None, "x"),
        image(UUID(int=9), "y", id="b"),
        button("", "https://a.example"),
        button("x", "", id="c"),
    )
    assert "<img" not in draft.html
    assert "https://a.example" not in draft.html
    assert read(draft.blocks).with_pictures(PICTURES).media_ids == ()


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        (image(None, "x"), "Block 1 (picture): Choose a picture"),
        (image(MEDIA), "Say what the picture shows"),
        (image(MEDIA, is_decorative=True, href="not there"), "not there is no address"),
        (button("", "https://a.example"), "Write on the button"),
        (button("Go", "javascript:alert(1)"), "Say where the button leads."),
        (text(paragraph(words("x", href="ftp://x"))), "ftp://x leads nowhere."),
        (text(paragraph(chip("contact.frist_name"))), "Did you mean contact.first_name?"),
        (text(paragraph(words("Hi {{contact.first_name"))), "The braces of this merge tag do not match."),
        (button("{{zzz}}", "https://a.example"), "There is no merge tag zzz."),
        ({"id": "h", "type": "html", "html": "<p>{{contact.first_name</p>"}, "Block 1 (HTML): The braces"),
        ({"id": "s", "type": "signature"}, "Nothing is written yet."),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_told_with_its_block(block: Json, sentence: str) -> None:
    assert sentence in " ".join(complaints(read(letter(block)), Vocabulary()))


def test_a_fine_letter_has_no_complaints() -> None:
    fine = letter(text(paragraph(words("Hi "), chip("contact.badge"))), image(MEDIA, is_decorative=True))
    assert complaints(read(fine), Vocabulary.of(["badge"])) == []


@pytest.mark.parametrize(
    "told",
    [
        "", "[]", "{", '{"version": 2}', '{"blocks": [{"id": "a", "type": "video"}]}', '{"blocks": [{"id": "<", "type": "divider"}]}',
        '{"design": {"accent": "red; x"}}', '{"design": {"width": 9000}}', typed(image("no uuid")), typed(text({"type": "table"})),
        typed(text(paragraph(words("x", "code")))), typed({"id": "r", "type": "columns", "split": "1-1-1", "columns": [[], []]}),
        typed({"id": "r", "type": "columns", "columns": [[{"id": "q", "type": "columns"}], []]}),
        typed(text(paragraph(chip('x"}}<script>')))), '{"blocks":' * 50_000,
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused(told: str) -> None:
    with pytest.raises(Refused, match=r"cannot be read|take more than"):
        read(told)


@pytest.mark.parametrize(
    ("written", "leads"),
    [
        ("example.com/x", "https://example.com/x"), (" https://a.example ", "https://a.example"), ("ada@a.example", "mailto:ada@a.example"),
        ("{{contact.website}}", "{{contact.website}}"), ("acme.example/?e={{contact.email}}", "https://acme.example/?e={{contact.email}}"),
        ("tel:+1303", "tel:+1303"), ("javascript:alert(1)", ""), ("/relative", ""), ("two words", ""), ("data:text/html,x", ""),
    ],
)  # fmt: skip
def test_where_an_address_leads(written: str, leads: str) -> None:
    assert led_to(written) == leads


def test_equal_documents_are_equal_texts_and_unknown_attributes_fall_away() -> None:
    one = read('{"blocks":[{"type":"divider","id":"d","look":"line","colour":"red"}],"more":1}')
    assert one.written == read('{"blocks":[{"id":"d","type":"divider"}]}').written
    assert read(one.written) == one


def test_plain_text_is_one_part_without_picture_or_html() -> None:
    draft = as_plain(
        Draft("Quick question", "hidden line", "<p>x</p>", "Hi {{contact.first_name}}\nhttps://a.example/")
    )
    email = compile_email(
        draft, footer=True, tracking=Tracking("https://go.example", True, (("https://a.example/", 1),))
    )
    assert email.html is None
    mail = skeleton(email, Author("ben@acme.example", "Ben")).joined(
        VALUES | {"link<1": "t1"},
        Envelope("ada@x.example", "m2@acme.example", clock.now(), in_reply_to="m1@acme.example"),
    )
    assert mail.count(b"Content-Type:") == 1
    assert b"Content-Type: text/plain" in mail
    assert b"<html" not in mail
    assert b"/o/" not in mail
    assert b"hidden line" not in mail
    assert b"In-Reply-To: <m1@acme.example>" in mail


def test_three_ways_to_write_are_told_apart() -> None:
    hand = Draft("s", "p", "<p>x</p>", "x")
    assert in_way(hand, "html", typed()) == hand
    assert in_way(hand, "", typed()) == hand
    plain, blocks = in_way(hand, "plain", ""), in_way(hand, "blocks", typed())
    assert (plain.html, plain.preheader, plain.text) == ("", "", "x")
    assert (blocks.html, blocks.text, blocks.preheader) == ("", "", "p")
    assert [way_of(one) for one in (hand, plain, blocks)] == ["html", "plain", "blocks"]
    assert says_nothing(in_way(Draft(), "blocks", begun_with("").written))
    assert not says_nothing(in_way(Draft(), "blocks", begun_with("Hi").written))
    typed_before = 'Hi {{contact.first_name|fallback:"there"}},\n\n12 seats\nat {{sender.name}}\n\n12'
    begun = begun_with(typed_before)
    assert text_of(begun) == typed_before
    assert begun.written.count("mergeTag") == 2
    assert text_of(begun_with("Hi {{oops")) == "Hi {{oops"
    assert is_blank(begun_with(""))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(some.lists(some.text(max_size=60), min_size=1, max_size=4))
def test_no_word_is_ever_markup(lines: list[str]) -> None:
    """Whatever is typed adds its paragraphs, and no other element."""
    draft = made(text(*(paragraph(words(f"x{line}")) for line in lines)))
    bare = made(text(paragraph(words("x"))))
    assert _elements(draft.html) - _elements(bare.html) == Counter(
        {"p": len(lines) - 1} if len(lines) > 1 else {}
    )


def _elements(html: str) -> Counter[str | None]:
    return Counter(node.tag for node in LexborHTMLParser(html).css("*"))
