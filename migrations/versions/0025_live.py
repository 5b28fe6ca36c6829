"""Live: people are told once a day that a channel, or the plan, is nearly used, and once that it is."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute("ALTER TABLE channel_day ADD COLUMN full_at TIMESTAMP WITH TIME ZONE")
    op.execute("ALTER TABLE organization ADD COLUMN plan_warned JSONB DEFAULT '{}' NOT NULL")


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
