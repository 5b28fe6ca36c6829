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
        # It is read, not bound.
        "SELECT contact.organization_id, contact.id FROM contact WHERE contact.id = 1",
        "SELECT 1 FROM contact AS c JOIN message AS m ON m.organization_id = c.organization_id",
        "SELECT 1 FROM contact c, message m WHERE c.organization_id = 1 AND m.contact_id = c.id",
        "UPDATE contact SET archived_at = 1 FROM chosen WHERE contact.id = chosen.id RETURNING contact.organization_id",
        # Each level counts for itself.
        "SELECT 1 FROM contact WHERE organization_id = 1 AND id IN (SELECT contact_id FROM message WHERE state = 'sent')",
        "SELECT 1 FROM contact WHERE id IN (SELECT contact_id FROM message WHERE organization_id = 1)",
        "UPDATE message SET state = 'x' WHERE organization_id = 1 AND id IN (SELECT id FROM message FOR UPDATE SKIP LOCKED)",
        "WITH due AS (SELECT id FROM enrollment LIMIT 5) SELECT 1 FROM contact WHERE organization_id = 1",
        "SELECT id FROM contact WHERE organization_id = 1 UNION ALL SELECT id FROM message",
        "SELECT (SELECT count(*) FROM message WHERE message.contact_id = c.id) FROM contact c WHERE c.organization_id = 1",
        "DELETE FROM contact_tag USING tag WHERE contact_tag.organization_id = 1 AND tag.id = tag_id",
        "SELECT 1 FROM contact WHERE note = 'organization_id = 1'",
        # What the plan's rules of SQL refuse.
        "MERGE INTO tag USING staging ON true WHEN MATCHED THEN DELETE",
        "SELECT set_config('app.organization_id', 'x', true)",
        "INSERT INTO tag (name) VALUES ('a') ON CONFLICT (organization_id, id) DO UPDATE SET created_at = now()",
        "INSERT INTO tag (name) SELECT name FROM staging",
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
        "SELECT 1 FROM contact c WHERE c.organization_id = %(o)s AND EXISTS (SELECT 1 FROM message m WHERE m.organization_id = c.organization_id)",
        "SELECT 1 FROM contact c JOIN message m ON c.organization_id = m.organization_id WHERE m.organization_id = :organization_id",
        "WITH due AS (SELECT id FROM enrollment WHERE organization_id = :o) UPDATE contact SET x = 1 FROM due WHERE contact.organization_id = :o",
        "INSERT INTO tag (name) SELECT name FROM staging ON CONFLICT DO NOTHING",
        "INSERT INTO staging SELECT 1",
        "SELECT 1 FROM contact WHERE (contact.organization_id = %(organization_id_1)s::UUID AND contact.id = 1) FOR UPDATE",
    ],
)
def test_other_statements_pass(statement: str) -> None:
    refuse_unbound(statement)
