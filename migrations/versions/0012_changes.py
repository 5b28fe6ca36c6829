"""Campaigns changed while people walk them: drafts of change, their versions, and which version each step was taken on."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0012"
down_revision = "0011"

_MADE = (
    "ALTER TABLE campaign ADD COLUMN version INTEGER DEFAULT 1 NOT NULL",
    "ALTER TABLE campaign ADD COLUMN skips JSONB DEFAULT '{}' NOT NULL",
    "ALTER TABLE step ADD COLUMN version INTEGER DEFAULT 1 NOT NULL",
    """
    CREATE TABLE campaign_change (
        organization_id UUID DEFAULT current_organization() NOT NULL,
        id UUID DEFAULT uuidv7() NOT NULL,
        campaign_id UUID NOT NULL,
        graph_id UUID NOT NULL,
        base_number INTEGER NOT NULL,
        from_graph_id UUID,
        made_by_id UUID,
        made_at TIMESTAMP WITH TIME ZONE NOT NULL,
        discarded_at TIMESTAMP WITH TIME ZONE,
        applied_at TIMESTAMP WITH TIME ZONE,
        applied_by_id UUID,
        number INTEGER,
        undoes INTEGER,
        before_graph_id UUID,
        removed_graph_id UUID,
        summary TEXT DEFAULT '' NOT NULL,
        people JSONB DEFAULT '{}' NOT NULL,
        CONSTRAINT pk_campaign_change PRIMARY KEY (organization_id, id),
        CONSTRAINT fk_campaign_change_organization_id_campaign_id FOREIGN KEY(organization_id, campaign_id)
            REFERENCES campaign (organization_id, id),
        CONSTRAINT fk_campaign_change_organization_id_graph_id FOREIGN KEY(organization_id, graph_id)
            REFERENCES graph (organization_id, id),
        CONSTRAINT fk_campaign_change_organization_id_from_graph_id FOREIGN KEY(organization_id, from_graph_id)
            REFERENCES graph (organization_id, id),
        CONSTRAINT fk_campaign_change_organization_id_before_graph_id FOREIGN KEY(organization_id, before_graph_id)
            REFERENCES graph (organization_id, id),
        CONSTRAINT fk_campaign_change_organization_id_removed_graph_id FOREIGN KEY(organization_id, removed_graph_id)
            REFERENCES graph (organization_id, id),
        CONSTRAINT fk_campaign_change_made_by_id_user_account FOREIGN KEY(made_by_id) REFERENCES user_account (id),
        CONSTRAINT fk_campaign_change_applied_by_id_user_account FOREIGN KEY(applied_by_id) REFERENCES user_account (id),
        CONSTRAINT uq_campaign_change_organization_id_campaign_id_number UNIQUE (organization_id, campaign_id, number)
    )
    """,
    # One draft at a time.
    "CREATE UNIQUE INDEX uq_campaign_change_open ON campaign_change (organization_id, campaign_id) "
    "WHERE applied_at IS NULL AND discarded_at IS NULL",
    "CREATE INDEX ix_campaign_change_organization_id_graph_id ON campaign_change (organization_id, graph_id)",
    "CREATE INDEX ix_campaign_change_organization_id_before_graph_id ON campaign_change (organization_id, before_graph_id)",
    "CREATE INDEX ix_graph_organization_id_cloned_from_id ON graph (organization_id, cloned_from_id)",
)


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    secure_tenant_table("campaign_change", "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup instead.")
