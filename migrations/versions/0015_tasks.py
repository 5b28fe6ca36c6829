"""Tasks that people do by hand, and calls to other systems with their attempts, keys and hosts."""

from __future__ import annotations

from alembic import op

from migrations.erasing import let_erase, renew_erase_contact
from migrations.support import secure_tenant_table

revision = "0015"
down_revision = "0014"

_TASK = (
    """
    CREATE TABLE task (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        kind TEXT NOT NULL, title TEXT NOT NULL, script TEXT DEFAULT '' NOT NULL, outcomes JSONB DEFAULT '[]' NOT NULL,
        contact_id UUID NOT NULL, stream_id UUID NOT NULL, enrollment_id UUID NOT NULL, step_id UUID NOT NULL,
        node_id UUID NOT NULL, assignee_id UUID, priority INTEGER DEFAULT 1 NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL, expires_at TIMESTAMP WITH TIME ZONE,
        state TEXT DEFAULT 'open' NOT NULL, outcome TEXT, note TEXT DEFAULT '' NOT NULL,
        closed_at TIMESTAMP WITH TIME ZONE, closed_by_id UUID, reason TEXT DEFAULT '' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_task PRIMARY KEY (organization_id, id),
        CONSTRAINT uq_task_organization_id_step_id UNIQUE (organization_id, step_id),
        CONSTRAINT ck_task_kind CHECK (kind IN ('call', 'linkedin', 'email', 'other')),
        CONSTRAINT ck_task_state CHECK (state IN ('open', 'done', 'skipped', 'expired', 'cancelled')),
        CONSTRAINT ck_task_closed CHECK ((state = 'open') = (closed_at IS NULL)),
        CONSTRAINT fk_task_organization_id_contact_id FOREIGN KEY(organization_id, contact_id)
            REFERENCES contact (organization_id, id),
        CONSTRAINT fk_task_organization_id_stream_id FOREIGN KEY(organization_id, stream_id)
            REFERENCES stream (organization_id, id),
        CONSTRAINT fk_task_assignee_id FOREIGN KEY(assignee_id) REFERENCES user_account (id),
        CONSTRAINT fk_task_closed_by_id FOREIGN KEY(closed_by_id) REFERENCES user_account (id)
    )
    """,
    "CREATE INDEX ix_task_due ON task (organization_id, priority, due_at, id) WHERE state = 'open'",
    "CREATE INDEX ix_task_assignee ON task (organization_id, assignee_id, priority, due_at, id) WHERE state = 'open'",
    "CREATE INDEX ix_task_enrollment ON task (organization_id, enrollment_id) WHERE state = 'open'",
    "CREATE INDEX ix_task_closed ON task (organization_id, closed_at, id) WHERE closed_at IS NOT NULL",
    "CREATE INDEX ix_task_organization_id_contact_id_created_at ON task (organization_id, contact_id, created_at)",
)
_WEBHOOKS = (
    """
    CREATE TABLE webhook_key (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        name TEXT NOT NULL, host TEXT COLLATE "C" DEFAULT '' NOT NULL, sealed_secret BYTEA NOT NULL,
        sealed_previous BYTEA DEFAULT '' NOT NULL, previous_until TIMESTAMP WITH TIME ZONE,
        sealed_headers BYTEA DEFAULT '' NOT NULL, header_names JSONB DEFAULT '[]' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_webhook_key PRIMARY KEY (organization_id, id),
        CONSTRAINT uq_webhook_key_organization_id_name UNIQUE (organization_id, name),
        CONSTRAINT fk_webhook_key_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    """
    CREATE TABLE webhook_host (
        organization_id UUID DEFAULT current_organization() NOT NULL, host TEXT COLLATE "C" NOT NULL,
        failures INTEGER DEFAULT 0 NOT NULL, rests_until TIMESTAMP WITH TIME ZONE, problem TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_webhook_host PRIMARY KEY (organization_id, host),
        CONSTRAINT fk_webhook_host_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    """
    CREATE TABLE webhook_call (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        host TEXT COLLATE "C" NOT NULL, url TEXT NOT NULL, key_name TEXT DEFAULT '' NOT NULL, body TEXT NOT NULL,
        fills JSONB DEFAULT '[]' NOT NULL, is_awaited BOOLEAN NOT NULL, contact_id UUID NOT NULL, stream_id UUID NOT NULL,
        enrollment_id UUID NOT NULL, step_id UUID NOT NULL, node_id UUID NOT NULL, state TEXT DEFAULT 'queued' NOT NULL,
        attempts INTEGER DEFAULT 0 NOT NULL, tries_left INTEGER NOT NULL, due_at TIMESTAMP WITH TIME ZONE,
        waiting_for TEXT, lease_until TIMESTAMP WITH TIME ZONE, give_up_at TIMESTAMP WITH TIME ZONE NOT NULL, status INTEGER,
        problem TEXT DEFAULT '' NOT NULL, ended_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_webhook_call PRIMARY KEY (organization_id, id),
        CONSTRAINT uq_webhook_call_organization_id_step_id UNIQUE (organization_id, step_id),
        CONSTRAINT ck_webhook_call_state CHECK (state IN ('queued', 'calling', 'delivered', 'failed', 'cancelled')),
        CONSTRAINT fk_webhook_call_organization_id_contact_id FOREIGN KEY(organization_id, contact_id)
            REFERENCES contact (organization_id, id),
        CONSTRAINT fk_webhook_call_organization_id_stream_id FOREIGN KEY(organization_id, stream_id)
            REFERENCES stream (organization_id, id)
    )
    """,
    "CREATE INDEX ix_webhook_call_due ON webhook_call (organization_id, host, due_at, id) WHERE state = 'queued'",
    "CREATE INDEX ix_webhook_call_calling ON webhook_call (organization_id, host, lease_until) WHERE state = 'calling'",
    "CREATE INDEX ix_webhook_call_parked ON webhook_call (organization_id, stream_id) WHERE waiting_for IS NOT NULL",
    "CREATE INDEX ix_webhook_call_organization_id_created_at_id ON webhook_call (organization_id, created_at, id)",
    "CREATE INDEX ix_webhook_call_organization_id_contact_id ON webhook_call (organization_id, contact_id)",
    """
    CREATE TABLE webhook_attempt (
        organization_id UUID DEFAULT current_organization() NOT NULL, call_id UUID NOT NULL, number INTEGER NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE NOT NULL, ended_at TIMESTAMP WITH TIME ZONE, status INTEGER,
        problem TEXT DEFAULT '' NOT NULL, answer TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_webhook_attempt PRIMARY KEY (organization_id, call_id, number),
        CONSTRAINT fk_webhook_attempt_organization_id_call_id FOREIGN KEY(organization_id, call_id)
            REFERENCES webhook_call (organization_id, id)
    )
    """,
)
_TABLES = ("task", "webhook_key", "webhook_host", "webhook_call", "webhook_attempt")


def upgrade() -> None:
    for statement in (*_TASK, *_WEBHOOKS):
        op.execute(statement)
    for table in _TABLES:
        secure_tenant_table(table, "SELECT, INSERT, UPDATE" + (", DELETE" if table == "webhook_key" else ""))
    let_erase(
        {
            "task": ("SELECT", "UPDATE"),
            "webhook_call": ("SELECT", "UPDATE"),
            "webhook_attempt": ("SELECT", "UPDATE"),
        }
    )
    renew_erase_contact()


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup instead.")
