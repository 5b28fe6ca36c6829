"""From an author's draft to a compiled message: footer, preheader, links, and the text made from HTML."""

from __future__ import annotations

import pytest

from loumass.content.composing import Draft, compile_email, compile_sms, names_used
from loumass.content.html import clean, inline, links, to_text
from loumass.content.marking import MergeTagsRefused
from loumass.content.mime import Email
from loumass.content.vocabulary import Vocabulary

VALUES = {
    "contact.first_name": "Ada",
    "contact.email": "ada+x@example.com",
    "contact.fields.website": "example.com",
    "sender.phone": "+1 (303) 555-0177",
    "organization.name": "Acme & Co",
    "organization.postal_address": "1 Main Street\nDenver",
    "unsubscribe_url": "https://acme.example/u/token?a=1&b=2",
}


def html_of(email: Email, values: dict[str, str] = VALUES) -> str:
    assert email.html is not None
    return email.html.render(values)


def test_the_footer_carries_the_postal_address_and_the_way_out():
    email = compile_email(Draft("s", html="<p>Hi</p>"), footer=True)
    shown, text = html_of(email), email.text.render(VALUES)
    assert "Acme &amp; Co<br>1 Main Street<br>\nDenver" in shown
    assert '<a href="https://acme.example/u/token?a=1&amp;b=2"' in shown
    assert shown.index("Hi") < shown.index("Unsubscribe") < shown.index("</body>")
    assert "1 Main Street\nDenver" in text
    assert "https://acme.example/u/token?a=1&b=2" in text


def test_a_text_mail_has_the_same_footer():
    text = compile_email(Draft("s", text="Hi\n"), footer=True).text.render(VALUES)
    assert text == (
        "Hi\n\n-- \nAcme & Co\n1 Main Street\nDenver\nUnsubscribe: https://acme.example/u/token?a=1&b=2"
    )


def test_what_the_author_placed_is_not_placed_twice():
    draft = Draft("s", html="<p>{{organization.postal_address}}</p><a href='{{unsubscribe_url}}'>Out</a>")
    email = compile_email(draft, footer=True)
    assert html_of(email).count("1 Main Street") == 1
    assert html_of(email).count("acme.example/u/") == 1
    assert email.text.render(VALUES).count("acme.example/u/") == 1


def test_a_reply_has_no_footer():
    email = compile_email(Draft("s", html="<p>Hi</p>", text="Hi"))
    assert "nsubscribe" not in html_of(email) + email.text.render(VALUES)


def test_the_footer_comes_last_even_in_html_that_was_never_closed():
    shown = html_of(compile_email(Draft("s", html="<table><tr><td>Hi<b>"), footer=True))
    assert shown.index("Hi") < shown.index("</table>") < shown.index("Acme")


def test_the_preheader_is_hidden_in_the_html_and_absent_from_the_text():
    email = compile_email(Draft("s", preheader="For {{contact.first_name}} <3", html="<p>Hello</p>"))
    shown = html_of(email)
    assert "For Ada &lt;3" in shown
    assert shown.index("display:none") < shown.index("For Ada") < shown.index("Hello")
    assert email.text.render(VALUES) == "Hello"


def test_a_preheader_finds_a_place_in_a_plain_email_too():
    """Somebody who types plain text and a preview line gets both: the text as it is, and as HTML that reads the same."""
    written = "Hi {{contact.first_name}} <3\n\nOne\ntwo: https://x.example/a?b=1&c={{contact.email}}.\n{{unsubscribe_url}}"
    email = compile_email(Draft("s", preheader="Short", text=written), footer=True)
    shown, text = html_of(email), email.text.render(VALUES)
    assert shown.index("display:none") < shown.index("Short") < shown.index("Hi Ada &lt;3</p>")
    assert "One<br>two: " in shown
    assert 'href="https://x.example/a?b=1&amp;c=ada%2Bx@example.com"' in shown
    assert shown.count('href="https://acme.example/u/token?a=1&amp;b=2"') == 1
    assert "1 Main Street" in shown
    assert text.startswith("Hi Ada <3\n\nOne\ntwo: https://x.example/a?b=1&c=ada+x@example.com.\n")
    assert compile_email(Draft("s", text=written)).html is None


def test_a_written_text_is_kept_as_it_is():
    assert (
        compile_email(Draft("s", html="<p>One</p>", text="Two\n\n\n three")).text.render({})
        == "Two\n\n\n three"
    )


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (
            "https://x.example/?e={{contact.email}}&amp;k=1",
            "https://x.example/?e=ada%2Bx@example.com&amp;k=1",
        ),
        ("{{contact.website}}/about", "https://example.com/about"),
        ("{{contact.website}}", "https://example.com"),
        ("tel:{{sender.phone}}", "tel:+13035550177"),
        ("mailto:{{contact.email}}", "mailto:ada%2Bx@example.com"),
        (
            "https://x.example/{{contact.city|fallback:&quot;any where&quot;}}",
            "https://x.example/any%20where",
        ),
        ('https://x.example/{{contact.city|fallback:"any where"}}', "https://x.example/any%20where"),
    ],
)
def test_values_in_links_are_encoded_for_their_place(written: str, sent: str):
    assert f'href="{sent}"' in html_of(compile_email(Draft("s", html=f'<a href="{written}">x</a>')))


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", 'x" onclick="y', ""]
)
def test_a_contacts_website_cannot_become_code(value: str):
    shown = html_of(
        compile_email(Draft("s", html='<a href="{{contact.website}}">x</a>')),
        {"contact.fields.website": value},
    )
    assert '<a href="#">x</a>' in shown


def test_a_value_cannot_leave_its_attribute():
    shown = html_of(
        compile_email(Draft("s", html='<p title="{{contact.first_name}}">x</p>')),
        {"contact.first_name": '"><script>'},
    )
    assert '<p title="&quot;&gt;&lt;script&gt;">' in shown


def test_what_runs_or_loads_code_is_taken_out():
    document = clean(
        '<script>1</script><iframe src=x></iframe><p onclick="x()">Hi</p><a href="java\tscript:x()">a</a>'
        '<link rel=stylesheet href=x><base href=x><meta http-equiv="refresh" content="0"><img src="data:text/html,x">'
        '<form action="javascript:x()"></form>'
    )
    for trace in ("script", "iframe", "onclick", "<link", "<base", "refresh", "text/html"):
        assert trace not in document


def test_what_mail_programs_need_stays():
    source = (
        '<!--[if mso]><table><tr><td><![endif]--><table bgcolor="#fff" width="600"><tr><td valign="top">Hi</td></tr></table>'
        "<style>@media (max-width:600px){td{width:100%}} td{color:red} a:hover{color:blue}</style>"
    )
    document = inline(clean(source))
    assert "<!--[if mso]>" in document
    assert '<td valign="top" style="color: red;">' in document
    assert "@media" in document
    assert "a:hover" in document
    assert document.count("<body") == 1
    assert document.lower().startswith("<!doctype html>")


def test_links_are_listed_once_and_in_order():
    document = clean(
        '<a href="https://b.example">1</a><a href="#top">2</a><a href="https://a.example">3</a><a href="https://b.example">4</a>'
    )
    assert links(document) == ("https://b.example", "https://a.example")


def test_the_text_of_html_reads_well():
    document = clean(
        "<h1>Hello</h1><p>One&nbsp;two &amp; three</p><ul><li>a</li><li>b</li></ul>"
        "<a href='https://x.example/a'><img alt='Logo'></a><a href='https://x.example'>https://x.example</a>"
        "<div style='display: none'>secret</div>"
    )
    text = to_text(document)
    assert text.startswith("Hello\n\nOne two & three\n\n")
    assert "* a\n" in text
    assert "https://x.example/a" in text
    assert text.count("https://x.example\n") + text.endswith("https://x.example") == 1
    assert "secret" not in text


def test_boxes_in_boxes_are_not_indented_in_the_text():
    source = "<div><div>Hi<br>there,<div>come<br>soon</div></div></div>"
    email = compile_email(Draft("s", html=source), footer=True)
    assert email.text.render(VALUES).splitlines()[:4] == ["Hi", "there,", "come", "soon"]
    assert "\nAcme & Co\n1 Main Street\nDenver\nUnsubscribe (https://" in email.text.render(VALUES)


def test_an_unknown_tag_is_refused_wherever_it_stands():
    for draft in (
        Draft("{{nobody}}", html="x"),
        Draft("s", html="<a href='{{nobody}}'>x</a>"),
        Draft("s", html="x", preheader="{{nobody}}"),
        Draft("s", html="x", text="{{nobody}}"),
        Draft("s", text="{{nobody}}"),
    ):
        with pytest.raises(MergeTagsRefused, match="no merge tag nobody"):
            compile_email(draft, Vocabulary())


def test_the_names_used_are_those_a_message_must_freeze():
    draft = Draft("{{contact.title}}", preheader="{{contact.city}}", html="<p>{{contact.first_name}}</p>")
    assert names_used(draft) == {"contact.title", "contact.city", "contact.first_name"}
    assert {"organization.postal_address", "unsubscribe_url"} < names_used(draft, footer=True)


def test_a_text_message_is_sent_as_written():
    text = compile_sms(Draft(text='Hi {{contact.first_name|fallback:"there"}}\nReply STOP to opt out'))
    assert text.render({}) == "Hi there\nReply STOP to opt out"
