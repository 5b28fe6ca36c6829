"""What comes from outside is shown without running, and files leave without harm."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from loumass.core import clock, storage
from loumass.core.tenancy import serving
from loumass.media.jobs import forget
from loumass.media.models import Media
from loumass.messages.models import Attachment, Message
from loumass.providers import events
from tests.inbox.desk import PRIYA, change, channel_of, replied
from tests.messages.letters import brings, email, mailbox, one, rows, stream, written
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
EVIL = (
    "<p onclick='x()'>Hello <b>you</b></p><script>alert(1)</script><iframe src='//evil.example'></iframe>"
    "<img src='https://tracker.example/x.png' alt='logo'><img src='cid:photo1'><form action='//evil.example'><input></form>"
    "<a href='javascript:alert(1)'>one</a><a href='https://acme.example/'>two</a><style>body{display:none}</style>"
)


def body_of(world: World, **query: str):
    """The frame's document for the only inbound message."""
    message = one(world.acme, Message, direction="in")
    return world.acme.agent.get(f"/inbox/messages/{message.id}/body", query_string=query)


def arrived(world: World, html: str = EVIL) -> None:
    """Priya answers with HTML and a picture."""
    photo = events.Attachment("photo.png", "image/png", PNG, content_id="photo1", is_inline=True)
    replied(world, html=html, attachments=(photo,))


def test_mail_is_shown_in_a_frame_that_can_do_nothing(world: World) -> None:
    arrived(world)
    page = body_of(world)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    for harm in (
        "<script",
        "onclick",
        "javascript:",
        "<iframe",
        "<form",
        "<input",
        "tracker.example",
        "display:none",
    ):
        assert harm not in page.text
    assert "Hello <b>you</b>" in page.text


def test_the_frame_in_the_thread_is_sandboxed_and_without_scripts(world: World) -> None:
    arrived(world)
    message = one(world.acme, Message, direction="in")
    thread = world.acme.agent.get(f"/inbox/{message.conversation_id}").text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in thread
    assert "allow-scripts" not in thread
    assert "<script>alert" not in thread


def test_pictures_of_the_mail_itself_are_shown_and_those_from_elsewhere_only_when_asked(world: World) -> None:
    arrived(world)
    assert "data:image/png;base64," in body_of(world).text
    asked = body_of(world, images="1")
    assert "https://tracker.example/x.png" in asked.text
    assert "img-src 'self' data: https:" in asked.headers["Content-Security-Policy"]
    assert "<script" not in asked.text


def test_plain_text_is_shown_as_text(world: World) -> None:
    replied(world, "<b>not bold</b> & so on")
    assert "&lt;b&gt;not bold&lt;/b&gt; &amp; so on" in body_of(world).text


def test_what_people_write_is_escaped_everywhere(world: World) -> None:
    name = '"><script>alert(1)</script>'
    conversation = replied(world, "<script>alert(2)</script>", sender_name=name, subject=name)
    with_note = world.acme.agent.post(
        f"/inbox/{conversation.id}/replies", {"kind": "note", "text": "<script>alert(3)</script>"}
    )
    assert with_note.status_code == 302
    contact_id = conversation.contact_id
    for url in (
        "/inbox",
        f"/inbox/{conversation.id}",
        f"/contacts/{contact_id}",
        "/inbox?q=<script>alert(4)</script>",
    ):
        assert "<script>alert" not in world.acme.agent.get(url).text


def test_nobody_else_sees_a_message_or_a_file(world: World) -> None:
    arrived(world)
    message, file = one(world.acme, Message, direction="in"), one(world.acme, Attachment)
    for url in (f"/inbox/messages/{message.id}/body", f"/inbox/files/{file.id}"):
        assert world.globex.agent.get(url).status_code == 404
        assert world.acme.viewer.get(url).status_code == 403
        assert world.stranger().get(url).status_code == 302


@pytest.mark.parametrize(
    ("name", "content", "claimed", "kind"),
    [
        ("page.html", b"<script>alert(1)</script>", "text/html", "application/octet-stream"),
        ("drawing.svg", b"<svg onload='x()'/>", "image/svg+xml", "application/octet-stream"),
        ("plan.pdf", b"%PDF-1.4", "application/pdf", "application/octet-stream"),
        ("photo.png", PNG, "image/png", "image/png"),
        ("fake.png", b"<html>", "image/png", "application/octet-stream"),
    ],
)
def test_only_true_pictures_are_shown_by_the_browser(
    world: World, name: str, content: bytes, claimed: str, kind: str
) -> None:
    disposition = "inline" if kind == "image/png" else "attachment"
    replied(world, attachments=(events.Attachment(name, claimed, content),))
    answer = world.acme.agent.get(f"/inbox/files/{one(world.acme, Attachment).id}")
    assert answer.data == content
    assert answer.mimetype == kind
    assert answer.headers["Content-Disposition"].startswith(disposition)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_names_of_files_cannot_leave_their_header(world: World) -> None:
    replied(world, attachments=(events.Attachment('a"\r\nX-Evil: 1\u202e.exe', "x/y", b"MZ"),))
    answer = world.acme.agent.get(f"/inbox/files/{one(world.acme, Attachment).id}")
    assert "X-Evil" not in answer.headers
    assert "\r" not in answer.headers["Content-Disposition"]


def test_a_file_that_was_too_large_says_so(world: World) -> None:
    replied(world, attachments=(events.Attachment("film.mp4", "video/mp4", b"x"),))
    file = one(world.acme, Attachment)
    change(world, Attachment, file.id, file_key="")
    answer = world.acme.agent.get(f"/inbox/files/{file.id}")
    assert answer.status_code == 404
    assert "too large" in answer.text
    assert (
        "film.mp4, too large to keep"
        in world.acme.agent.get(f"/inbox/{one(world.acme, Message, direction='in').conversation_id}").text
    )


def test_an_upload_beyond_the_limit_keeps_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from loumass.messages import attachments

    monkeypatch.setattr(attachments, "LARGEST_FILE", 10)
    conversation = replied(world)
    answer = world.acme.agent.post(
        f"/inbox/{conversation.id}/files",
        {"files": [(io.BytesIO(b"x" * 11), "big.bin")]},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 413
    with world.acme.acting() as session:
        assert session.query(Attachment).count() == 0


def test_a_file_taken_out_of_a_draft_is_gone_some_days_later(world: World) -> None:
    conversation = replied(world)
    world.acme.agent.post(
        f"/inbox/{conversation.id}/files",
        {"files": [(io.BytesIO(b"secret"), "a.txt")]},
        content_type="multipart/form-data",
    )
    file = one(world.acme, Attachment)
    key = file.file_key
    world.acme.agent.post(f"/inbox/files/{file.id}/removal")
    with serving(world.acme.organization.id):
        clock.advance(timedelta(hours=20))
        assert not forget()
        assert key in storage.every_key(), "it may be attached again"
        clock.advance(timedelta(hours=5))
        assert not forget()
    assert key not in storage.every_key()
    assert rows(world.acme, Media) == []


def test_a_received_file_cannot_be_removed_as_if_it_were_a_drafts(world: World) -> None:
    replied(world, attachments=(events.Attachment("a.txt", "text/plain", b"x"),))
    assert world.acme.agent.post(f"/inbox/files/{one(world.acme, Attachment).id}/removal").status_code == 404


def test_a_campaign_mail_is_shown_whole(world: World) -> None:
    message = written(
        world.acme,
        mailbox(world.acme),
        world.acme.contact(),
        stream_id=stream(world.acme),
        html="<p>Dear <i>you</i></p>",
    )
    page = world.acme.agent.get(f"/inbox/messages/{message.id}/body")
    assert "<p>Dear <i>you</i></p>" in page.text


def test_mail_from_the_wild_of_any_kind_can_be_looked_at(world: World) -> None:
    conversation = replied(world, html="<div " * 3000 + "x")
    brings(
        world.acme, channel_of(world, conversation), email(PRIYA, "", subject="", html="\x00<p>\ud800</p>")
    )
    assert world.acme.agent.get(f"/inbox/{conversation.id}").status_code == 200
    with world.acme.acting() as session:
        ids = [row.id for row in session.query(Message).filter(Message.direction == "in")]
    for message_id in ids:
        assert world.acme.agent.get(f"/inbox/messages/{message_id}/body").status_code == 200
