"""Quotas: people are told once a day that the segments of a brand are nearly used, and once that they are."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE brand_day ADD COLUMN warned_at TIMESTAMP WITH TIME ZONE, "
        "ADD COLUMN full_at TIMESTAMP WITH TIME ZONE"
    )


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
