"""Seconds from the click on Pause to the last message that left, of a campaign that is in full swing.

Web, workers and clock run as in production; the click is the request of the page's own form. It is paused and resumed
four times on its way, the worst counts, and in the end everybody got it once. The limit is what the house promises:
2 seconds. SIZE=full: 20,000 people.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from bench import seeding
from bench.installation import House, installed
from bench.measuring import print_line, size
from bench.running import Browser, Running, until
from bench.witness import Witness

STEPS = [("stage", {}), ("email_send", {}), ("end", {})]
PROMISED_SECONDS = 2.0
#: How much of it has left at each click.
SHARES = (0.2, 0.4, 0.6, 0.8)
#: Nothing came for so long: the campaign stands.
QUIET_SECONDS = 4.0
MOST_SECONDS = 600.0


def main() -> None:
    """Prints one line. Raises AssertionError when somebody got it twice or never."""
    count = size(4_000, 20_000)
    with Witness() as witness, installed([f"127.0.0.1:{witness.port}"]) as house:
        channel = seeding.mailbox(house, witness.port, daily_cap=2 * count)
        campaign_id = seeding.campaign(house, channel, STEPS)
        seeding.entered(house, campaign_id, seeding.people(house, count))
        house.analyze(*seeding.TABLES)
        with Running(house) as running:
            browser, page = running.browser(house.user.email), f"/campaigns/{campaign_id}"
            browser.send(f"{page}/launch", f"{page}/start")
            pauses = [_paused(browser, page, witness, round(count * share)) for share in SHARES]
            until(lambda: witness.seen().taken >= count, "the rest goes", MOST_SECONDS)
            until(lambda: _sent(house, campaign_id) == count, "every outcome is recorded")
            ended = witness.seen()
            peak = running.peak_mib("deliver")
        assert pauses[-1].taken < count, "all had left before the click: make it larger by SIZE"
        assert ended.taken == ended.people == count, f"{ended.taken} came to {ended.people} of {count}"
        seconds = max(pause.seconds for pause in pauses)
        print_line(
            "pause", seconds, "s", PROMISED_SECONDS, PROMISED_SECONDS / seconds, peak=peak, count=count,
            clicks=[pause.seconds for pause in pauses], answered=max(pause.answered for pause in pauses),
            sent_at_clicks=[pause.taken for pause in pauses],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pause:
    """Seconds from the click to the last message and to the page's answer, and how many had left."""

    seconds: float
    answered: float
    taken: int


def _paused(browser: Browser, page: str, witness: Witness, at: int) -> _Pause:
    """Paused once `at` messages have left, and resumed once it stands."""
    click = browser.sender(page)
    until(lambda: witness.seen().taken >= at, "the campaign is in full swing", MOST_SECONDS)
    clicked_at = time.time()
    click(f"{page}/pause")
    answered = time.time() - clicked_at
    until(lambda: time.time() - witness.seen().last_at > QUIET_SECONDS, "the campaign stands", MOST_SECONDS)
    stood = witness.seen()
    browser.send(f"{page}/resume", f"{page}/resume", what="continue")
    return _Pause(round(max(stood.last_at - clicked_at, 0.001), 3), round(answered, 3), stood.taken)


def _sent(house: House, campaign_id: UUID) -> int:
    """People whose message was sent and whose enrollment knows of it."""
    return house.count(
        "SELECT count(DISTINCT m.step_id) FROM message m JOIN enrollment e ON e.organization_id = :organization_id"
        " AND e.id = m.enrollment_id AND e.last_sent_at IS NOT NULL"
        " WHERE m.organization_id = :organization_id AND m.stream_id = :campaign AND m.state = 'sent'",
        campaign=campaign_id,
    )


if __name__ == "__main__":
    main()
