"""A million people walk, in 20 campaigns of 5 organizations: people per second, and whether it stays so.

The same walk as `advance`, and the same limit: what it wrote for one of the campaigns, written again by one bare UPDATE and one
bare INSERT. `cost` is what a person cost in the large round, told in that of a round of a hundredth in the same database; `memory` the
same of this process's peak and of a round of a twentieth, whose slices are full at full size; `longest` the slowest slice in
seconds, since nobody's turn comes sooner than a slice ends.
How long a small organization waits meanwhile is `fairness`. SIZE=full: 1,000,000.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from bench import advance, seeding
from bench.installation import House, founded, installed
from bench.measuring import Stopwatch, forget_peak, peak_mib, print_line, size

ORGANIZATIONS, CAMPAIGNS = 5, 4
COST_GROWS, MEMORY_GROWS, LONGEST_SECONDS = 1.3, 1.2, 2.0


def main() -> None:
    """Prints one line. Raises AssertionError when somebody was forgotten."""
    count = size(100_000, 1_000_000)
    each, some, few = (part // (ORGANIZATIONS * CAMPAIGNS) for part in (count, count // 20, count // 100))
    with installed() as house:
        houses = [house, *(_neighbour(house, number) for number in range(1, ORGANIZATIONS))]
        people = [seeding.people(one, each) for one in houses]
        channels = [seeding.mailbox(one, 25, daily_cap=10) for one in houses]
        _, before, _, _ = _round(houses, channels, people, few)
        # Of so many that slices are as large as they become.
        _, _, before_peak, _ = _round(houses, channels, people, some)
        launched, after, peak, slices = _round(houses, channels, people, each)
        limit = _limit(house, channels[0], people[0], launched[0][0])
        _print(count, (before, count // 100), after, (limit, each), (before_peak, peak), slices)


def _neighbour(house: House, number: int) -> House:
    organization_id, user = founded(f"Neighbour {number}", f"Nora{number} Hale")
    return replace(house, organization_id=organization_id, user=user)


def _round(
    houses: Sequence[House], channels: Sequence[seeding.Channel], people: Sequence[Sequence[UUID]], each: int
) -> tuple[list[list[UUID]], Stopwatch, float, list[float]]:
    """Campaigns of so many people are launched everywhere and walked: which, how long, at which peak, in which slices."""
    launched = [
        [seeding.campaign(house, channel, advance.STEPS) for _ in range(CAMPAIGNS)]
        for house, channel in zip(houses, channels, strict=True)
    ]
    for house, campaigns, contacts in zip(houses, launched, people, strict=True):
        for campaign_id in campaigns:
            seeding.launched(house, campaign_id, contacts[:each])
    forget_peak()
    with houses[0].timed() as watch:
        slices = houses[0].slices("campaigns.advance")
    for house, campaigns in zip(houses, launched, strict=True):
        _everybody_waits(house, campaigns, each)
    return launched, watch, peak_mib(), slices


def _everybody_waits(house: House, campaigns: Sequence[UUID], each: int) -> None:
    waiting = house.count(
        "SELECT count(*) FROM enrollment WHERE organization_id = :organization_id AND campaign_id = ANY(:campaigns)"
        " AND state = 'waiting' AND visit = 3 AND due_at IS NOT NULL",
        campaigns=list(campaigns),
    )
    assert waiting == each * len(campaigns), f"{waiting} wait of {each * len(campaigns)}"


def _limit(house: House, channel: seeding.Channel, people: Sequence[UUID], walked: UUID) -> Stopwatch:
    bare = seeding.campaign(house, channel, advance.STEPS)
    seeding.entered(house, bare, people)
    return advance.by_hand(house, {"walked": walked, "bare": bare})


def _print(
    count: int,
    before: tuple[Stopwatch, int],
    after: Stopwatch,
    limit: tuple[Stopwatch, int],
    peaks: tuple[float, float],
    slices: Sequence[float],
) -> None:
    speed, bare = count / after.seconds, limit[1] / limit[0].seconds
    print_line(
        "advance_million", speed, "people/s", bare, speed / bare, peak=peaks[1], count=count, slices=len(slices),
        cost=round(after.seconds / count / (before[0].seconds / before[1]), 3), cost_limit=COST_GROWS,
        memory=round(peaks[1] / peaks[0], 3), memory_limit=MEMORY_GROWS, longest=round(max(slices), 3),
        longest_limit=LONGEST_SECONDS,
    )  # fmt: skip


if __name__ == "__main__":
    main()
