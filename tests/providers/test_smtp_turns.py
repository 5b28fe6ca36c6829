"""Two connections in turns: quicker, and never one message twice or none, whatever the server thinks of the second."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from loumass.providers.base import OutgoingMessage
from loumass.providers.errors import Sent, Unavailable, Unknown
from loumass.providers.smtp.turns import PROVEN
from tests.fakes.smtp import Twist
from tests.providers.test_smtp import Mailbox, mailbox
from tests.providers.vendor import outcomes
from tests.waiting import until

MANY = 4 * PROVEN


def letters(vendor: Mailbox, count: int = MANY) -> list[OutgoingMessage]:
    return [vendor.message() for _ in range(count)]


def test_many_letters_go_over_two_connections_each_once_and_are_told_of_in_order() -> None:
    with mailbox() as vendor, vendor.open() as provider:
        messages = letters(vendor)
        assert all(isinstance(one, Sent) for one in outcomes(provider, *messages))
        assert vendor.server.connections == 2
        assert Counter(vendor.accepted()) == Counter(one.to for one in messages)
        for one in messages:
            assert one.message_id in vendor.text_received(one.to)


@pytest.mark.parametrize("limits", [{"most_connections": 1}, {"connections_that_send": 1}])
def test_a_server_that_wants_one_connection_gets_everything_over_one(limits: dict[str, Any]) -> None:
    with mailbox(**limits) as vendor, vendor.open() as provider:
        for _ in range(2):
            messages = letters(vendor)
            assert all(isinstance(one, Sent) for one in outcomes(provider, *messages))
            assert set(Counter(vendor.accepted()).values()) == {1}
        assert vendor.server.connections == 2
        assert len(vendor.accepted()) == 2 * MANY


def test_a_server_without_pipelining_gets_one() -> None:
    with mailbox(pipelining=False) as vendor, vendor.open() as provider:
        assert all(isinstance(one, Sent) for one in outcomes(provider, *letters(vendor)))
        assert vendor.server.connections == 1


def test_a_refused_person_does_not_stop_the_others() -> None:
    with mailbox() as vendor, vendor.open() as provider:
        messages = letters(vendor)
        refused = {one.to for one in messages[::7]}
        vendor.server.on_recipient.update(dict.fromkeys(refused, "550 5.1.1 nobody here"))
        found = outcomes(provider, *messages)
        assert [isinstance(one, Sent) for one in found] == [one.to not in refused for one in messages]
        assert Counter(vendor.accepted()) == Counter(one.to for one in messages if one.to not in refused)


@pytest.mark.parametrize("twist", [Twist.CUT_BEFORE_ANSWER, Twist.LOSE_AND_CUT, Twist.NONSENSE])
@pytest.mark.parametrize("at", [PROVEN + 11, PROVEN + 12])
def test_a_letter_in_doubt_stops_both_connections(twist: Twist, at: int) -> None:
    with mailbox() as vendor, vendor.open() as provider:
        messages = letters(vendor)
        vendor.server.on_content[messages[at].to] = twist
        found = outcomes(provider, *messages)
        assert isinstance(found[at], Unknown)
        assert all(isinstance(one, Sent | Unavailable) for one in found[:at] + found[at + 1 :])
        # The other connection had one on its way; after that nobody tries.
        assert all(isinstance(one, Unavailable) for one in found[at + 4 :])
        sent = {message.to for message, one in zip(messages, found, strict=True) if isinstance(one, Sent)}
        assert set(vendor.accepted()) - {messages[at].to} == sent
        assert set(Counter(vendor.accepted()).values()) == {1}


def test_both_connections_say_goodbye() -> None:
    with mailbox() as vendor:
        with vendor.open() as provider:
            outcomes(provider, *letters(vendor))
        until(lambda: vendor.server.commands.count("QUIT") == 2, "both are told")
