"""Limits: warm-up, jitter, brands, pools of mailboxes, how often one person is written to, and hours of the night."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0005"
down_revision = "0004"

_STATEMENTS = """
    ALTER TABLE contact ADD COLUMN timezone_source TEXT;
    ALTER TABLE channel
        ADD COLUMN gap_jitter INTEGER DEFAULT 0 NOT NULL,
        ADD COLUMN warmup_start INTEGER,
        ADD COLUMN warmup_step INTEGER,
        ADD COLUMN warmup_ceiling INTEGER,
        ADD COLUMN warmup_since DATE,
        ADD COLUMN stopped_at TIMESTAMP WITH TIME ZONE;
    ALTER TABLE channel_day ADD COLUMN warned_at TIMESTAMP WITH TIME ZONE;
    CREATE TABLE sending_rule (
        organization_id UUID DEFAULT current_organization() NOT NULL,
        contact_per_day INTEGER,
        contact_per_week INTEGER,
        quiet_until INTEGER DEFAULT 480 NOT NULL,
        quiet_from INTEGER DEFAULT 1260 NOT NULL,
        quiet_reason TEXT DEFAULT '' NOT NULL,
        quiet_by_id UUID,
        quiet_changed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_sending_rule PRIMARY KEY (organization_id),
        CONSTRAINT ck_sending_rule_quiet_hours
            CHECK (quiet_until >= 480 AND quiet_from <= 1260 OR quiet_reason <> ''),
        CONSTRAINT fk_sending_rule_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id),
        CONSTRAINT fk_sending_rule_quiet_by_id FOREIGN KEY(quiet_by_id) REFERENCES user_account (id)
    );
    CREATE TABLE brand (
        organization_id UUID DEFAULT current_organization() NOT NULL,
        id UUID DEFAULT uuidv7() NOT NULL,
        name TEXT NOT NULL,
        segments_per_day INTEGER NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_brand PRIMARY KEY (organization_id, id),
        CONSTRAINT uq_brand_organization_id_name UNIQUE (organization_id, name),
        CONSTRAINT fk_brand_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    );
    CREATE TABLE brand_channel (
        organization_id UUID DEFAULT current_organization() NOT NULL,
        channel_id UUID NOT NULL,
        brand_id UUID NOT NULL,
        CONSTRAINT pk_brand_channel PRIMARY KEY (organization_id, channel_id),
        CONSTRAINT fk_brand_channel_organization_id_channel_id FOREIGN KEY(organization_id, channel_id)
            REFERENCES channel (organization_id, id),
        CONSTRAINT fk_brand_channel_organization_id_brand_id FOREIGN KEY(organization_id, brand_id)
            REFERENCES brand (organization_id, id)
    );
    CREATE TABLE brand_day (
        organization_id UUID DEFAULT current_organization() NOT NULL,
        brand_id UUID NOT NULL,
        day DATE NOT NULL,
        used INTEGER DEFAULT 0 NOT NULL,
        CONSTRAINT pk_brand_day PRIMARY KEY (organization_id, brand_id, day),
        CONSTRAINT fk_brand_day_organization_id_brand_id FOREIGN KEY(organization_id, brand_id)
            REFERENCES brand (organization_id, id)
    );
    CREATE TABLE campaign_sender (
        organization_id UUID DEFAULT current_organization() NOT NULL,
        campaign_id UUID NOT NULL,
        channel_id UUID NOT NULL,
        CONSTRAINT pk_campaign_sender PRIMARY KEY (organization_id, campaign_id, channel_id),
        CONSTRAINT fk_campaign_sender_organization_id_campaign_id FOREIGN KEY(organization_id, campaign_id)
            REFERENCES campaign (organization_id, id),
        CONSTRAINT fk_campaign_sender_organization_id_channel_id FOREIGN KEY(organization_id, channel_id)
            REFERENCES channel (organization_id, id)
    );
"""


def upgrade() -> None:
    for statement in _STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table in ("sending_rule", "brand", "brand_channel", "brand_day", "campaign_sender"):
        secure_tenant_table(table)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward. Restore a backup instead.")
