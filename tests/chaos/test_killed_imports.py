"""A list goes in although its worker is killed again and again: the same people as if nothing had happened."""

from __future__ import annotations

import os
import random
import time
from typing import Any

import pytest

from tests.chaos.conftest import SEED, TRIES
from tests.chaos.house import House
from tests.chaos.office import Office
from tests.waiting import until

ROWS = int(os.environ.get("CHAOS_ROWS", "16000"))
KILLS = 2
CONTACTS = """
    SELECT external_id, email, email_key, phone, first_name, last_name, company, title, city, state, country, timezone,
        fields, source, archived_at IS NULL AS is_here, i.line, i.is_new,
        (SELECT array_agg(t.name ORDER BY t.name) FROM contact_tag ct JOIN tag t ON t.id = ct.tag_id WHERE ct.contact_id = c.id) AS tags
    FROM contact c JOIN imported_contact i ON i.contact_id = c.id
    WHERE c.organization_id = :organization_id ORDER BY i.line
"""
SUMMARY = """
    SELECT state, row_count, rows_read, created_count, updated_count, skipped_count, refused_count, suppressed_count,
        next_line, problem, (SELECT count(*) FROM contact WHERE organization_id = :organization_id) AS contacts,
        (SELECT count(*) FROM event WHERE organization_id = :organization_id AND kind = 'import.finished') AS ends
    FROM contact_import WHERE organization_id = :organization_id
"""
REFUSED = """
    SELECT line, code, column_name, value, reason, cells FROM import_refusal
    WHERE organization_id = :organization_id ORDER BY line
"""


@pytest.mark.usefixtures("tell")
def test_a_killed_import_ends_with_the_same_people(house: House) -> None:
    calm, content = Office(house, "Calm Imports"), leads(ROWS)
    calm.brings_in(content)
    chance = random.Random(SEED)
    for nth in range(TRIES):
        hunted = Office(house, f"Hunted Imports {nth}")
        if ends_like(calm, hunted, content, chance):
            return
    raise AssertionError(f"{TRIES} lists, and no kill fell into the middle of one")


def ends_like(calm: Office, hunted: Office, content: str, chance: random.Random) -> int:
    """How often the worker was killed in the middle of the list, which brought the same in the end."""
    import_id = hunted.starts_import(content)
    in_the_middle = killed_in_the_middle(hunted.house, import_id, chance)
    until(lambda: hunted.import_state(import_id) == "done", "the hunted list goes in")
    for statement in (SUMMARY, REFUSED, CONTACTS):
        assert of(hunted, statement) == of(calm, statement)
    assert ROWS // 50 <= of(calm, SUMMARY)[0].refused_count < of(calm, SUMMARY)[0].created_count
    return in_the_middle


def killed_in_the_middle(house: House, import_id: str, chance: random.Random) -> int:
    """Kill whoever brings the list in, at some moment of each half of it; how often some of it was in, but not all."""
    in_the_middle = 0
    for nth in range(KILLS):
        wanted = ROWS * nth // KILLS
        until(lambda: progress(house, import_id)[1] >= wanted, "the list goes on")  # noqa: B023  asked at once
        time.sleep(chance.uniform(0.0, 0.4))  # the very moment of the kill: nothing waits for it
        house.processes.kill("bulk")
        state, rows = progress(house, import_id)
        in_the_middle += state == "running" and 0 < rows < ROWS
        house.processes.start("bulk")
        house.time_passes(leases=False)
    return in_the_middle


def progress(house: House, import_id: str) -> tuple[str, int]:
    """Its state, and how many rows have been read."""
    row = house.rows(
        "SELECT state, rows_read FROM contact_import WHERE id = CAST(:id AS uuid)", id=import_id
    )[0]
    return row.state, row.rows_read


def of(office: Office, statement: str) -> list[Any]:
    """What `statement` finds in that organization."""
    return office.house.rows(statement, organization_id=office.id)


def leads(count: int) -> str:
    """Every 50th row has no address, and some name somebody whom a row a good way before has named: both are refused."""
    rows = ["Name,Email,Cell,Brokerage,License #"]
    for n in range(count):
        who = n - 5_100 if n % 10 == 0 and n > 5_100 else n
        email = f"no address {n}" if n % 50 == 49 else f"lead{who}@leads.example"
        rows.append(
            f"Lead Number{who},{email},303 {200 + who // 10_000} {who % 10_000:04},Brokerage {n % 97},L{who}"
        )
    return "\n".join(rows) + "\n"
