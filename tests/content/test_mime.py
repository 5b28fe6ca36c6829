"""Messages as bytes, read back by the standard library's parser, which knows nothing of our code."""

from __future__ import annotations

import email
import re
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import Parser
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loumass.content import headers
from loumass.content.composing import Draft, compile_email
from loumass.content.headers import HeaderInjection, Unaddressable
from loumass.content.merge import CONTROL, one_line
from loumass.content.mime import Attachment, Author, Email, Envelope, Skeleton, skeleton

NOON = datetime(2025, 6, 12, 12, 0, 5, tzinfo=UTC)
GRACE = Author("grace@acme.example", "Grace Hopper")
ADA = Envelope(to="ada@example.com", message_id="one@acme.example", date=NOON)
VALUE = "{{contact.first_name}}"


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    for line in raw.split(b"\r\n"):
        assert len(line) <= 998
        assert b"\r" not in line
        assert b"\n" not in line
    assert raw.isascii()
    return message


def compiled(draft: Draft, author: Author = GRACE) -> Skeleton:
    return skeleton(compile_email(draft), author)


def body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def lines(text: str) -> str:
    """`text` as a mail part gives it back: line ends are line ends, control characters are gone."""
    return CONTROL.sub("", re.sub("\r\n|\r", "\n", text))


def test_a_plain_message_has_everything_a_receiver_needs():
    raw = compiled(Draft("Dinner", text="Hi Ada,\nsee you.")).joined({}, ADA)
    message = parsed(raw)
    assert message["From"] == "Grace Hopper <grace@acme.example>"
    assert message["To"] == "ada@example.com"
    assert message["Subject"] == "Dinner"
    assert message["Message-ID"] == "<one@acme.example>"
    assert message["Date"].datetime == NOON
    assert message.get_content_type() == "text/plain"
    assert body(message, "plain") == "Hi Ada,\nsee you.\n"


def test_html_travels_with_a_text_that_says_the_same():
    message = parsed(
        compiled(Draft("x", html="<p>Hi <b>Ada</b>, <a href='https://x.example/'>come</a></p>")).joined(
            {}, ADA
        )
    )
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert body(message, "plain") == "Hi Ada, come (https://x.example/)\n"
    assert "<b>Ada</b>" in body(message, "html")


def test_the_same_arguments_give_the_same_bytes():
    draft = Draft("Hi {{contact.first_name}}", html=f"<p>{VALUE}</p>")
    values = {"contact.first_name": "Ada"}
    assert compiled(draft).joined(values, ADA) == compiled(draft).joined(values, ADA)


@given(st.text(), st.text())
@example("\ud800", "=\r\n.\r\n")
@example("=_alternative", "--=_alternative_27747689baf9903c")
def test_any_value_reaches_the_reader_unchanged_in_text(value: str, around: str):
    literal = around.replace("{", "(")
    made = skeleton(compile_email(Draft("s", text=f"{literal}{VALUE}{literal}")), GRACE)
    content = body(parsed(made.joined({"contact.first_name": value}, ADA)), "plain")
    shown = "" if value.isspace() else lines(value)
    # An author's blank end is cut; everything before it is the same.
    assert content.rstrip() == (lines(literal) + shown + lines(literal)).rstrip()


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Co")), min_size=1))
@example("=?utf-8?q?x?=")
@example("a" * 2000)
@example("word " * 60)
@example("ü" * 300)
@example("😀" * 80)
@example("  two  spaces  ")
def test_any_subject_comes_back_from_the_parser(value: str):
    message = parsed(compiled(Draft(f"Re: {VALUE}", text="x")).joined({"contact.first_name": value}, ADA))
    expected = one_line(f"Re: {'' if value.isspace() else value}")
    assert " ".join(message["Subject"].split()) == " ".join(expected.split())


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Co", "Zl", "Zp")), max_size=120))
@example('Lovelace, "Ada" \\ <x>')
@example("Ä" * 100)
def test_any_name_comes_back_from_the_parser(name: str):
    raw = compiled(Draft("s", text="x"), Author("grace@acme.example", name)).joined({}, ADA)
    message = parsed(raw)
    assert message["From"].addresses[0].addr_spec == "grace@acme.example"
    written, _ = parseaddr(str(Parser(policy=policy.compat32).parsestr(raw.decode())["From"]))
    assert " ".join(str(make_header(decode_header(written))).split()) == " ".join(name.split())


@pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\r\nBcc: eve@example.com", "a\0b"])
def test_no_line_break_enters_a_header_by_any_door(bad: str):
    one = compiled(Draft("s", text="x"))
    for envelope in (
        Envelope(to=f"{bad}@example.com", message_id="a@b", date=NOON),
        Envelope(to="ada@example.com", message_id=f"a@b{bad}", date=NOON),
        Envelope(to="ada@example.com", to_name=bad, message_id="a@b", date=NOON),
        Envelope(to="ada@example.com", message_id="a@b", date=NOON, reply_to=f"{bad}@x.example"),
        Envelope(to="ada@example.com", message_id="a@b", date=NOON, in_reply_to=f"x@y{bad}"),
        Envelope(
            to="ada@example.com", message_id="a@b", date=NOON, in_reply_to="x@y", references=(f"q@y{bad}",)
        ),
        Envelope(
            to="ada@example.com", message_id="a@b", date=NOON, unsubscribe_url=f"https://x.example/{bad}"
        ),
    ):
        with pytest.raises(HeaderInjection):
            one.joined({}, envelope)
    draft = compile_email(Draft("s", text="x"))
    for author, extra in (
        (Author("grace@acme.example", bad), {}),
        (Author(f"{bad}@acme.example"), {}),
        (GRACE, {"Feedback-ID": bad}),
        (GRACE, {f"X-{bad}": "x"}),
    ):
        with pytest.raises(HeaderInjection):
            skeleton(draft, author, extra)
    for attachment in (Attachment(bad, "text/plain", b""), Attachment("a", f"text/{bad}", b"")):
        with pytest.raises(HeaderInjection):
            skeleton(Email(draft.subject, draft.text, None, (attachment,)), GRACE)


def test_a_line_break_in_a_merge_value_cannot_leave_the_subject():
    raw = compiled(Draft(VALUE, text="x")).joined({"contact.first_name": "Ada\r\nBcc: eve@example.com"}, ADA)
    message = parsed(raw)
    assert message["Bcc"] is None
    assert message["Subject"] == "Ada Bcc: eve@example.com"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@exa mple.com",
        "a b@example.com",
        "<ada@example.com>",
        "å@example.com",
        "ada@-",
        "ada@example.com, eve@example.com",
    ],
)
def test_what_is_not_one_address_is_refused(address: str):
    with pytest.raises(Unaddressable):
        headers.addr_spec(address)


def test_unusual_addresses_are_written_as_every_server_takes_them():
    assert headers.addr_spec("ada@Bücher.example") == "ada@xn--bcher-kva.example"
    assert headers.addr_spec("ada.@example.com") == '"ada."@example.com'
    assert headers.addr_spec('"a b@c"@example.com') == '"a b@c"@example.com'
    assert headers.addr_spec("o'neil+x@EXAMPLE.com") == "o'neil+x@example.com"


def test_one_click_unsubscribe_stands_on_one_line_however_long():
    url = "https://acme.example/u/" + "a" * 900
    raw = compiled(Draft("s", text="x")).joined(
        {}, Envelope("ada@example.com", "a@b", NOON, unsubscribe_url=url)
    )
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    with pytest.raises(ValueError, match="longer than one line"):
        compiled(Draft("s", text="x")).joined(
            {}, Envelope("ada@example.com", "a@b", NOON, unsubscribe_url=url + "a" * 100)
        )


def test_a_reply_names_what_it_answers_and_a_long_thread_is_shortened():
    thread = tuple(f"<{n}@x.example>" for n in range(200))
    message = parsed(
        compiled(Draft("Re: s", text="x")).joined(
            {}, Envelope("ada@example.com", "a@b", NOON, in_reply_to="199@x.example", references=thread)
        )
    )
    assert message["In-Reply-To"] == "<199@x.example>"
    references = message["References"].split()
    assert references[0] == "<0@x.example>"
    assert references[-1] == "<199@x.example>"
    assert len(references) == 20


def test_strange_message_ids_of_others_are_left_out():
    message = parsed(
        compiled(Draft("Re: s", text="x")).joined(
            {},
            Envelope(
                "ada@example.com", "a@b", NOON, in_reply_to="ü@x", references=("a b@c", "<ok@x>", "y" * 999)
            ),
        )
    )
    assert message["In-Reply-To"] is None
    assert message["References"] == "<ok@x>"


@pytest.mark.parametrize(
    "name", ["plan.pdf", "Einladung für Köln.pdf", "x" * 300 + ".pdf", 'quo"te;.pdf', "計画.pdf"]
)
def test_attachments_keep_their_names_and_their_bytes(name: str):
    content = bytes(range(256)) * 40
    made = compile_email(Draft("s", html="<p>x</p>"))
    raw = skeleton(
        Email(made.subject, made.text, made.html, (Attachment(name, "application/pdf", content),)), GRACE
    ).joined({}, ADA)
    message = parsed(raw)
    files = list(message.iter_attachments())
    assert [file.get_filename() for file in files] == [name]
    assert files[0].get_content() == content
    assert message.get_content_type() == "multipart/mixed"


def test_a_picture_in_the_html_is_found_by_its_content_id():
    made = compile_email(Draft("s", html='<p><img src="cid:logo@acme"></p>'))
    picture = Attachment("logo.png", "image/png", b"png", content_id="logo@acme")
    message = parsed(skeleton(Email(made.subject, made.text, made.html, (picture,)), GRACE).joined({}, ADA))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    assert [part["Content-ID"] for part in message.walk() if part["Content-ID"]] == ["<logo@acme>"]


def test_an_attached_mail_cannot_smuggle_in_a_part():
    made = compile_email(Draft("s", text="x"))
    file = Attachment("mail.eml", "message/rfc822", b"Subject: x\r\n\r\n--=_mixed\r\n")
    message = parsed(skeleton(Email(made.subject, made.text, None, (file,)), GRACE).joined({}, ADA))
    assert next(message.iter_attachments()).get_content_type() == "application/octet-stream"


def test_the_encoding_follows_the_language():
    latin = compiled(Draft("s", text="Grüße aus Köln, es war schön")).joined({}, ADA)
    greek = compiled(Draft("s", text="Καλημέρα σας, τι κάνετε;")).joined({}, ADA)
    assert b"quoted-printable" in latin
    assert b"base64" in greek
    assert parsed(greek).get_content().strip() == "Καλημέρα σας, τι κάνετε;"


def test_further_headers_are_the_same_for_everybody():
    made = skeleton(compile_email(Draft("s", text="x")), GRACE, {"Feedback-ID": "spring:acme"})
    assert parsed(made.joined({}, ADA))["Feedback-ID"] == "spring:acme"
