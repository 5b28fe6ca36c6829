"""Segments: saved rules over contacts."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0010"
down_revision = "0009"

_MADE = (
    """
    CREATE TABLE segment (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        name TEXT NOT NULL, name_key TEXT COLLATE "C" NOT NULL, description TEXT DEFAULT '' NOT NULL, rule JSONB NOT NULL,
        created_by_id UUID, created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, archived_at TIMESTAMP WITH TIME ZONE,
        people_count INTEGER, counted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_segment PRIMARY KEY (organization_id, id),
        CONSTRAINT fk_segment_created_by_id FOREIGN KEY(created_by_id) REFERENCES user_account (id),
        CONSTRAINT fk_segment_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "CREATE UNIQUE INDEX uq_segment_name_key ON segment (organization_id, name_key) WHERE archived_at IS NULL",
    "CREATE INDEX ix_segment_organization_id_created_at_id ON segment (organization_id, created_at, id)",
)


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    secure_tenant_table("segment")


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
