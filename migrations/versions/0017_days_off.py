"""Public holidays that an organization keeps, days off of its own, and senders that rest on them."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0017"
down_revision = "0016"

_MADE = (
    """
    CREATE TABLE holiday_calendar (
        organization_id UUID DEFAULT current_organization() NOT NULL, country TEXT NOT NULL,
        region TEXT DEFAULT '' NOT NULL, filled_until INTEGER NOT NULL,
        CONSTRAINT pk_holiday_calendar PRIMARY KEY (organization_id),
        CONSTRAINT fk_holiday_calendar_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    """
    CREATE TABLE day_off (
        organization_id UUID DEFAULT current_organization() NOT NULL, day DATE NOT NULL, source TEXT NOT NULL,
        name TEXT NOT NULL, is_struck BOOLEAN DEFAULT false NOT NULL,
        CONSTRAINT pk_day_off PRIMARY KEY (organization_id, day, source),
        CONSTRAINT ck_day_off_source CHECK (source IN ('calendar', 'own')),
        CONSTRAINT ck_day_off_struck CHECK (NOT is_struck OR source = 'calendar'),
        CONSTRAINT fk_day_off_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "ALTER TABLE channel ADD COLUMN skips_days_off BOOLEAN DEFAULT false NOT NULL",
)


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    for table in ("holiday_calendar", "day_off"):
        secure_tenant_table(table)


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
