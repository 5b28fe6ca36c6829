"""People per second who enter a campaign and move to its first e-mail, which is planned and queued for each.

The limit writes the same message rows again by one bare statement. SIZE=full: 100,000.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from bench import seeding
from bench.installation import House, installed
from bench.measuring import forget_peak, peak_mib, print_bench, size
from loumass.messages.models import Message

STEPS = [
    ("stage", {}),
    ("condition", {"test": "replied"}),
    ("email_send", {}),
    ("wait", {"amount": 3, "unit": "days"}),
    ("end", {}),
]
_NOT_COPIED = {"id", "step_id"}
_COLUMNS = ", ".join(column.name for column in Message.__table__.c if column.name not in _NOT_COPIED)
#: The simplest way to write the same rows: same indexes, same keys, one transaction.
LIMIT = text(f"""
    INSERT INTO message ({_COLUMNS}) SELECT {_COLUMNS} FROM message
    WHERE organization_id = :organization_id AND stream_id = :campaign ORDER BY id RETURNING organization_id
""")


def main() -> None:
    """Prints one line. Raises AssertionError when somebody was forgotten or planned twice."""
    count = size(20_000, 100_000)
    with installed() as house:
        channel = seeding.mailbox(house, 25, daily_cap=2 * count)
        campaign_id = seeding.campaign(house, channel, STEPS)
        seeding.launched(house, campaign_id, seeding.people(house, count))
        forget_peak()
        with house.timed() as advancing:
            slices = house.work("campaigns.advance")
        peak = peak_mib()
        _everybody_is_there(house, campaign_id, count)
        with house.timed() as bare:
            _write_again(house, campaign_id)
        print_bench("advance", count, "people/s", advancing, bare, peak=peak, slices=slices)


def _write_again(house: House, campaign_id: UUID) -> None:
    with house.acting() as session:
        session.execute(LIMIT, {"organization_id": house.organization_id, "campaign": campaign_id})
        session.commit()


def _everybody_is_there(house: House, campaign_id: UUID, count: int) -> None:
    waiting = house.count(
        "SELECT count(*) FROM enrollment e JOIN message m ON m.organization_id = :organization_id"
        " AND m.step_id = e.step_id AND m.enrollment_id = e.id AND m.state = 'queued'"
        " WHERE e.organization_id = :organization_id AND e.campaign_id = :campaign AND e.state = 'waiting'",
        campaign=campaign_id,
    )
    planned = house.count(
        "SELECT count(*) FROM message WHERE organization_id = :organization_id AND to_hash IS NOT NULL"
    )
    steps = house.count("SELECT count(*) FROM step WHERE organization_id = :organization_id")
    told = house.count(
        "SELECT count(*) FROM event WHERE organization_id = :organization_id AND kind = 'enrollment.started'"
    )
    assert waiting == planned == told == count, f"{waiting} wait, {planned} planned, {told} told of {count}"
    assert steps == 3 * count, f"{steps} steps for {count} people"


if __name__ == "__main__":
    main()
