"""Figures by quarters of an hour, summed to days in any timezone; how people react; values that were earned."""

from __future__ import annotations

from alembic import op

from migrations.erasing import let_erase, renew_erase_contact
from migrations.support import secure_tenant_table

revision = "0020"
down_revision = "0019"

_MADE = (
    """
    CREATE TABLE quarter_count (
        organization_id UUID DEFAULT current_organization() NOT NULL, quarter TIMESTAMP WITH TIME ZONE NOT NULL,
        slice TEXT NOT NULL, kind TEXT NOT NULL, campaign_id UUID NOT NULL, node_id UUID NOT NULL,
        channel_id UUID NOT NULL, user_id UUID NOT NULL, part TEXT NOT NULL, count INTEGER NOT NULL,
        seconds BIGINT DEFAULT 0 NOT NULL,
        CONSTRAINT pk_quarter_count PRIMARY KEY
            (organization_id, quarter, slice, kind, campaign_id, node_id, channel_id, user_id, part)
    )
    """,
    """
    CREATE TABLE daily_part (
        organization_id UUID DEFAULT current_organization() NOT NULL, slice TEXT NOT NULL, campaign_id UUID NOT NULL,
        day DATE NOT NULL, part TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL, seconds BIGINT DEFAULT 0 NOT NULL,
        CONSTRAINT pk_daily_part PRIMARY KEY (organization_id, slice, campaign_id, day, part, kind)
    )
    """,
    """
    CREATE TABLE stale_quarter (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL, work TEXT NOT NULL,
        quarter TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_stale_quarter PRIMARY KEY (organization_id, id),
        CONSTRAINT fk_stale_quarter_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "CREATE INDEX ix_stale_quarter_organization_id_work_quarter ON stale_quarter (organization_id, work, quarter)",
    """
    CREATE TABLE figure_mark (
        organization_id UUID DEFAULT current_organization() NOT NULL, timezone TEXT NOT NULL,
        rest_until TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_figure_mark PRIMARY KEY (organization_id),
        CONSTRAINT fk_figure_mark_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    """
    CREATE TABLE contact_engagement (
        organization_id UUID DEFAULT current_organization() NOT NULL, contact_id UUID NOT NULL, sent INTEGER NOT NULL,
        read INTEGER NOT NULL, replied INTEGER NOT NULL,
        rate INTEGER GENERATED ALWAYS AS
            (CASE WHEN sent > 0 THEN least(read + replied, sent)::bigint * 1000 / sent ELSE 0 END) STORED NOT NULL,
        reacted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_contact_engagement PRIMARY KEY (organization_id, contact_id),
        CONSTRAINT fk_contact_engagement_organization_id_contact_id FOREIGN KEY(organization_id, contact_id)
            REFERENCES contact (organization_id, id)
    )
    """,
    "CREATE INDEX ix_contact_engagement_organization_id_rate_contact_id "
    "ON contact_engagement (organization_id, rate, contact_id)",
    """
    CREATE TABLE earning (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        contact_id UUID NOT NULL, amount BIGINT NOT NULL, currency TEXT NOT NULL,
        earned_at TIMESTAMP WITH TIME ZONE NOT NULL, source TEXT NOT NULL, reference TEXT NOT NULL, campaign_id UUID,
        note TEXT DEFAULT '' NOT NULL, recorded_by_id UUID, created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_earning PRIMARY KEY (organization_id, id),
        CONSTRAINT ck_earning_amount CHECK (amount <> 0),
        CONSTRAINT ck_earning_source CHECK (source IN ('goal', 'order', 'by_hand')),
        CONSTRAINT fk_earning_organization_id_contact_id FOREIGN KEY(organization_id, contact_id)
            REFERENCES contact (organization_id, id),
        CONSTRAINT fk_earning_organization_id_campaign_id FOREIGN KEY(organization_id, campaign_id)
            REFERENCES campaign (organization_id, id),
        CONSTRAINT fk_earning_recorded_by_id FOREIGN KEY(recorded_by_id) REFERENCES user_account (id)
    )
    """,
    "CREATE UNIQUE INDEX uq_earning_reference ON earning (organization_id, source, reference)",
    "CREATE INDEX ix_earning_organization_id_earned_at_id ON earning (organization_id, earned_at, id)",
    "CREATE INDEX ix_earning_organization_id_contact_id ON earning (organization_id, contact_id)",
)
_TABLES = (
    "quarter_count", "daily_part", "stale_quarter", "figure_mark", "contact_engagement", "earning",
)  # fmt: skip


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    for table in _TABLES:
        secure_tenant_table(table)
    let_erase({"earning": ("SELECT", "UPDATE")})
    renew_erase_contact()


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
