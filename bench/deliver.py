"""E-mails per second of a campaign of one step, from the click on Start to the last outcome written down.

Workers and clock run as in production, each a process: everybody enters the step, messages are planned with their
merge values, judged, rendered with unsubscribe headers, sent, written down and told. The limit is LIMIT: a bare loop
over smtplib on one connection, with the same bytes to the same sink, while the house rests. SIZE=full: 20,000.
"""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text

from bench import seeding
from bench.installation import House, installed
from bench.measuring import Stopwatch, print_line, size, timed
from bench.running import Running, until
from bench.sink import Sink, messages_per_second
from loumass.accounts.models import Organization
from loumass.channels.connecting import open_provider
from loumass.channels.models import Channel
from loumass.messages import rendering
from loumass.messages.models import Message
from loumass.providers.base import OutgoingMessage
from loumass.providers.errors import Sent

STEPS = [("email_send", {}), ("end", {})]
#: What the result is compared with; `_by_smtplib` is this.
LIMIT = "for one in made: wire.sendmail(one.sender, one.to, one.mime)"
MOST_SECONDS = 1_800.0
#: Each look costs the machine that is measured a millisecond.
LOOK_SECONDS = 0.1
_PART = 500


def main() -> None:
    """Prints one line. Raises AssertionError when a message is missing, doubled or not told of."""
    count = size(5_000, 20_000)
    with Sink() as sink, installed([f"127.0.0.1:{sink.port}"]) as house:
        channel = seeding.mailbox(house, sink.port, daily_cap=2 * count)
        campaign_id = seeding.campaign(house, channel, STEPS)
        seeding.entered(house, campaign_id, seeding.people(house, count))
        house.analyze(*seeding.TABLES)
        before = sink.taken()
        with Running(house) as running:
            start = running.browser(house.user.email).sender(f"/campaigns/{campaign_id}/launch")
            with house.timed() as delivering:
                start(f"/campaigns/{campaign_id}/start")
                until(
                    lambda: _written_down(house) >= count,
                    "every outcome is written down",
                    MOST_SECONDS,
                    LOOK_SECONDS,
                )
            with timed() as telling:
                until(lambda: _has_told(house, campaign_id, count), "everybody was told", MOST_SECONDS)
            peak = running.peak_mib("deliver")
        assert sink.taken() - before == count, f"{sink.taken() - before} of {count} arrived"
        _every_row_is_there(house, campaign_id, count)
        made = _rendered(house, channel)
        capacity = messages_per_second(sink, made[0].mime)
        by_smtplib, by_provider = _by_smtplib(sink.port, made), _by_provider(channel, made)
        speed, limit = count / delivering.seconds, count / by_smtplib.seconds
        print_line(
            "deliver", speed, "messages/s", limit, speed / limit, peak=peak, count=count, sink=sink.kind,
            sink_alone=round(capacity), database_cpu_ms_each=round(delivering.database_cpu * 1000 / count, 3),
            told_after=round(telling.seconds, 1), own_client=round(count / by_provider.seconds),
        )  # fmt: skip


def _written_down(house: House) -> int:
    return house.count("SELECT sum(sent) FROM channel_day WHERE organization_id = :organization_id")


def _rendered(house: House, channel: Channel) -> list[OutgoingMessage]:
    """Every message that was sent, with the bytes that it had."""
    made: list[OutgoingMessage] = []
    with house.acting() as session:
        number = session.scalars(select(Organization.number)).one()
        rows = session.execute(select(*Message.__table__.c).where(Message.state == "sent")).all()
        for at in range(0, len(rows), _PART):
            part = rows[at : at + _PART]
            around = rendering.surroundings(channel, number, part)
            made += [rendering.rendered(row, around, row.attempted_at).message for row in part]
    return made


def _by_provider(channel: Channel, made: Sequence[OutgoingMessage]) -> Stopwatch:
    with open_provider(channel) as provider, timed() as watch:
        outcomes = [outcome for _, outcome in provider.deliver(made)]
    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    return watch


def _by_smtplib(port: int, made: Sequence[OutgoingMessage]) -> Stopwatch:
    with smtplib.SMTP("127.0.0.1", port) as wire, timed() as watch:
        for one in made:
            wire.sendmail(one.sender, one.to, one.mime)
    return watch


def _every_row_is_there(house: House, campaign_id: UUID, count: int) -> None:
    sent = house.count(
        "SELECT count(DISTINCT step_id) FROM message WHERE organization_id = :organization_id AND stream_id = :campaign"
        " AND state = 'sent' AND sent_at IS NOT NULL AND attempts = 1",
        campaign=campaign_id,
    )
    facts = house.count(
        "SELECT count(*) FROM event WHERE organization_id = :organization_id AND kind = 'message.sent'"
    )
    capped = house.count(
        "SELECT used FROM channel_day WHERE organization_id = :organization_id AND sent = used"
    )
    assert sent == facts == capped == count, f"{sent} sent, {facts} facts, {capped} counted of {count}"


def _has_told(house: House, campaign_id: UUID, count: int) -> bool:
    messaged = house.count(
        "SELECT count(*) FROM enrollment WHERE organization_id = :organization_id AND campaign_id = :campaign"
        " AND status = 'Messaged' AND last_sent_at IS NOT NULL",
        campaign=campaign_id,
    )
    with house.acting() as session:
        unheard = session.scalar(
            text("SELECT count(*) FROM notice WHERE organization_id = :organization_id"),
            {"organization_id": house.organization_id},
        )
    return messaged == count and unheard == 0


if __name__ == "__main__":
    main()
