"""Tokens and remembered answers of the API, addresses that are told of facts, and what an organization's plan allows."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0018"
down_revision = "0017"

_MADE = (
    """
    CREATE TABLE api_token (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        user_id UUID NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, token_hash BYTEA, ending TEXT DEFAULT '' NOT NULL,
        scopes TEXT[], expires_at TIMESTAMP WITH TIME ZONE, last_used_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL, ended_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_api_token PRIMARY KEY (organization_id, id),
        CONSTRAINT ck_api_token_kind CHECK (kind IN ('token', 'sign_in')),
        CONSTRAINT ck_api_token_hash CHECK ((kind = 'token') = (token_hash IS NOT NULL)),
        CONSTRAINT fk_api_token_user_id FOREIGN KEY(user_id) REFERENCES user_account (id),
        CONSTRAINT fk_api_token_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "CREATE UNIQUE INDEX uq_api_token_token_hash ON api_token (organization_id, token_hash) WHERE token_hash IS NOT NULL",
    "CREATE INDEX ix_api_token_organization_id_created_at_id ON api_token (organization_id, created_at, id)",
    """
    CREATE TABLE api_answer (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        caller_id UUID NOT NULL, key TEXT NOT NULL, asked BYTEA NOT NULL, status INTEGER NOT NULL,
        sealed_answer BYTEA NOT NULL, answered_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_api_answer PRIMARY KEY (organization_id, id),
        CONSTRAINT uq_api_answer_organization_id_caller_id_key UNIQUE (organization_id, caller_id, key),
        CONSTRAINT fk_api_answer_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "CREATE INDEX ix_api_answer_organization_id_answered_at ON api_answer (organization_id, answered_at)",
    """
    CREATE TABLE webhook_endpoint (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        name TEXT NOT NULL, url TEXT NOT NULL, host TEXT COLLATE "C" NOT NULL, key_name TEXT DEFAULT '' NOT NULL,
        events TEXT[] NOT NULL, is_on BOOLEAN DEFAULT true NOT NULL, problem TEXT DEFAULT '' NOT NULL,
        turned_off_at TIMESTAMP WITH TIME ZONE, answered_at TIMESTAMP WITH TIME ZONE, created_by_id UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, removed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_webhook_endpoint PRIMARY KEY (organization_id, id),
        CONSTRAINT ck_webhook_endpoint_on CHECK (NOT is_on OR removed_at IS NULL),
        CONSTRAINT fk_webhook_endpoint_created_by_id FOREIGN KEY(created_by_id) REFERENCES user_account (id),
        CONSTRAINT fk_webhook_endpoint_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "CREATE INDEX ix_webhook_endpoint_on ON webhook_endpoint (organization_id) WHERE is_on",
)
#: A call about a fact comes from no step. What is loosened, the release before goes on writing as it did.
_CALLS = (
    """
    ALTER TABLE webhook_call
        ALTER COLUMN contact_id DROP NOT NULL, ALTER COLUMN stream_id DROP NOT NULL,
        ALTER COLUMN enrollment_id DROP NOT NULL, ALTER COLUMN step_id DROP NOT NULL, ALTER COLUMN node_id DROP NOT NULL,
        ADD COLUMN endpoint_id UUID, ADD COLUMN event_id UUID
    """,
    """
    ALTER TABLE webhook_call
        ADD CONSTRAINT uq_webhook_call_organization_id_endpoint_id_event_id UNIQUE (organization_id, endpoint_id, event_id),
        ADD CONSTRAINT fk_webhook_call_organization_id_endpoint_id FOREIGN KEY (organization_id, endpoint_id)
            REFERENCES webhook_endpoint (organization_id, id)
    """,
    """
    CREATE INDEX ix_webhook_call_organization_id_endpoint_id_created_at_id
        ON webhook_call (organization_id, endpoint_id, created_at, id) WHERE endpoint_id IS NOT NULL
    """,
)
_PLANS = """
    ALTER TABLE organization
        ADD COLUMN plan TEXT DEFAULT '' NOT NULL, ADD COLUMN contacts_limit INTEGER, ADD COLUMN emails_limit INTEGER,
        ADD COLUMN workflows_limit INTEGER
"""


def upgrade() -> None:
    for statement in (*_MADE, *_CALLS, _PLANS):
        op.execute(statement)
    for table in ("api_token", "api_answer"):
        secure_tenant_table(table)
    secure_tenant_table("webhook_endpoint", "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
