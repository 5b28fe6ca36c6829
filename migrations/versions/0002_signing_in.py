"""Mailboxes that people sign in to: the organization's own applications at vendors, drafts, and watches."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE message ADD COLUMN draft_id TEXT")
    op.execute("ALTER TABLE channel ADD COLUMN watched_until TIMESTAMP WITH TIME ZONE")
    op.execute("ALTER TABLE channel ADD COLUMN watch JSONB DEFAULT '{}' NOT NULL")
    op.execute("""
        CREATE TABLE vendor_client (
            organization_id UUID DEFAULT current_organization() NOT NULL,
            id UUID DEFAULT uuidv7() NOT NULL,
            vendor TEXT NOT NULL,
            client_id TEXT NOT NULL,
            sealed_secret BYTEA NOT NULL,
            options JSONB DEFAULT '{}' NOT NULL,
            changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_vendor_client PRIMARY KEY (organization_id, id),
            CONSTRAINT uq_vendor_client_organization_id_vendor UNIQUE (organization_id, vendor),
            CONSTRAINT fk_vendor_client_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
        )
    """)
    secure_tenant_table("vendor_client")


def downgrade() -> None:
    raise RuntimeError("Migrations only add; go back to a backup instead.")
