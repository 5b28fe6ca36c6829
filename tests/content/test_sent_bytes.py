"""What really arrives at a mail server (loopback): header lines byte by byte, and the same bytes made again later."""

from __future__ import annotations

import email
from email import policy
from email.message import EmailMessage
from uuid import UUID

import pytest

from loumass.accounts.models import Organization
from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.core.tenancy import get_or_404
from loumass.messages.rendering_shown import original
from tests.messages.sending import campaign, changed, message, stream, version
from tests.messages.test_delivering_by_smtp import mailbox_at, vendor
from tests.providers.test_smtp_contract import SmtpVendor
from tests.world import World

__all__ = ["vendor"]  # a fixture
EVIL = "Night\r\nBcc: eve@evil.example\r\n\r\nGone"
WORDS = {
    "subject": 'Grüße zur {{campaign.event_name}} für {{contact.first_name|fallback:"Sie"}}, mit vielen Wörtern darin',
    "preheader": "Kurz & gut, {{contact.first_name}}",
    "html": "<p>Hi {{contact.first_name}}</p><p>{{campaign.event_name}} <a href='https://x.example/?e={{contact.email}}'>Zusage</a></p>",
}
VALUES = {
    "contact.first_name": "Zoë <b>",
    "contact.full_name": "Zoë\r\nBcc: eve@evil.example",
    "contact.email": "zoe@people.example",
    "campaign.event_name": EVIL,
    "organization.name": "Acme & Co",
    "organization.postal_address": "1 Main Street\nDenver",
}


def sent(world: World, vendor: SmtpVendor, maya: Channel) -> tuple[UUID, bytes]:
    """One campaign e-mail and its bytes as the server took them."""
    zoe = world.acme.contact("Zoë", "zoe@people.example")
    (message_id,) = campaign(
        world.acme, maya, [zoe], stream(world.acme), content_version_id=version(world.acme, **WORDS),
        merge_values=VALUES,
    )  # fmt: skip
    world.work()
    (received,) = vendor.smtp.received
    return message_id, received.content


def parsed(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_way_out_stands_in_two_plain_lines_and_nothing_else_gets_in(
    world: World, vendor: SmtpVendor
) -> None:
    maya = mailbox_at(world, vendor)
    changed(world.acme, maya, sender_name="Maya\r\nBcc: eve@evil.example")
    _, raw = sent(world, vendor, maya)
    head, _, _ = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    (way_out,) = [line for line in lines if line.lower().startswith(b"list-unsubscribe:")]
    assert way_out.startswith(b"List-Unsubscribe: <https://loumass.example/u/")
    assert way_out.endswith(b">")
    assert b"=?" not in way_out
    assert lines[lines.index(way_out) + 1] == b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    assert not any(line.lower().startswith((b"bcc", b"gone")) for line in lines)
    assert all(b"\r" not in line and b"\n" not in line for line in lines)
    arrived = parsed(raw)
    assert arrived["Subject"] == (
        "Grüße zur Night Bcc: eve@evil.example Gone für Zoë <b>, mit vielen Wörtern darin"
    )
    assert arrived["From"].addresses[0].display_name == "Maya Bcc: eve@evil.example"
    assert [one.addr_spec for one in arrived["To"].addresses] == ["zoe@people.example"]


def test_both_parts_say_the_same_and_end_in_the_postal_address(world: World, vendor: SmtpVendor) -> None:
    _, raw = sent(world, vendor, mailbox_at(world, vendor))
    arrived = parsed(raw)
    html, text = arrived.get_body(("html",)), arrived.get_body(("plain",))
    assert html is not None
    assert text is not None
    shown, read = html.get_content(), text.get_content().replace("\r\n", "\n")
    assert "Hi Zoë &lt;b&gt;</p>" in shown
    assert "Kurz &amp; gut, Zoë &lt;b&gt;" in shown
    assert "Acme &amp; Co<br>1 Main Street<br>\nDenver" in shown.replace("\r\n", "\n")
    assert read.startswith("Hi Zoë <b>\n\n")
    assert "Zusage (https://x.example/?e=zoe@people.example)" in read
    assert "Acme & Co\n1 Main Street\nDenver" in read
    assert "Kurz" not in read


def test_what_was_sent_can_be_made_again_whatever_changed_since(world: World, vendor: SmtpVendor) -> None:
    maya = mailbox_at(world, vendor)
    message_id, raw = sent(world, vendor, maya)
    world.later(days=3)
    row = message(world.acme, message_id)
    changed(world.acme, maya, sender_name="Somebody Else", address="new@acme.example", name="New")
    with world.acme.acting() as session:
        get_or_404(Contact, row.contact_id or UUID(int=0)).first_name = "Renamed"
        session.get_one(Organization, world.acme.id).name = "Renamed Inc."
        session.get_one(Organization, world.acme.id).postal_address = "Elsewhere"
        session.commit()
    with world.acme.acting():
        assert original(message_id) == raw


@pytest.mark.parametrize(
    "words", [{"text": "Hi {{contact.first_name}}\n.\n..dots"}, {"html": "<p>Hi {{contact.first_name}}</p>"}]
)
def test_a_test_to_oneself_arrives_with_everything_in_it(
    world: World, vendor: SmtpVendor, words: dict[str, str]
) -> None:
    mailbox_at(world, vendor)
    world.acme.contact("Priya Raman", "priya@people.example")
    ben = world.acme.member
    written = {
        "name": "Invitation",
        "subject": "Dinner, {{contact.first_name}}?",
        "preheader": "Soon",
        **words,
    }
    saved = ben.post("/content/new/email", written)
    assert saved.status_code == 302
    page = ben.post(f"{saved.headers['Location']}/test", {"test_as": "Priya"}, follow_redirects=True)
    assert "Version 1 is on its way to ben@acme.example." in page.get_data(as_text=True)
    world.work()
    (received,) = vendor.smtp.received
    arrived = parsed(received.content)
    assert arrived["To"].addresses[0].addr_spec == "ben@acme.example"
    assert arrived["Subject"] == "Dinner, Priya?"
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = arrived.get_body(("plain",)), arrived.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n").startswith("Hi Priya\n")
    assert "1 Main Street, Acme City" in text.get_content()
    assert "Soon" in html.get_content()
    assert vendor.accepted() == ["ben@acme.example"]
