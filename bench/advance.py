"""People per second who walk through stage, condition and wait: claimed, decided, written down, told of.

The limit makes the same rows of the same number of other people in the same tables by one bare UPDATE and one bare
INSERT, from tables that hold the answers already; it decides nothing and tells nobody. SIZE=full: 100,000.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from bench import seeding
from bench.installation import House, installed
from bench.measuring import Stopwatch, forget_peak, peak_mib, print_bench, size

#: The condition asks for what the claim does not bring along, so that a statement of its own answers it.
STEPS = [
    ("stage", {}),
    ("condition", {"test": "field", "field": "city", "operator": "is", "value": "Denver"}),
    ("wait", {"amount": 3, "unit": "days"}),
    ("end", {}),
]
#: What the engine wrote for the people of `:walked`, given to the same people in `:bare`. Not timed.
ANSWERS = (
    text("""
    CREATE TEMP TABLE answer ON COMMIT DROP AS
    SELECT bare.id AS enrollment_id, walked.id AS walked_id, walked.state, walked.node_id, walked.visit,
        walked.entered_at, walked.stage, walked.due_at, walked.waiting_for
    FROM enrollment walked JOIN enrollment bare ON bare.organization_id = :organization_id
        AND bare.campaign_id = :bare AND bare.contact_id = walked.contact_id
    WHERE walked.organization_id = :organization_id AND walked.campaign_id = :walked ORDER BY bare.id
"""),
    text("""
    CREATE TEMP TABLE answer_step ON COMMIT DROP AS
    SELECT answer.enrollment_id, uuidv7() AS id, step.node_id, step.visit, step.entered_at, step.left_at, step.outcome
    FROM step JOIN answer ON answer.walked_id = step.enrollment_id
    WHERE step.organization_id = :organization_id AND step.campaign_id = :walked ORDER BY answer.enrollment_id, step.visit
"""),
    text("ANALYZE answer"),
    text("ANALYZE answer_step"),
)
#: The limit: these two, in one transaction.
LIMIT = (
    text("""
    UPDATE enrollment SET state = answer.state, node_id = answer.node_id, visit = answer.visit,
        entered_at = answer.entered_at, stage = answer.stage, due_at = answer.due_at, waiting_for = answer.waiting_for
    FROM answer WHERE enrollment.organization_id = :organization_id AND enrollment.id = answer.enrollment_id
"""),
    text("""
    INSERT INTO step (organization_id, id, enrollment_id, campaign_id, node_id, visit, entered_at, left_at, outcome)
    SELECT :organization_id, id, enrollment_id, :bare, node_id, visit, entered_at, left_at, outcome FROM answer_step
    RETURNING organization_id
"""),
)


def main() -> None:
    """Prints one line. Raises AssertionError when somebody was forgotten or counted twice."""
    count = size(20_000, 100_000)
    with installed() as house:
        channel = seeding.mailbox(house, 25, daily_cap=2 * count)
        people = seeding.people(house, count)
        walked, bare = (seeding.campaign(house, channel, STEPS) for _ in range(2))
        seeding.entered(house, bare, people)
        seeding.launched(house, walked, people)
        forget_peak()
        with house.timed() as advancing:
            slices = house.work("campaigns.advance")
        peak = peak_mib()
        _everybody_is_there(house, walked, count)
        limit = by_hand(house, {"walked": walked, "bare": bare})
        _same_rows(house, walked, bare, count)
        print_bench("advance", count, "people/s", advancing, limit, peak=peak, slices=slices)


def by_hand(house: House, campaigns: dict[str, UUID]) -> Stopwatch:
    """The limit, its commit included; the answers are laid out before."""
    of = {"organization_id": house.organization_id, **campaigns}
    with house.acting() as session:
        for statement in ANSWERS:
            session.execute(statement, of)
        with house.timed() as watch:
            for statement in LIMIT:
                session.execute(statement, of)
            session.commit()
    return watch


def _everybody_is_there(house: House, walked: UUID, count: int) -> None:
    waiting = house.count(
        "SELECT count(*) FROM enrollment e JOIN node n ON n.organization_id = :organization_id AND n.id = e.node_id"
        " JOIN step s ON s.organization_id = :organization_id AND s.id = e.step_id AND s.left_at IS NULL"
        " WHERE e.organization_id = :organization_id AND e.campaign_id = :walked AND e.state = 'waiting'"
        " AND n.kind = 'wait' AND e.due_at IS NOT NULL AND e.stage <> ''",
        walked=walked,
    )
    yes = house.count(
        "SELECT count(*) FROM step WHERE organization_id = :organization_id AND campaign_id = :walked AND outcome = 'yes'",
        walked=walked,
    )
    told = house.count(
        "SELECT count(DISTINCT enrollment_id) FROM event WHERE organization_id = :organization_id"
        " AND kind = 'enrollment.started' AND campaign_id = :walked",
        walked=walked,
    )
    moved = house.count(
        "SELECT count(*) FROM event WHERE organization_id = :organization_id AND kind = 'enrollment.moved'"
    )
    assert waiting == yes == told == moved == count, (
        f"{waiting} wait, {yes} said yes, {told} and {moved} told of {count}"
    )


def _same_rows(house: House, walked: UUID, bare: UUID, count: int) -> None:
    for campaign in (walked, bare):
        steps = house.count(
            "SELECT count(*) FROM step WHERE organization_id = :organization_id AND campaign_id = :campaign",
            campaign=campaign,
        )
        waiting = house.count(
            "SELECT count(*) FROM enrollment WHERE organization_id = :organization_id AND campaign_id = :campaign"
            " AND state = 'waiting' AND visit = 3",
            campaign=campaign,
        )
        assert (steps, waiting) == (3 * count, count), f"{steps} steps, {waiting} wait of {count}"


if __name__ == "__main__":
    main()
