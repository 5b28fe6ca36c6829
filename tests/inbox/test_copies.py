"""Copies and forwarding: everybody gets it once, nobody sees the blind ones, and whoever said no stops it for all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

import pytest

from loumass.channels import connecting
from loumass.contacts.suppression import suppress
from loumass.core.errors import Refused
from loumass.inbox.models import Draft
from loumass.messages.copies import addressees
from loumass.messages.models import Attachment, Conversation, Message
from tests.channels.connected import sandbox_mailbox
from tests.fakes.imap import FakeImapServer
from tests.fakes.smtp import FakeSmtpServer
from tests.inbox.answering import answer
from tests.inbox.desk import PRIYA, change, outgoing, replied, talk_of
from tests.messages.letters import MAYA, brings, email, one, rows
from tests.messages.test_delivering_by_smtp import mailbox_at
from tests.providers.test_smtp_contract import FilingSmtpServer, SmtpVendor
from tests.providers.vendor import context
from tests.world import World

JOEL, CARL, ANN = "joel@foothill.example", "carl@foothill.example", "ann@partner.example"


@pytest.fixture(params=[True, False], ids=["pipelining", "step by step"])
def vendor(request: pytest.FixtureRequest) -> Iterator[SmtpVendor]:
    """A mail server with a Sent folder."""
    with (
        FakeImapServer(users={"maya": "a secret"}) as imap,
        FilingSmtpServer(imap, pipelining=request.param) as smtp,
    ):
        before = connecting.use_context(context())
        yield SmtpVendor(smtp, imap)
        if before is not None:
            connecting.use_context(before)


def test_everybody_gets_it_once_and_nobody_sees_the_blind_ones(world: World, vendor: SmtpVendor) -> None:
    smtp: FakeSmtpServer = vendor.smtp
    box = mailbox_at(world, vendor)
    brings(world.acme, box, email(PRIYA, "Count us in", cc=(JOEL,), to=(box.address, CARL)))
    conversation = one(world.acme, Conversation)
    agent = world.acme.agent
    page = agent.get(f"/inbox/{conversation.id}").text
    assert f"Also to {CARL}, {JOEL}" in page
    assert "Reply to all, 3 people" in page
    assert f'name="cc" value="{CARL}, {JOEL}"' in agent.get(f"/inbox/{conversation.id}?all=1").text
    answer(world, conversation, "Gladly", cc=f"Joel Park <{JOEL}>; {JOEL.upper()}, {CARL}", bcc=ANN)
    world.later(seconds=10)
    (received,) = smtp.received
    assert received.recipients == (PRIYA, JOEL, CARL, ANN)
    letter = message_from_bytes(received.content, policy=default)
    assert letter["To"] == PRIYA
    assert letter["Cc"] == f"Joel Park <{JOEL}>, {CARL}"
    assert ANN not in received.content.decode()
    assert f"Cc {JOEL}, {CARL}, Bcc {ANN}" in agent.get(f"/inbox/{conversation.id}").text
    # One who is refused stops it for all, and is not taken for Priya.
    smtp.on_recipient[CARL] = "550 5.1.1 no such user"
    answer(world, talk_of(world, conversation.id), "Once more", cc=CARL)
    world.later(seconds=10)
    (failed,) = outgoing(world, "failed")
    assert "was to get a copy was refused, so nobody got it" in (failed.reason or "")
    assert (failed.is_bounce_permanent, len(smtp.received)) == (None, 1)
    # The connection is as good as before.
    answer(world, talk_of(world, conversation.id), "To you alone")
    world.later(seconds=10)
    assert smtp.received[-1].recipients == (PRIYA,)


def test_whoever_said_no_is_no_addressee_of_copies_either(world: World) -> None:
    box = sandbox_mailbox(world.acme, MAYA)
    brings(world.acme, box, email(PRIYA))
    conversation = one(world.acme, Conversation)
    with world.acme.acting() as session:
        suppress("email", [JOEL], "unsubscribed")
        session.commit()
    refused = answer(world, conversation, cc=f"{CARL}, {JOEL}")
    assert f"{JOEL} must not be written to" in refused.text
    assert one(world.acme, Draft).more == {"cc": f"{CARL}, {JOEL}"}
    # Who says no while it waits stops it at the gate.
    answer(world, conversation, cc=CARL)
    with world.acme.acting() as session:
        suppress("email", [CARL], "unsubscribed")
        session.commit()
    world.later(seconds=10)
    (stopped,) = outgoing(world, "cancelled")
    assert "on the suppression list" in (stopped.reason or "")


def test_an_e_mail_goes_on_with_its_files_to_somebody_else(world: World) -> None:
    conversation = replied(world, "See the plan", subject="The plan")
    question = one(world.acme, Message, direction="in")
    agent = world.acme.agent
    files = [(io.BytesIO(b"%PDF-1.4 plan"), "plan.pdf")]
    agent.post(
        f"/inbox/{conversation.id}/files",
        {"kind": "email", "files": files},
        content_type="multipart/form-data",
    )
    change(world, Attachment, one(world.acme, Attachment).id, message_id=question.id, conversation_id=None)
    page = agent.get(f"/inbox/{conversation.id}?way=forward&message={question.id}").text
    assert 'value="Fwd: The plan"' in page
    assert "plan.pdf" in page
    assert agent.get(f"/inbox/{conversation.id}?way=forward&message={conversation.id}").status_code == 404
    form = {"kind": "forward", "forwards": str(question.id)}
    assert "Say whom it goes to" in answer(world, conversation, "For you", **form).text
    assert "no e-mail address" in answer(world, conversation, "For you", to="Ann", **form).text
    answer(world, conversation, "For you", to=ANN, cc=CARL, **form)
    (message,) = outgoing(world)
    assert (message.to_address, message.subject, message.reply_text) == (ANN, "Fwd: The plan", "For you")
    assert f"From: {PRIYA}" in message.text
    assert "See the plan" in message.text
    assert message.conversation_id != conversation.id
    kept = {one.message_id: one.media_id for one in rows(world.acme, Attachment)}
    assert kept.keys() == {question.id, message.id}
    assert len(set(kept.values())) == 1
    # They still wait for an answer, and what is taken back is a draft of the same forwarding.
    assert talk_of(world, conversation.id).needs_reply_since is not None
    agent.post(f"/inbox/messages/{message.id}/withdrawal")
    assert one(world.acme, Draft, kind="forward").more == {
        "to": ANN,
        "cc": CARL,
        "forwards": str(question.id),
    }
    assert f'name="to" value="{ANN}"' in agent.get(f"/inbox/{conversation.id}?way=forward").text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", []),
        ("a@x.example", ["a@x.example"]),
        (
            "A <a@x.example>, A@X.example; b@x.example\nc@x.example",
            ["a@x.example", "b@x.example", "c@x.example"],
        ),
        ('"Park, Joel" <joel@x.example>', ["joel@x.example"]),
    ],
)
def test_addresses_are_read_as_people_type_them(typed: str, found: list[str]) -> None:
    assert [one.address for one in addressees(typed)] == found


@pytest.mark.parametrize(
    "typed", ["nobody", "a@b@c", "a@x.example, b@", ", ".join(f"p{n}@x.example" for n in range(21))]
)
def test_what_is_no_address_or_too_many_is_refused(typed: str) -> None:
    with pytest.raises(Refused):
        addressees(typed)
