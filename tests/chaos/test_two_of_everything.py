"""A second process of each kind changes nothing, and one that overslept its lease does nothing more."""

from __future__ import annotations

import random
import signal
from uuid import UUID

import pytest

from tests.chaos.conftest import SEED, TRIES
from tests.chaos.doubts import ever_in_doubt, in_doubt, sent_is_looked_into, settle_all
from tests.chaos.house import House
from tests.chaos.office import Campaign, Office
from tests.waiting import MOST_SECONDS, until

TICKED_AT = "SELECT last_at FROM periodic_run WHERE name = 'tick'"
VISITS = "SELECT count(*), count(DISTINCT (enrollment_id, node_id)) FROM step WHERE campaign_id = CAST(:id AS uuid)"
LEASE_IS_OVER = "SELECT bool_and(lease_until < clock_timestamp()) FROM channel WHERE lease_until IS NOT NULL"


def test_two_workers_of_each_queue_and_two_clocks_change_nothing(office: Office) -> None:
    house, mail = office.house, office.house.mail
    doubles = [f"{name}.2" for name in house.processes.commands if name != "web"]
    house.processes.start(*doubles)
    mail.starts_afresh(pause=0.002)
    campaign = office.launches("Two of everything")
    until(lambda: rings_again(campaign) >= len(campaign.letters) // 2, "half of the letters go")
    house.processes.kill("clock")  # whichever leads: the other goes on
    until(lambda: rings_again(campaign) >= len(campaign.letters), "all letters go")
    campaign.everybody_got_each_letter_once()
    assert ever_in_doubt(campaign) == set()
    (visits,) = house.rows(VISITS, id=campaign.id)
    assert tuple(visits) == (3 * campaign.people, 3 * campaign.people)
    before = house.rows(TICKED_AT)[0].last_at
    until(lambda: house.rows(TICKED_AT)[0].last_at > before, "the clock that is left ticks")
    stop_when_told(house, doubles)
    house.processes.start("clock", "receive")


def rings_again(campaign: Campaign) -> int:
    """Ring for everything once more, so that both workers come for the same; how many letters went so far."""
    campaign.house.time_passes(leases=False)
    return len(campaign.house.mail.received)


def stop_when_told(house: House, names: list[str]) -> None:
    """All of them, also the one that waits for a mailbox whose server never answers."""
    house.processes.kill("receive")
    before = house.silent.connections

    def another_waits() -> bool:
        house.time_passes(leases=False)
        return house.silent.connections > before

    until(another_waits, "the second receiver waits for the silent mailbox")
    house.processes.stop(*names)


@pytest.mark.usefixtures("tell")
def test_whoever_overslept_its_lease_sends_nothing_more(office: Office) -> None:
    chance = random.Random(SEED)
    house = office.house
    house.processes.commands["sleeper"] = "python -m tests.chaos.short_lease 4 deliver"
    for nth in range(TRIES):
        if never_left_when_it_woke(office, f"Overslept {nth}", chance.randint(30, 90)):
            return
    raise AssertionError(f"{TRIES} campaigns, and it never slept in the middle of a window")


def never_left_when_it_woke(office: Office, name: str, holds_at: int) -> set[UUID]:
    """What a worker had attempted and not written when it fell asleep; nobody gets any of it when it wakes."""
    house, mail = office.house, office.house.mail
    house.processes.kill("deliver")
    house.processes.start("sleeper")
    mail.starts_afresh(pause=0.0, holds_at=holds_at)
    campaign = office.launches(name)
    assert mail.has_taken(holds_at, MOST_SECONDS)
    falls_asleep(house)
    house.processes.start("deliver")
    campaign.comes_to_rest(in_time=True)
    sent_is_looked_into(campaign)
    campaign.comes_to_rest(in_time=True)
    campaign.pauses()  # so that whatever goes out now is what the sleeper had in its hands
    got, doubts = mail.got, in_doubt(campaign)
    house.processes.running["sleeper"].send_signal(signal.SIGCONT)
    assert mail.falls_silent()
    more = mail.got - got
    assert not more, f"{more.total()} letters left when it woke"
    house.processes.kill("sleeper")
    campaign.resumes()
    settle_all(campaign)
    campaign.everybody_got_each_letter_once()
    return {one for one, letter in doubts.items() if not got[letter]}


def falls_asleep(house: House) -> None:
    """While it waits for an answer, until its lease is over."""
    house.processes.running["sleeper"].send_signal(signal.SIGSTOP)
    until(lambda: house.rows(LEASE_IS_OVER)[0][0], "the lease of the sleeper is over")
    house.mail.may_answer.set()
