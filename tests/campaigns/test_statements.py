"""The number of statements belongs to the funnel, not to the people in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from loumass.campaigns import jobs, listeners
from loumass.campaigns.advancing.pace import Pace
from loumass.campaigns.waking import wake_engine
from loumass.core import clock
from loumass.core.database import db, engine
from loumass.core.plans import refresh_figures
from loumass.core.tenancy import serving
from loumass.events.models import Event
from tests.campaigns.cast import Planned, Run, ask, drafted, send, step, text_to, wait
from tests.world import Tenant, World

FUNNEL = [
    step("part", "stage", name="Invitation"),
    step("share", "split", {"a": "mark", "b": "mark"}, a=50, b=50),
    step("mark", "set_status", status="Needs BDR"),
    step("label", "tag", action="add", tag="Guest"),
    ask("guest", {"yes": "hello", "no": "done"}, test="tag", tag="guest"),
    send("hello", ways={"next": "pause", "failed": "text"}),
    text_to("text"),
    wait("pause", amount=2, unit="days", after="entered"),
    step("done", "end"),
]  # fmt: skip


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that leave for the database meanwhile."""
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine(), "before_cursor_execute", note)


def crowd(tenant: Tenant, run: Run, people: int) -> None:
    """`people` contacts, every third without an e-mail address, enter the campaign."""
    with tenant.acting() as session:
        session.execute(
            text("""
                INSERT INTO contact (organization_id, first_name, email, email_key, email_hash, phone, phone_hash)
                SELECT :organization_id, 'P' || n, CASE WHEN n % 3 > 0 THEN mail END, CASE WHEN n % 3 > 0 THEN mail END,
                    CASE WHEN n % 3 > 0 THEN sha256(CAST(mail AS bytea)) END, '+1303' || (1000000 + n), sha256(CAST(mail || 'p' AS bytea))
                FROM (SELECT n, 'p' || n || '@crowd.example' AS mail FROM generate_series(1, :people) AS n) made
                RETURNING id
            """),
            {"organization_id": tenant.id, "people": people},
        )
        session.execute(
            text(
                "INSERT INTO enrollment (organization_id, campaign_id, contact_id, due_at) SELECT organization_id, :campaign_id, id, :now "
                "FROM contact WHERE organization_id = :organization_id RETURNING id"
            ),
            {"organization_id": tenant.id, "campaign_id": run.id, "now": clock.now()},
        )
        session.execute(
            text(
                "UPDATE campaign SET state = 'running' WHERE organization_id = :organization_id AND id = :id"
            ),
            {"organization_id": tenant.id, "id": run.id},
        )
        session.commit()


def walked(
    tenant: Tenant, steps: list[Planned], people: int, between: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """How many statements each part of a journey takes for so many people; `between` is called before each part."""
    run = drafted(tenant, steps)
    crowd(tenant, run, people)
    between()
    taken: dict[str, int] = {}
    with serving(tenant.id):
        with counted() as statements:
            jobs.advance(str(run.id))
        taken["advance"] = len(statements)
    planned = run.messages()
    assert len(planned) == people
    between()
    with tenant.acting() as session:
        session.execute(
            text(
                "UPDATE message SET state = 'sent', sent_at = :now WHERE organization_id = :organization_id"
            ),
            {"organization_id": tenant.id, "now": clock.now()},
        )
        told = [
            Event(kind="message.sent", message_id=one.id, facts={}, happened_at=clock.now())
            for one in planned
        ]
        with counted() as statements:
            listeners.on_outcome(told)
        taken["told"] = len(statements)
        session.commit()
    between()
    clock.advance(timedelta(days=3))
    with serving(tenant.id), counted() as statements:
        jobs.advance(str(run.id))
        jobs.advance(str(run.id))
    taken["leave"] = len(statements)
    return taken


def some_seconds_later() -> None:
    """The clock has been round: the planner knows who came."""
    engine().dispose()
    time.sleep(0.2)
    refresh_figures()


@pytest.fixture
def in_slices_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Slices are this large, however fast the machine is."""

    def fixed(size: int) -> None:
        monkeypatch.setattr(Pace, "learn", lambda *_: None)
        monkeypatch.setattr(jobs._pace, "size", size)

    return fixed


@pytest.mark.slow
def test_ten_thousand_people_cost_the_statements_of_ten(
    world: World, in_slices_of: Callable[[int], None]
) -> None:
    # One more than there are: a full slice calls another.
    in_slices_of(10_001)
    few = walked(world.acme, FUNNEL, 10)
    many = walked(world.globex, FUNNEL, 10_000, some_seconds_later)
    assert many == few
    assert few["advance"] > len(FUNNEL)
    assert few["told"] > 1


def test_what_does_not_fit_into_one_slice_is_done_by_the_next(
    world: World, in_slices_of: Callable[[int], None]
) -> None:
    in_slices_of(4)
    run = drafted(world.acme, FUNNEL)
    crowd(world.acme, run, 10)
    with world.acme.acting():
        wake_engine([run.id])
        db().commit()
    world.work()
    assert len(run.messages()) == 10
    assert {one.state for one in run.all()} == {"waiting"}
