"""Triggers: how people come into a campaign by themselves, how often, and why others leave."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0016"
down_revision = "0015"

_MADE = (
    """
    CREATE TABLE trigger (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        campaign_id UUID NOT NULL, kind TEXT NOT NULL, config JSONB NOT NULL, repeats TEXT NOT NULL,
        pause_days INTEGER NOT NULL, is_on BOOLEAN NOT NULL, address_number INTEGER DEFAULT 1 NOT NULL, looked_until DATE,
        looked_at TIMESTAMP WITH TIME ZONE, look_again_at TIMESTAMP WITH TIME ZONE,
        look_began_at TIMESTAMP WITH TIME ZONE, look_after UUID, problem TEXT DEFAULT '' NOT NULL,
        problem_at TIMESTAMP WITH TIME ZONE, created_by_id UUID, created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        archived_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_trigger PRIMARY KEY (organization_id, id),
        CONSTRAINT ck_trigger_repeats CHECK (repeats IN ('once', 'every')),
        CONSTRAINT fk_trigger_organization_id_campaign_id FOREIGN KEY(organization_id, campaign_id)
            REFERENCES campaign (organization_id, id),
        CONSTRAINT fk_trigger_created_by_id FOREIGN KEY(created_by_id) REFERENCES user_account (id),
        CONSTRAINT fk_trigger_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "CREATE INDEX ix_trigger_organization_id_campaign_id ON trigger (organization_id, campaign_id)",
    "CREATE INDEX ix_trigger_on ON trigger (organization_id, kind) WHERE is_on",
    """
    CREATE TABLE trigger_occasion (
        organization_id UUID DEFAULT current_organization() NOT NULL, trigger_id UUID NOT NULL, occasion TEXT NOT NULL,
        CONSTRAINT pk_trigger_occasion PRIMARY KEY (organization_id, trigger_id, occasion),
        CONSTRAINT fk_trigger_occasion_organization_id_trigger_id FOREIGN KEY(organization_id, trigger_id)
            REFERENCES trigger (organization_id, id)
    )
    """,
    """
    CREATE TABLE segment_seen (
        organization_id UUID DEFAULT current_organization() NOT NULL, trigger_id UUID NOT NULL, contact_id UUID NOT NULL,
        CONSTRAINT pk_segment_seen PRIMARY KEY (organization_id, trigger_id, contact_id),
        CONSTRAINT fk_segment_seen_organization_id_trigger_id FOREIGN KEY(organization_id, trigger_id)
            REFERENCES trigger (organization_id, id),
        CONSTRAINT fk_segment_seen_organization_id_contact_id FOREIGN KEY(organization_id, contact_id)
            REFERENCES contact (organization_id, id) NOT ENFORCED
    )
    """,
    """
    CREATE TABLE trigger_call (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        trigger_id UUID NOT NULL, identity TEXT, content_type TEXT DEFAULT '' NOT NULL, body BYTEA NOT NULL,
        state TEXT DEFAULT 'pending' NOT NULL, problem TEXT DEFAULT '' NOT NULL, contact_id UUID,
        due_at TIMESTAMP WITH TIME ZONE, received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_trigger_call PRIMARY KEY (organization_id, id),
        CONSTRAINT ck_trigger_call_state CHECK (state IN ('pending', 'done', 'failed')),
        CONSTRAINT fk_trigger_call_organization_id_trigger_id FOREIGN KEY(organization_id, trigger_id)
            REFERENCES trigger (organization_id, id)
    )
    """,
    "CREATE INDEX ix_trigger_call_due ON trigger_call (organization_id, trigger_id, due_at) WHERE state = 'pending'",
    "CREATE INDEX ix_trigger_call_failed ON trigger_call (organization_id, trigger_id) WHERE state = 'failed'",
    "CREATE UNIQUE INDEX uq_trigger_call_identity ON trigger_call (organization_id, trigger_id, identity) "
    "WHERE identity IS NOT NULL",
    """
    ALTER TABLE enrollment
        ADD COLUMN trigger_id UUID, ADD COLUMN occasion TEXT, ADD COLUMN triggering_message_id UUID,
        ADD COLUMN chain INTEGER DEFAULT 0 NOT NULL
    """,
    """
    ALTER TABLE campaign
        ADD COLUMN exit_statuses TEXT[] DEFAULT '{}' NOT NULL, ADD COLUMN colleagues TEXT DEFAULT 'stay' NOT NULL
    """,
)


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    for table in ("trigger", "trigger_occasion", "segment_seen", "trigger_call"):
        secure_tenant_table(table)


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
