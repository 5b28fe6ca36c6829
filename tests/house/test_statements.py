"""The cursor hook itself: it refuses what it must and lets the rest pass."""

from __future__ import annotations

import pytest

from tests.house.statements import Unbound, refuse_unbound


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM contact",
        "SELECT * FROM contact WHERE email = 'x'",
        "UPDATE message SET state = 'sent' WHERE id = 1",
        "DELETE FROM tag WHERE id = 1",
        "SELECT 1 FROM contact c JOIN message m ON m.contact_id = c.id WHERE c.organization_id = 1",
        "INSERT INTO tag (name) SELECT name FROM tag",
    ],
)
def test_a_statement_that_names_no_organization_is_refused(statement: str) -> None:
    with pytest.raises(Unbound):
        refuse_unbound(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM contact WHERE organization_id = 1",
        "SELECT 1 FROM contact AS c JOIN message AS m ON m.contact_id = c.id AND m.organization_id = c.organization_id WHERE c.organization_id = 1",
        "UPDATE message SET state = 'sent' WHERE message.organization_id = 1",
        "INSERT INTO tag (name) VALUES ('a')",
        "SELECT * FROM user_account",
        "SELECT * FROM due_agenda(now(), 10)",
        "DELETE FROM staging",
    ],
)
def test_other_statements_pass(statement: str) -> None:
    refuse_unbound(statement)
