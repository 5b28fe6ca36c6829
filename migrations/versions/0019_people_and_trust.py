"""People and trust: what members see, sessions that can be ended, second factors, vendors' accounts, exports, deletion."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0019"
down_revision = "0018"

_MADE = (
    """
    ALTER TABLE organization
        ADD COLUMN shows_only_own BOOLEAN DEFAULT false NOT NULL, ADD COLUMN needs_second_factor BOOLEAN DEFAULT false NOT NULL,
        ADD COLUMN deletion_asked_at TIMESTAMP WITH TIME ZONE, ADD COLUMN deletion_asked_by_id UUID,
        ADD COLUMN deleted_from TIMESTAMP WITH TIME ZONE
    """,
    "ALTER TABLE membership ADD COLUMN sees_everything BOOLEAN DEFAULT false NOT NULL",
    """
    ALTER TABLE user_account
        ADD COLUMN sealed_second_factor BYTEA, ADD COLUMN second_factor_since TIMESTAMP WITH TIME ZONE,
        ADD COLUMN second_factor_step BIGINT DEFAULT 0 NOT NULL, ADD COLUMN address_proven_at TIMESTAMP WITH TIME ZONE
    """,
    """
    ALTER TABLE audit_entry
        ADD COLUMN came_from TEXT DEFAULT '' NOT NULL, ADD COLUMN browser TEXT DEFAULT '' NOT NULL
    """,
    """
    CREATE TABLE user_session (
        id UUID NOT NULL, user_id UUID NOT NULL, way TEXT NOT NULL, came_from TEXT NOT NULL, browser TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL, seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_user_session PRIMARY KEY (id),
        CONSTRAINT fk_user_session_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
    )
    """,
    "CREATE INDEX ix_user_session_user_id ON user_session (user_id)",
    """
    CREATE TABLE recovery_code (
        user_id UUID NOT NULL, code_hash BYTEA NOT NULL, used_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_recovery_code PRIMARY KEY (user_id, code_hash),
        CONSTRAINT fk_recovery_code_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
    )
    """,
    """
    CREATE TABLE vendor_account (
        vendor TEXT NOT NULL, subject TEXT NOT NULL, user_id UUID NOT NULL, email TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL, seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_vendor_account PRIMARY KEY (vendor, subject),
        CONSTRAINT fk_vendor_account_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
    )
    """,
    "CREATE INDEX ix_vendor_account_user_id ON vendor_account (user_id)",
    """
    CREATE TABLE organization_export (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        state TEXT DEFAULT 'running' NOT NULL, asked_by_id UUID NOT NULL, table_name TEXT DEFAULT '' NOT NULL,
        after JSONB DEFAULT '[]' NOT NULL, parts JSONB DEFAULT '[]' NOT NULL, row_count BIGINT DEFAULT 0 NOT NULL,
        file_key TEXT DEFAULT '' NOT NULL, size BIGINT DEFAULT 0 NOT NULL, problem TEXT DEFAULT '' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL, finished_at TIMESTAMP WITH TIME ZONE,
        ends_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_organization_export PRIMARY KEY (organization_id, id),
        CONSTRAINT ck_organization_export_state CHECK (state IN ('running', 'done', 'failed', 'gone')),
        CONSTRAINT fk_organization_export_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id),
        CONSTRAINT fk_organization_export_asked_by_id FOREIGN KEY(asked_by_id) REFERENCES user_account (id)
    )
    """,
    "CREATE INDEX ix_contact_organization_id_owner_id ON contact (organization_id, owner_id) WHERE owner_id IS NOT NULL",
)
#: The application deletes sessions that ended long ago and codes that were made anew; nothing else of these.
_GRANTS = {"user_session": "UPDATE, DELETE", "recovery_code": "UPDATE, DELETE", "vendor_account": "UPDATE, DELETE"}
#: The tables of an organization go in slices. Run by their owner, who is bound to the organization that is set, and only
#: where that one's last day has come. Cycles of keys (a template and its graphs) are cut first.
_REMOVE = """
DECLARE
    org uuid := current_organization();
    gone bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM organization WHERE id = org AND deleted_from <= p_now) THEN
        RAISE EXCEPTION 'this organization is not to be deleted';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('public.' || quote_ident(p_table))
            AND attname = 'organization_id') THEN
        RAISE EXCEPTION '% has no rows of organizations', p_table;
    END IF;
    EXECUTE format('DELETE FROM %1$I WHERE organization_id = $1 AND (tableoid, ctid) IN (
        SELECT tableoid, ctid FROM %1$I WHERE organization_id = $1 LIMIT $2)', p_table) USING org, p_most;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
"""
_LOOSEN = """
DECLARE
    org uuid := current_organization();
BEGIN
    IF NOT EXISTS (SELECT 1 FROM organization WHERE id = org AND deleted_from <= p_now) THEN
        RAISE EXCEPTION 'this organization is not to be deleted';
    END IF;
    EXECUTE format('UPDATE %I SET %I = NULL WHERE organization_id = $1 AND %2$I IS NOT NULL', p_table, p_column) USING org;
END
"""
_FORGET = """
DECLARE
    org uuid := current_organization();
BEGIN
    IF NOT EXISTS (SELECT 1 FROM organization WHERE id = org AND deleted_from <= p_now) THEN
        RAISE EXCEPTION 'this organization is not to be deleted';
    END IF;
    DELETE FROM organization WHERE id = org;
END
"""


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    secure_tenant_table("organization_export", "SELECT, INSERT, UPDATE")
    for table, more in _GRANTS.items():
        op.execute(f"GRANT SELECT, INSERT, {more} ON {table} TO loumass_app")
        op.execute(f"GRANT SELECT ON {table} TO loumass_backup")
    _owners_function("remove_rows(p_table text, p_most integer, p_now timestamptz) RETURNS bigint", _REMOVE)
    _owners_function("loosen_rows(p_table text, p_column text, p_now timestamptz) RETURNS void", _LOOSEN)
    _owners_function("forget_organization(p_now timestamptz) RETURNS void", _FORGET)


def _owners_function(signature: str, body: str) -> None:
    """Whoever deletes what is append-only must own it."""
    name, _, arguments = signature.split(" RETURNS", maxsplit=1)[0].partition("(")
    types = ", ".join(part.split()[1] for part in arguments.rstrip(")").split(","))
    op.execute(
        f"CREATE FUNCTION {signature} LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body${body}$body$"
    )
    op.execute(f"REVOKE ALL ON FUNCTION {name}({types}) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {name}({types}) TO loumass_app")


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
