"""Redis forgets or dies, PostgreSQL is restarted, all in the middle of a campaign: nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from loumass.messages.delivering_windows import IN_DOUBT
from tests.chaos.conftest import SEED
from tests.chaos.doubts import ever_in_doubt, settle_all
from tests.chaos.office import Campaign, Office

pytestmark = pytest.mark.usefixtures("tell")


def test_redis_emptied_and_killed_loses_nothing(office: Office) -> None:
    servers = office.house.servers
    troubles = (servers.redis.flushall, servers.kill_redis, servers.redis.flushall)
    campaign = disturbed(office, "Redis forgets", troubles)
    campaign.comes_to_rest(in_time=True)
    assert ever_in_doubt(campaign) == set()
    campaign.everybody_got_each_letter_once()


def test_postgresql_restarted_leaves_a_window_in_doubt_at_most(office: Office) -> None:
    servers = office.house.servers
    restarts = [partial(servers.restart_postgres, how) for how in (signal.SIGINT, signal.SIGQUIT)]
    campaign = disturbed(office, "PostgreSQL goes", restarts)
    campaign.comes_to_rest(in_time=True)
    assert len(ever_in_doubt(campaign)) <= len(restarts) * IN_DOUBT
    settle_all(campaign)
    campaign.everybody_got_each_letter_once()


def disturbed(office: Office, name: str, troubles: Sequence[Callable[[], object]]) -> Campaign:
    """A campaign that has met every trouble, each at some moment while there was something left to send."""
    chance = random.Random(SEED)
    mail = office.house.mail
    mail.starts_afresh(pause=0.004)
    campaign = office.launches(name)
    letters = len(campaign.letters)
    for nth, trouble in enumerate(troubles):
        at = letters * nth // (len(troubles) + 1) + chance.randint(1, letters // (len(troubles) + 2))
        campaign.goes_on_until(at)
        assert not campaign.is_at_rest
        trouble()
    return campaign
