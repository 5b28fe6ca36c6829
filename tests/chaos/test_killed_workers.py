"""kill -9, whenever: everybody gets each letter once, and what nobody can know is asked or shown."""

from __future__ import annotations

import os

import pytest

from loumass.messages.delivering_windows import IN_DOUBT
from tests.chaos.conftest import SEED, TRIES, Telling
from tests.chaos.doubts import ever_in_doubt, settle_all
from tests.chaos.killing import Killer, Report
from tests.chaos.office import Office

RUNS = int(os.environ.get("CHAOS_RUNS", "1"))
KILLS = int(os.environ.get("CHAOS_KILLS", "3"))


@pytest.mark.parametrize("run", range(1, RUNS + 1))
def test_everybody_gets_each_letter_once_whoever_is_killed(office: Office, tell: Telling, run: int) -> None:
    for nth in range(TRIES):
        report = campaign_with_kills(office, f"Killed {run}.{nth}", SEED + 1_000 * run + nth)
        tell(str(report))
        if report.kills_in_between:
            return
    raise AssertionError(f"{TRIES} campaigns, and no kill fell between attempt and outcome")


def campaign_with_kills(office: Office, name: str, seed: int) -> Report:
    office.house.mail.starts_afresh(pause=0.004)
    campaign = office.launches(name)
    killer = Killer(campaign, seed)
    killer.kills(KILLS)
    killer.report.listed = settle_all(campaign)
    campaign.everybody_got_each_letter_once()
    report = killer.counts()
    assert all(len(left) <= IN_DOUBT for left in report.left_behind), report
    assert report.listed <= report.in_doubt, report
    assert ever_in_doubt(campaign) <= report.in_doubt, report
    return report
