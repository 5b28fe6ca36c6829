"""What an answer was taken for is found by its message, whoever wrote it."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_event_classified ON event (organization_id, message_id, happened_at, id) "
        "WHERE kind = 'message.classified'"
    )


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
