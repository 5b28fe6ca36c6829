"""Changes of campaigns with many people inside: applied slice by slice, while nobody of the campaign advances."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"

_MADE = (
    "ALTER TABLE campaign ADD COLUMN changing_since TIMESTAMP WITH TIME ZONE",
    "ALTER TABLE campaign_change ADD COLUMN work JSONB",
)


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
