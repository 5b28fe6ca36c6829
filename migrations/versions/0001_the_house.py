"""The house: every table of the first release."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from migrations.erasing import create_erase_contact
from migrations.support import ORGANIZATION, USER, definer, secure_tenant_table, system_may, tenant_policies

revision = "0001"
down_revision = None


def upgrade() -> None:
    functions()
    tables()
    global_policies()
    system()
    event_partitions()
    create_erase_contact()
    backup()


def functions() -> None:
    op.execute(
        "CREATE FUNCTION current_organization() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS "
        f"$body$ SELECT {ORGANIZATION} $body$"
    )
    op.execute(
        "CREATE FUNCTION enter(organization_id uuid, user_id uuid) RETURNS void LANGUAGE plpgsql AS $body$ BEGIN "
        "EXECUTE format('SET LOCAL app.organization_id = %L', coalesce(organization_id::text, '')); "
        "EXECUTE format('SET LOCAL app.user_id = %L', coalesce(user_id::text, '')); "
        "END $body$"
    )


#: What the application may only add to and read.
APPEND_ONLY = frozenset({"audit_entry", "event", "consent", "content_version"})
#: What rows point at by keys that are declared only (docs/tenancy.md): archived, never deleted.
NEVER_DELETED = frozenset({"channel", "contact", "conversation", "enrollment", "step", "stream", "visited_node"})
#: What the application may do in them besides reading and adding. Organizations and people are never deleted.
GLOBAL = {
    "organization": ", UPDATE", "user_account": ", UPDATE", "periodic_run": ", UPDATE", "membership": ", UPDATE, DELETE",
    "invitation": ", UPDATE, DELETE", "system_mail": ", UPDATE, DELETE", "hook_address": ", UPDATE, DELETE",
}  # fmt: skip
TENANT = (
    "agenda", "attachment", "attempt", "audit_entry", "campaign", "channel", "channel_day", "consent", "contact",
    "contact_field", "contact_import", "contact_tag", "content", "content_version", "conversation",
    "daily_count", "delivery", "draft", "edge", "enrollment", "event", "graph", "import_refusal",
    "imported_contact", "message", "node", "notice", "step", "stream", "suppression", "tag", "template",
    "visited_node",
)  # fmt: skip


def tables() -> None:
    """The tables with all their keys first: under FORCE, keys that come later validate nothing."""
    written = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    for statement in written.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table, also in GLOBAL.items():
        op.execute(f"GRANT SELECT, INSERT{also} ON {table} TO loumass_app")
        op.execute(f"GRANT SELECT ON {table} TO loumass_backup")
    for table in TENANT:
        grants = "SELECT, INSERT, UPDATE" if table in NEVER_DELETED else "SELECT, INSERT, UPDATE, DELETE"
        secure_tenant_table(table, "SELECT, INSERT" if table in APPEND_ONLY else grants)


def global_policies() -> None:
    for table in ("membership", "invitation"):
        for statement in tenant_policies(table):
            op.execute(statement)
    # A person sees where they belong, and no more: who could write it would make themselves admin anywhere.
    op.execute(f"CREATE POLICY own ON membership FOR SELECT TO loumass_app USING (user_id = {USER})")


def system() -> None:
    op.execute("GRANT USAGE ON SCHEMA public TO loumass_app, loumass_system, loumass_backup")
    system_may("agenda", "SELECT")
    definer(
        "due_agenda(moment timestamptz, most integer) RETURNS TABLE (organization_id uuid, job text, arguments text) LANGUAGE sql STABLE",
        "SELECT organization_id, job, arguments FROM agenda WHERE next_due_at <= moment ORDER BY next_due_at LIMIT most",
    )
    system_may("invitation", "SELECT")
    definer(
        "invitation_by_token(hash bytea) RETURNS TABLE (organization_id uuid, id uuid) LANGUAGE sql STABLE",
        "SELECT organization_id, id FROM invitation WHERE token_hash = hash",
    )
    op.execute("CREATE INDEX ix_agenda_next_due_at ON agenda (next_due_at)")


def event_partitions() -> None:
    """Partitions are made by the owner through a definer, so that the application never owns a table."""
    policies = "; ".join(tenant_policies("%1$I")).replace("'", "''")
    op.execute(
        "CREATE FUNCTION prepare_event_month(month date) RETURNS void LANGUAGE plpgsql "
        "SECURITY DEFINER SET search_path = public, pg_temp AS $body$ "
        "DECLARE first date := date_trunc('month', month); partition text := 'event_' || to_char(month, 'YYYY_MM'); BEGIN "
        "IF to_regclass(partition) IS NOT NULL THEN RETURN; END IF; "
        "EXECUTE format('CREATE TABLE %I PARTITION OF event FOR VALUES FROM (%L) TO (%L)', "
        "partition, first, first + interval '1 month'); "
        f"EXECUTE format('{policies}', partition); "
        "END $body$"
    )
    op.execute("REVOKE ALL ON FUNCTION prepare_event_month(date) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION prepare_event_month(date) TO loumass_app")
    op.execute("CREATE TABLE event_other PARTITION OF event DEFAULT")
    for statement in tenant_policies("event_other"):
        op.execute(statement)
    op.execute(
        "SELECT prepare_event_month((date_trunc('month', now()) + n * interval '1 month')::date) FROM generate_series(0, 3) AS n"
    )


def backup() -> None:
    """What pg_dump reads beside the tables: sequences, partitions, the revision; also those that come later."""
    for kind in ("TABLES", "SEQUENCES"):
        op.execute(f"GRANT SELECT ON ALL {kind} IN SCHEMA public TO loumass_backup")
        op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON {kind} TO loumass_backup")


def downgrade() -> None:
    raise RuntimeError("The first migration is the beginning; drop the database instead.")
