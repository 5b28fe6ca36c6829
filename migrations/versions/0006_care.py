"""Care: domains, what came back, brakes, topics, wishes with an end, proposals and proof of consent."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0006"
down_revision = "0005"

MADE = (
    (
        "CREATE TABLE sending_domain (organization_id UUID DEFAULT current_organization() NOT NULL, id UUID "
        "DEFAULT uuidv7() NOT NULL, name TEXT NOT NULL, selectors JSONB DEFAULT '[]' NOT NULL, state TEXT DEFAULT "
        "'unknown' NOT NULL, checks JSONB DEFAULT '[]' NOT NULL, checked_at TIMESTAMP WITH TIME ZONE, problem "
        "TEXT DEFAULT '' NOT NULL, created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, CONSTRAINT "
        "pk_sending_domain PRIMARY KEY (organization_id, id), CONSTRAINT uq_sending_domain_organization_id_name "
        "UNIQUE (organization_id, name), CONSTRAINT ck_sending_domain_state CHECK (state IN ('unknown', 'good', "
        "'warning', 'bad')), CONSTRAINT fk_sending_domain_organization_id FOREIGN KEY(organization_id) REFERENCES "
        "organization (id) )"
    ),
    (
        "CREATE TABLE trouble_hour (organization_id UUID DEFAULT current_organization() NOT NULL, channel_id "
        "UUID NOT NULL, hour TIMESTAMP WITH TIME ZONE NOT NULL, domain TEXT NOT NULL, bounced INTEGER DEFAULT 0 "
        "NOT NULL, complained INTEGER DEFAULT 0 NOT NULL, rejected INTEGER DEFAULT 0 NOT NULL, CONSTRAINT "
        "pk_trouble_hour PRIMARY KEY (organization_id, channel_id, hour, domain), CONSTRAINT "
        "fk_trouble_hour_organization_id_channel_id FOREIGN KEY(organization_id, channel_id) REFERENCES channel "
        "(organization_id, id) )"
    ),
    (
        "CREATE INDEX ix_trouble_hour_organization_id_domain_hour ON trouble_hour (organization_id, domain, hour)"
    ),
    (
        "CREATE TABLE domain_brake (organization_id UUID DEFAULT current_organization() NOT NULL, domain TEXT "
        "NOT NULL, until_at TIMESTAMP WITH TIME ZONE NOT NULL, because TEXT NOT NULL, counted_from TIMESTAMP WITH "
        "TIME ZONE NOT NULL, began_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, CONSTRAINT pk_domain_brake "
        "PRIMARY KEY (organization_id, domain), CONSTRAINT fk_domain_brake_organization_id FOREIGN "
        "KEY(organization_id) REFERENCES organization (id) )"
    ),
    (
        "CREATE TABLE soft_bounce (organization_id UUID DEFAULT current_organization() NOT NULL, message_id UUID "
        "NOT NULL, medium TEXT NOT NULL, address_hash BYTEA NOT NULL, bounced_at TIMESTAMP WITH TIME ZONE DEFAULT "
        "now() NOT NULL, CONSTRAINT pk_soft_bounce PRIMARY KEY (organization_id, message_id), CONSTRAINT "
        "fk_soft_bounce_organization_id_message_id FOREIGN KEY(organization_id, message_id) REFERENCES message "
        "(organization_id, id), "
        "CONSTRAINT fk_soft_bounce_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id) )"
    ),
    (
        "CREATE INDEX ix_soft_bounce_organization_id_medium_address_hash_bounced_at ON soft_bounce "
        "(organization_id, medium, address_hash, bounced_at)"
    ),
    (
        "CREATE TABLE topic (organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT "
        "uuidv7() NOT NULL, name TEXT NOT NULL, name_key TEXT COLLATE \"C\" GENERATED ALWAYS AS (lower(name)) "
        "STORED NOT NULL, description TEXT DEFAULT '' NOT NULL, created_at TIMESTAMP WITH TIME ZONE DEFAULT now() "
        "NOT NULL, archived_at TIMESTAMP WITH TIME ZONE, CONSTRAINT pk_topic PRIMARY KEY (organization_id, id), "
        "CONSTRAINT fk_topic_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id) )"
    ),
    (
        "CREATE UNIQUE INDEX uq_topic_name_key ON topic (organization_id, name_key)"
    ),
    (
        "CREATE TABLE topic_refusal (organization_id UUID DEFAULT current_organization() NOT NULL, topic_id UUID "
        "NOT NULL, address_hash BYTEA NOT NULL, refused_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, "
        "CONSTRAINT pk_topic_refusal PRIMARY KEY (organization_id, topic_id, address_hash), CONSTRAINT "
        "fk_topic_refusal_organization_id_topic_id FOREIGN KEY(organization_id, topic_id) REFERENCES topic "
        "(organization_id, id) )"
    ),
    (
        "CREATE TABLE opt_out_proposal (organization_id UUID DEFAULT current_organization() NOT NULL, id UUID "
        "DEFAULT uuidv7() NOT NULL, message_id UUID NOT NULL, conversation_id UUID NOT NULL, contact_id UUID, "
        "medium TEXT NOT NULL, phrase TEXT NOT NULL, decision TEXT, decided_at TIMESTAMP WITH TIME ZONE, "
        "decided_by_id UUID, created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, CONSTRAINT "
        "pk_opt_out_proposal PRIMARY KEY (organization_id, id), CONSTRAINT "
        "fk_opt_out_proposal_organization_id_message_id FOREIGN KEY(organization_id, message_id) REFERENCES "
        "message (organization_id, id), CONSTRAINT fk_opt_out_proposal_organization_id_conversation_id FOREIGN "
        "KEY(organization_id, conversation_id) REFERENCES conversation (organization_id, id), CONSTRAINT "
        "ck_opt_out_proposal_decision CHECK (decision IN ('confirmed', 'dismissed')), CONSTRAINT "
        "fk_opt_out_proposal_decided_by_id FOREIGN KEY(decided_by_id) REFERENCES user_account (id) )"
    ),
    (
        "CREATE INDEX ix_opt_out_proposal_organization_id_contact_id ON opt_out_proposal (organization_id, "
        "contact_id) WHERE decided_at IS NULL"
    ),
    (
        "CREATE INDEX ix_opt_out_proposal_organization_id_conversation_id ON opt_out_proposal (organization_id, "
        "conversation_id)"
    ),
    (
        "CREATE UNIQUE INDEX uq_opt_out_proposal_message ON opt_out_proposal (organization_id, message_id)"
    ),
)
ADDED = (
    "ALTER TABLE suppression ADD COLUMN until_at timestamptz",
    "CREATE INDEX ix_suppression_organization_id_until_at ON suppression (organization_id, until_at) WHERE until_at IS NOT NULL",
    "ALTER TABLE consent ADD COLUMN wording text NOT NULL DEFAULT ''",
    "ALTER TABLE consent ADD COLUMN evidence jsonb NOT NULL DEFAULT '{}'",
    "ALTER TABLE channel ADD COLUMN brake_gap_seconds integer NOT NULL DEFAULT 0",
    "ALTER TABLE channel ADD COLUMN brake_because text NOT NULL DEFAULT ''",
    "ALTER TABLE channel ADD COLUMN budget_from timestamptz",
    "ALTER TABLE stream ADD COLUMN topic_id uuid",
    "ALTER TABLE campaign ADD COLUMN override_reason text NOT NULL DEFAULT ''",
    "ALTER TABLE campaign ADD COLUMN override_by_id uuid",
)
TENANT = ("sending_domain", "trouble_hour", "domain_brake", "soft_bounce", "topic", "topic_refusal", "opt_out_proposal")


def upgrade() -> None:
    for statement in (*MADE, *ADDED):
        op.execute(statement)
    for table in TENANT:
        secure_tenant_table(table)


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
