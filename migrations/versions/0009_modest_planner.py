"""The planner forgets how many rows each organization has (`without_statistics`)."""

from __future__ import annotations

from alembic import op

from migrations.support import month_maker

revision = "0009"
down_revision = "0008"

_FORGET = """
DO $body$
DECLARE
    owned regclass;
BEGIN
    FOR owned IN
        SELECT c.oid::regclass FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relrowsecurity
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN organization_id SET STATISTICS 0', owned);
        -- What was gathered before stays else for good.
        PERFORM pg_clear_attribute_stats('public', owned::text, 'organization_id', inherited) FROM unnest(ARRAY[false, true]) AS inherited;
    END LOOP;
END $body$
"""


def upgrade() -> None:
    op.execute(_FORGET)
    # Months that come get it as well.
    for table in ("event", "hit"):
        month_maker(table)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup instead.")
