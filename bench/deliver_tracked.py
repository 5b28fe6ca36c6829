"""`deliver` with tracking on: each e-mail has its picture and its links, every one with a token of its own.

The same people get the same words from campaigns in turns, untracked and tracked, over the same workers: `value` is the
speed of the tracked ones, `limit` that of the others. Every row is there afterwards, and the bytes hold the tokens.
SIZE=full: 20,000 e-mails a turn.
"""

from __future__ import annotations

import statistics
from uuid import UUID

from sqlalchemy import text

from bench import seeding
from bench.deliver import LOOK_SECONDS, MOST_SECONDS, STEPS
from bench.installation import House, installed
from bench.measuring import print_line, size
from bench.running import Running, until
from bench.sink import Sink
from loumass.channels.models import Channel
from loumass.messages.rendering_shown import original

TURNS = 3


def main() -> None:
    """Prints one line. Raises AssertionError when a message is missing, or tracked where it must not be."""
    count = size(3_000, 20_000)
    with Sink() as sink, installed([f"127.0.0.1:{sink.port}"]) as house:
        channel = seeding.mailbox(house, sink.port, daily_cap=10 * TURNS * count)
        people = seeding.people(house, count)
        plain: list[float] = []
        tracked: list[float] = []
        with Running(house) as running:
            for _ in range(TURNS):
                for speeds, is_tracked in ((plain, False), (tracked, True)):
                    campaign_id = _campaign(house, channel, people, is_tracked)
                    speeds.append(count / _seconds(house, running, campaign_id, count))
                    _every_row_is_there(house, campaign_id, count, is_tracked)
            peak = running.peak_mib("deliver")
        assert sink.taken() == 2 * TURNS * count
        ratios = [with_it / without for with_it, without in zip(tracked, plain, strict=True)]
        print_line(
            "deliver_tracked", statistics.median(tracked), "messages/s", statistics.median(plain),
            statistics.median(ratios), peak=peak, count=count, sink=sink.kind, ratios=[round(one, 3) for one in ratios],
        )  # fmt: skip


def _campaign(house: House, channel: Channel, people: list[UUID], is_tracked: bool) -> UUID:
    campaign_id = seeding.campaign(house, channel, STEPS)
    seeding.entered(house, campaign_id, people)
    with house.acting() as session:
        session.execute(
            text(
                "UPDATE campaign SET is_open_tracked = :is_tracked, is_click_tracked = :is_tracked"
                " WHERE organization_id = :organization_id AND id = :id"
            ),
            {"organization_id": house.organization_id, "id": campaign_id, "is_tracked": is_tracked},
        )
        session.commit()
    house.analyze(*seeding.TABLES)
    return campaign_id


def _seconds(house: House, running: Running, campaign_id: UUID, count: int) -> float:
    before = _written_down(house)
    start = running.browser(house.user.email).sender(f"/campaigns/{campaign_id}/launch")
    with house.timed() as watch:
        start(f"/campaigns/{campaign_id}/start")
        until(lambda: _written_down(house) - before >= count, "every outcome", MOST_SECONDS, LOOK_SECONDS)
    until(lambda: _has_rested(house), "everybody was told", MOST_SECONDS)
    return watch.seconds


def _written_down(house: House) -> int:
    return house.count("SELECT sum(sent) FROM channel_day WHERE organization_id = :organization_id")


def _has_rested(house: House) -> bool:
    return house.count("SELECT count(*) FROM notice WHERE organization_id = :organization_id") == 0


def _every_row_is_there(house: House, campaign_id: UUID, count: int, is_tracked: bool) -> None:
    sent = house.count(
        "SELECT count(DISTINCT step_id) FROM message WHERE organization_id = :organization_id AND stream_id = :campaign"
        " AND state = 'sent' AND attempts = 1 AND (tracked IS NOT NULL) = :is_tracked",
        campaign=campaign_id,
        is_tracked=is_tracked,
    )
    assert sent == count, f"{sent} of {count} are there"
    with house.acting() as session:
        one = session.scalar(
            text(
                "SELECT id FROM message WHERE organization_id = :organization_id AND stream_id = :campaign LIMIT 1"
            ),
            {"organization_id": house.organization_id, "campaign": campaign_id},
        )
        assert one is not None
        raw = original(one).replace(b"=\r\n", b"")
    assert (b"loumass.example/c/" in raw, b"loumass.example/o/" in raw) == (is_tracked, is_tracked)


if __name__ == "__main__":
    main()
