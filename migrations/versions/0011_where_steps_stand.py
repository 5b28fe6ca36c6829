"""`node.x`, `node.y`: where a step stands in the builder; null while nobody has moved it."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE node ADD COLUMN x DOUBLE PRECISION, ADD COLUMN y DOUBLE PRECISION")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup instead.")
