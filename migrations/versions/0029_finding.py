"""A search looks at more of the newest messages before it fetches all hits."""

from __future__ import annotations

from migrations.searching import make_find

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    make_find()


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
