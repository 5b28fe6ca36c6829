"""A mail server that takes a message and never answers: cut off, in doubt, and nobody else waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from loumass.channels import connecting
from loumass.channels.models import Channel
from loumass.core import jobs
from tests.channels.connected import connected, loopback
from tests.fakes.smtp import FakeSmtpServer, Twist
from tests.messages.sending import mailbox, message, number, people, queue, states
from tests.waiting import until
from tests.world import World


@pytest.fixture
def smtp() -> Iterator[FakeSmtpServer]:
    with FakeSmtpServer(users={"maya": "a secret"}) as server, loopback():
        yield server


def hanging_mailbox(world: World, smtp: FakeSmtpServer) -> Channel:
    return connected(
        world.acme, "smtp", "email", email="hangs@acme.example", smtp_host=smtp.host, smtp_port=smtp.port,
        smtp_security="none", smtp_username="maya", smtp_password="a secret",
    )  # fmt: skip


def test_it_is_cut_off_and_the_same_worker_goes_on_with_other_channels(
    world: World, smtp: FakeSmtpServer
) -> None:
    crowd = people(world.acme, 6)
    smtp.on_content = {person.email or "": Twist.HANG for person in crowd}
    hung = queue(world.acme, hanging_mailbox(world, smtp), crowd)
    mailed = queue(world.acme, mailbox(world.acme), crowd)
    texted = queue(world.acme, number(world.acme), crowd)
    world.work()
    assert set(states(world.acme, mailed + texted)) == {"sent"}
    became = states(world.acme, hung)
    assert set(became) == {"in_doubt", "queued"}, "those that the server has are in doubt, the others wait"
    assert became.count("in_doubt") == len(smtp.received) == 1, "one silence is enough to leave it alone"
    before = len(smtp.received)
    world.work()
    assert len(smtp.received) == before, "and it is not asked again at once"
    smtp.on_content.clear()
    for _ in range(3):
        world.later(minutes=10)
    assert sorted(states(world.acme, hung)) == ["in_doubt"] * before + ["sent"] * (6 - before)
    assert len(smtp.received) == 6, "each went once"


def test_another_worker_delivers_other_channels_while_it_hangs(world: World, smtp: FakeSmtpServer) -> None:
    crowd = people(world.acme, 2)
    smtp.on_content = {person.email or "": Twist.HANG for person in crowd}
    patient = connecting.use_context(replace(connecting.context(), timeout=25.0))
    hung = queue(world.acme, hanging_mailbox(world, smtp), crowd[:1])
    worker = threading.Thread(target=world.work)
    worker.start()
    until(lambda: smtp.received, "the server has the first message")
    mailed = queue(world.acme, mailbox(world.acme), crowd)
    texted = queue(world.acme, number(world.acme), crowd)
    for ring in list(world.bell.rings):
        jobs.run(ring.job, str(ring.organization_id), ring.key)
    assert set(states(world.acme, mailed + texted)) == {"sent"}
    assert message(world.acme, hung[0]).state == "sending", "it hangs all the time"
    smtp.stopping.set()
    worker.join(60)
    assert states(world.acme, hung) == ["in_doubt"]
    if patient is not None:
        connecting.use_context(patient)
