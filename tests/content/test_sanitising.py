"""Mail from strangers, made safe to show."""

from __future__ import annotations

import pytest

from loumass.content.sanitising import FRAME_POLICY, document, safe_html, text_as_html


def test_ordinary_mail_looks_as_it_was_written():
    source = '<table width="600"><tbody><tr><td style="color:red;padding:4px" valign="top">Hi <b>Ada</b></td></tr></tbody></table>'
    assert safe_html(source).html == source


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
        '<form action="https://evil.example"><input name=password></form>',
        '<base href="https://evil.example/">',
        '<meta http-equiv="refresh" content="0;url=https://evil.example">',
        '<link rel="stylesheet" href="https://evil.example/x.css">',
        "<style>body{background:url(https://evil.example)}</style>",
        '<math><mtext><table><mglyph><style><img src=x onerror="alert(1)">',
        '<p style="background:url(https://evil.example/x.png)">x</p>',
        '<p style="b\\61 ckground-image:\\75rl(https://evil.example)">x</p>',
        '<table background="https://evil.example/x.png"><tr><td>x</td></tr></table>',
    ],
)
def test_attacks_leave_no_trace(attack: str):
    shown = safe_html(attack).html.lower()
    for trace in (
        "script",
        "onerror",
        "onload",
        "evil.example",
        "<form",
        "<input",
        "<style",
        "<iframe",
        "<svg",
        "data:text",
    ):
        assert trace not in shown


@pytest.mark.parametrize("link", ["/contacts/1", "//evil.example/x", "logout", "?x=1"])
def test_a_link_of_theirs_never_leads_into_our_own_pages(link: str):
    assert "href" not in safe_html(f'<a href="{link}">x</a>').html


def test_links_open_outside_the_frame_without_telling_where_from():
    shown = safe_html('<a href="https://x.example" target="_top" rel="opener">x</a>').html
    assert 'target="_blank"' in shown
    assert 'rel="noopener noreferrer nofollow"' in shown


@pytest.mark.parametrize(
    "source",
    ["https://t.example/p.gif", "http://t.example/p.gif", "//t.example/p.gif", " HTTPS://t.example/p.gif"],
)
def test_pictures_from_elsewhere_wait_until_asked_for(source: str):
    held = safe_html(f'<img src="{source}" alt="Logo">')
    assert held.has_remote_images
    assert held.html == '<img alt="Logo">'
    shown = safe_html(f'<img src="{source}" alt="Logo">', remote_images=True)
    assert 'src="https://t.example/p.gif"' in shown.html
    assert not shown.has_remote_images


def test_the_messages_own_pictures_are_shown():
    found = safe_html('<img src="cid:logo@x"><img src="cid:other@x">', inline={"<logo@x>": "/files/1"})
    assert found.html == '<img src="/files/1"><img>'
    assert not found.has_remote_images


def test_positions_that_could_cover_the_page_are_dropped():
    assert (
        safe_html('<p style="position:fixed;z-index:9;color:red">x</p>').html == '<p style="color:red">x</p>'
    )


def test_plain_text_keeps_its_lines_and_shows_its_brackets():
    assert text_as_html("a < b\n c") == '<div style="white-space:pre-wrap">a &lt; b\n c</div>'


def test_the_frame_allows_neither_scripts_nor_forms_nor_strangers():
    assert "default-src 'none'" in FRAME_POLICY
    assert "allow-scripts" not in FRAME_POLICY
    assert "allow-same-origin" not in FRAME_POLICY
    assert document("<p>x</p>").count("<body>") == 1
