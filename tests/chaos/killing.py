"""Workers killed at random moments, and what came of it."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from tests.chaos.office import Campaign, duplicates, missing
from tests.waiting import until

#: Delivering is where something can go wrong between two commits: it is killed most.
VICTIMS = (("deliver",), ("deliver",), ("advance",), ("deliver", "advance"))
IN_FLIGHT = """
    SELECT id FROM message
    WHERE stream_id = CAST(:id AS uuid) AND state = 'sending' AND attempted_at IS NOT NULL
"""
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE usename IS NOT NULL AND pid <> pg_backend_pid()"
DELIVERING_BACKENDS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE usename IS NOT NULL AND pid <> pg_backend_pid()
      AND (state LIKE 'idle in transaction%' OR state = 'active' AND query ILIKE '%message%')
"""


@dataclass
class Report:
    """One run."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    #: The messages that each killed deliver worker left between the commit of the attempt and its outcome.
    left_behind: list[set[UUID]] = field(default_factory=list)
    #: What a person had to decide on.
    listed: set[UUID] = field(default_factory=set)
    duplicates: int = 0
    missing: int = 0
    seconds: float = 0.0

    @property
    def kills_in_between(self) -> int:
        """Kills that fell between the commit of an attempt and the recording of its outcome."""
        return sum(bool(left) for left in self.left_behind)

    @property
    def in_doubt(self) -> set[UUID]:
        """What nobody knew of right after a kill."""
        return set().union(*self.left_behind)

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: kills {self.kills.total()} (deliver {self.kills['deliver']}, advance "
            f"{self.kills['advance']}), {self.kills_in_between} of them between attempt and outcome, in doubt "
            f"{len(self.in_doubt)}, settled {len(self.in_doubt - self.listed)}, listed {len(self.listed)}, duplicates "
            f"{self.duplicates}, missing {self.missing}, {self.seconds:.0f} s"
        )


class Killer:
    """Kills workers while a campaign runs. Every choice comes from `seed`."""

    def __init__(self, campaign: Campaign, seed: int) -> None:
        self.campaign, self.house = campaign, campaign.house
        self.chance = random.Random(seed)
        self.report = Report(seed)
        self.began = time.monotonic()

    def kills(self, times: int) -> None:
        """Kill `times` times, spread over the campaign; stops when nothing is left to disturb."""
        steps = max(1, len(self.campaign.letters) // (times + 1))
        for _ in range(times):
            if not self._waits_for_a_moment(steps):
                return
            self._kill(self.chance.choice(VICTIMS))

    def counts(self) -> Report:
        """What came of it all, once everything has come to its end."""
        got = self.house.mail.got
        self.report.duplicates = len(duplicates(got))
        self.report.missing = len(missing(self.campaign.letters, got))
        self.report.seconds = time.monotonic() - self.began
        return self.report

    def _waits_for_a_moment(self, steps: int) -> bool:
        """Some messages more, then a blink; False when the campaign has nothing left to send."""
        mail = self.house.mail
        wanted = len(mail.received) + self.chance.randint(0, steps)
        self.campaign.goes_on_until(wanted)
        time.sleep(self.chance.uniform(0.0, 0.03))  # the very moment of the kill: nothing waits for it
        return not self.campaign.is_at_rest

    def _kill(self, victims: tuple[str, ...]) -> None:
        before = self._backends()
        for victim in victims:
            self.house.processes.kill(victim)
            self.report.kills[victim] += 1
        if "deliver" in victims:
            self.report.left_behind.append(self._left_behind(before))
        self.house.processes.start(*victims)
        self.house.time_passes(leases="deliver" in victims)

    def _backends(self) -> set[int]:
        return {row.pid for row in self.house.rows(BACKENDS)}

    def _is_quiet(self, before: set[int]) -> bool:
        """Whether backends have gone, and for a while neither another one goes nor anybody is at it. What the dead worker
        had sent ahead is read one after the other, before its backend sees that nobody is there: between two of them
        nobody seems to be at it, and a busy machine lets them wait."""
        left = self._backends()
        return bool(before - left) and not any(
            self.house.number(DELIVERING_BACKENDS)
            or time.sleep(0.02)
            or self._backends() & before != left & before
            for _ in range(15)
        )

    def _left_behind(self, before: set[int]) -> set[UUID]:
        """What stands there once the dead worker's last statement has ended."""
        until(lambda: self._is_quiet(before), "the dead worker's statements end")
        return {row.id for row in self.house.rows(IN_FLIGHT, id=self.campaign.id)}
