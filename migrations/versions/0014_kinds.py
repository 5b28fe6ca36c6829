"""Steps that count: whose turn it is, and which way of a split does better."""

from __future__ import annotations

from alembic import op

from migrations.support import ORGANIZATION, secure_tenant_table

revision = "0014"
down_revision = "0013"

_TURN = f"""
CREATE TABLE node_turn (
    organization_id UUID DEFAULT {ORGANIZATION} NOT NULL,
    node_id UUID NOT NULL,
    taken INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_node_turn PRIMARY KEY (organization_id, node_id),
    CONSTRAINT fk_node_turn_organization_id_node_id FOREIGN KEY (organization_id, node_id)
        REFERENCES node (organization_id, id)
)
"""
_TRIAL = f"""
CREATE TABLE split_trial (
    organization_id UUID DEFAULT {ORGANIZATION} NOT NULL,
    node_id UUID NOT NULL,
    taken INTEGER DEFAULT 0 NOT NULL,
    full_at TIMESTAMP WITH TIME ZONE,
    winner TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    figures JSONB,
    CONSTRAINT pk_split_trial PRIMARY KEY (organization_id, node_id),
    CONSTRAINT fk_split_trial_organization_id_node_id FOREIGN KEY (organization_id, node_id)
        REFERENCES node (organization_id, id)
)
"""


def upgrade() -> None:
    for table, statement in (("node_turn", _TURN), ("split_trial", _TRIAL)):
        op.execute(statement)
        secure_tenant_table(table)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup instead.")
