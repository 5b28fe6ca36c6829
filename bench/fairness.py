"""How long a small organization waits while a large one launches a campaign, on one worker of each queue.

`value` is the slowest of its people's answers, in seconds from when it can no longer be taken back to the mail server; `limit` the 2
seconds that are promised. `advanced` is the longest that one of its enrollments waited after it was due, of the 5
seconds that are promised; `ratio` is that of the promise that is nearer to being broken. Web, workers and clock run
as in production. SIZE=full: 200,000 messages.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from bench import seeding
from bench.inbox_seeding import furnish
from bench.installation import House, founded, installed
from bench.measuring import print_line, size
from bench.running import Browser, Running, until
from bench.sink import Sink
from bench.witness import Witness
from loumass.campaigns.jobs import advance
from loumass.core import clock
from loumass.inbox import taking_back

LARGE = [("stage", {}), ("email_send", {}), ("end", {})]
SMALL = [("wait", {"after": "entered", "amount": 2, "unit": "hours"}), ("stage", {}), ("end", {})]
REPLY_SECONDS, ADVANCE_SECONDS = 2.0, 5.0
TIMES, EVERY_SECONDS = 12, 1.5
#: Somebody waited in vain, and the large campaign had not gone.
WAITED_SECONDS, MOST_SECONDS = 30.0, 1_800.0


@dataclass
class Waited:
    """Seconds of each answer and of each enrollment, and how many messages of the large one had left meanwhile."""

    answers: list[float] = field(default_factory=list)
    advanced: list[float] = field(default_factory=list)


def main() -> None:
    """Prints one line. Raises AssertionError when something was not sent at all."""
    count = size(20_000, 200_000)
    with Sink() as sink, Witness() as witness:
        hosts = [f"127.0.0.1:{sink.port}", f"127.0.0.1:{witness.port}"]
        with installed(hosts) as large:
            campaign_id = _large(large, sink.port, count)
            small = replace(
                large, **dict(zip(("organization_id", "user"), founded("Globex", "Gus Moreno"), strict=True))
            )
            waiting = _small(small, witness.port)
            with Running(large) as running:
                admin = running.browser(large.user.email)
                page = f"/campaigns/{campaign_id}"
                admin.send(f"{page}/launch", f"{page}/start")
                waited = _waited(small, running.browser(small.user.email), witness, waiting)
                left_meanwhile = sink.taken()
                _everything_leaves(large, running, sink, campaign_id, count)
                peak = running.peak_mib("deliver", "advance")
        _print(count, waited, left_meanwhile, peak)


def _large(house: House, port: int, count: int) -> UUID:
    """A campaign with everybody in it, ready to start."""
    channel = seeding.mailbox(house, port, daily_cap=2 * count)
    campaign_id = seeding.campaign(house, channel, LARGE)
    seeding.entered(house, campaign_id, seeding.people(house, count))
    return campaign_id


def _small(house: House, port: int) -> UUID:
    """Conversations that can be answered, and a running campaign in which everybody waits; its id."""
    furnish(house, TIMES * 16, port)
    channel = seeding.mailbox(house, port, daily_cap=1_000, address="gus@globex.example")
    campaign_id = seeding.campaign(house, channel, SMALL)
    seeding.launched(house, campaign_id, seeding.everybody(house)[:TIMES])
    house.work("campaigns.advance")
    house.analyze(*seeding.TABLES)
    return campaign_id


def _waited(house: House, browser: Browser, witness: Witness, campaign_id: UUID) -> Waited:
    """Answers by hand, one after the other, while enrollments come due at the same pace."""
    waited = Waited()
    dues = _become_due(house, campaign_id)
    watching = threading.Thread(target=_watch, args=(house, campaign_id, dues, waited.advanced), daemon=True)
    watching.start()
    for conversation_id in _unanswered(house):
        waited.answers.append(_answered(browser, witness, conversation_id))
        time.sleep(EVERY_SECONDS)
    watching.join()
    return waited


def _answered(browser: Browser, witness: Witness, conversation_id: UUID) -> float:
    click = browser.sender(f"/inbox/{conversation_id}")
    before = witness.seen().taken
    clicked_at = time.time()
    click(f"/inbox/{conversation_id}/replies", kind="email", act="send", text="Gladly, see you there.")
    until(lambda: witness.seen().taken > before, "an answer leaves", WAITED_SECONDS)
    return witness.seen().last_at - clicked_at - taking_back.UNDO.total_seconds()


def _unanswered(house: House) -> list[UUID]:
    with house.acting() as session:
        rows = session.scalars(
            text(
                "SELECT id FROM conversation WHERE organization_id = :organization_id AND last_inbound_at IS NOT NULL"
                " AND contact_id IS NOT NULL ORDER BY last_message_at DESC LIMIT :most"
            ),
            {"organization_id": house.organization_id, "most": TIMES},
        ).all()
    assert len(rows) == TIMES, f"{len(rows)} conversations can be answered"
    return list(rows)


def _become_due(house: House, campaign_id: UUID) -> dict[UUID, datetime]:
    """Everybody who waits comes due, one after the other, as if their hours had gone by."""
    first = clock.now() + timedelta(seconds=1)
    with house.acting() as session:
        rows = session.execute(
            text(
                "UPDATE enrollment SET due_at = CAST(:first AS timestamptz) + turn.n * CAST(:every AS interval),"
                " entered_at = CAST(:first AS timestamptz) + turn.n * CAST(:every AS interval) - interval '2 hours'"
                " FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM enrollment"
                "       WHERE organization_id = :organization_id AND campaign_id = :campaign) AS turn"
                " WHERE enrollment.organization_id = :organization_id AND enrollment.id = turn.id"
                " RETURNING enrollment.id, enrollment.due_at"
            ),
            {
                "organization_id": house.organization_id, "campaign": campaign_id, "first": first,
                "every": timedelta(seconds=EVERY_SECONDS),
            },
        ).all()  # fmt: skip
        advance.later(str(campaign_id), at=first)
        session.commit()
    return {row.id: row.due_at for row in rows}


def _watch(house: House, campaign_id: UUID, dues: dict[UUID, datetime], seconds: list[float]) -> None:
    """Notes for each enrollment how long after it was due it could be seen to have gone on."""
    left = dict(dues)
    ends_at = time.monotonic() + TIMES * EVERY_SECONDS + WAITED_SECONDS
    while left and time.monotonic() < ends_at:
        with house.acting() as session:
            gone = session.scalars(
                text(
                    "SELECT id FROM enrollment WHERE organization_id = :organization_id AND campaign_id = :campaign"
                    " AND state = 'ended'"
                ),
                {"organization_id": house.organization_id, "campaign": campaign_id},
            ).all()
        now = clock.now()
        seconds += [(now - left.pop(one)).total_seconds() for one in gone if one in left]
        time.sleep(0.05)


def _everything_leaves(large: House, running: Running, sink: Sink, campaign_id: UUID, count: int) -> None:
    """Nothing of the large campaign was lost for it."""
    until(lambda: sink.taken() >= count, "the large campaign leaves", MOST_SECONDS)
    sent = "SELECT count(DISTINCT step_id) FROM message WHERE organization_id = :organization_id AND stream_id = :campaign AND state = 'sent'"
    until(lambda: large.count(sent, campaign=campaign_id) == count, "every outcome is recorded")
    assert sink.taken() == count, f"{sink.taken()} came of {count}"


def _print(count: int, waited: Waited, left_meanwhile: int, peak: float) -> None:
    assert len(waited.answers) == len(waited.advanced) == TIMES, (
        f"{len(waited.advanced)} of {TIMES} were advanced"
    )
    answer, advanced = max(waited.answers), max(waited.advanced)
    print_line(
        "fairness", answer, "s", REPLY_SECONDS, min(REPLY_SECONDS / answer, ADVANCE_SECONDS / advanced), peak=peak,
        count=count, advanced=round(advanced, 3), advanced_limit=ADVANCE_SECONDS, left_meanwhile=left_meanwhile,
        answers=[round(one, 2) for one in waited.answers], enrollments=[round(one, 2) for one in waited.advanced],
    )  # fmt: skip


if __name__ == "__main__":
    main()
