"""`refresh_figures`: the planner learns of new organizations within seconds (core/plans.py)."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

# Autovacuum waits for a tenth of a table, and for its turn: in a large house a new organization is a stranger for days.
# Runs as the owner, who alone may ANALYZE; SKIP LOCKED, since whoever holds a table changes or gathers it already.
_REFRESH = """
CREATE FUNCTION refresh_figures() RETURNS text[] LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $body$
DECLARE
    stale text;
    refreshed text[] := '{}';
BEGIN
    FOR stale IN
        SELECT s.relname FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
        WHERE s.schemaname = 'public' AND s.n_mod_since_analyze >= 1000
          AND (s.n_mod_since_analyze >= 0.1 * c.reltuples
               OR coalesce(greatest(s.last_analyze, s.last_autoanalyze), '-infinity') < clock_timestamp() - interval '1 minute')
        ORDER BY s.relname
    LOOP
        EXECUTE format('ANALYZE (SKIP_LOCKED) %I', stale);
        refreshed := refreshed || stale;
    END LOOP;
    RETURN refreshed;
END $body$
"""


def upgrade() -> None:
    op.execute(_REFRESH)
    op.execute("REVOKE ALL ON FUNCTION refresh_figures() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION refresh_figures() TO loumass_app")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup instead.")
