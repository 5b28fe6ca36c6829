"""The desk: teams, labels, mentions, reminders, saved views, who has seen and who answers, what stands together."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0022"
down_revision = "0020"

_HEAD = "organization_id UUID DEFAULT current_organization() NOT NULL"
_ROW = f"{_HEAD}, id UUID DEFAULT uuidv7() NOT NULL"
_WHEN = "TIMESTAMP WITH TIME ZONE"
_MADE = (
    f"""
    CREATE TABLE team (
        {_ROW}, name TEXT NOT NULL, name_key TEXT NOT NULL, created_at {_WHEN} NOT NULL, archived_at {_WHEN},
        CONSTRAINT pk_team PRIMARY KEY (organization_id, id),
        CONSTRAINT fk_team_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "CREATE UNIQUE INDEX uq_team_name ON team (organization_id, name_key) WHERE archived_at IS NULL",
    f"""
    CREATE TABLE team_member (
        {_HEAD}, team_id UUID NOT NULL, user_id UUID NOT NULL, away_since {_WHEN}, last_given_at {_WHEN},
        CONSTRAINT pk_team_member PRIMARY KEY (organization_id, team_id, user_id),
        CONSTRAINT fk_team_member_organization_id_team_id FOREIGN KEY(organization_id, team_id)
            REFERENCES team (organization_id, id),
        CONSTRAINT fk_team_member_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
    )
    """,
    "CREATE INDEX ix_team_member_organization_id_user_id ON team_member (organization_id, user_id)",
    f"""
    CREATE TABLE team_channel (
        {_HEAD}, channel_id UUID NOT NULL, team_id UUID NOT NULL,
        CONSTRAINT pk_team_channel PRIMARY KEY (organization_id, channel_id),
        CONSTRAINT fk_team_channel_organization_id_channel_id FOREIGN KEY(organization_id, channel_id)
            REFERENCES channel (organization_id, id),
        CONSTRAINT fk_team_channel_organization_id_team_id FOREIGN KEY(organization_id, team_id)
            REFERENCES team (organization_id, id)
    )
    """,
    "CREATE INDEX ix_team_channel_organization_id_team_id ON team_channel (organization_id, team_id)",
    f"""
    CREATE TABLE label (
        {_ROW}, name TEXT NOT NULL, name_key TEXT NOT NULL, colour TEXT NOT NULL, created_at {_WHEN} NOT NULL,
        CONSTRAINT pk_label PRIMARY KEY (organization_id, id),
        CONSTRAINT uq_label_organization_id_name_key UNIQUE (organization_id, name_key),
        CONSTRAINT ck_label_colour CHECK (colour IN ('gray', 'blue', 'green', 'amber', 'red', 'violet', 'teal')),
        CONSTRAINT fk_label_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    f"""
    CREATE TABLE conversation_label (
        {_HEAD}, conversation_id UUID NOT NULL, label_id UUID NOT NULL,
        CONSTRAINT pk_conversation_label PRIMARY KEY (organization_id, conversation_id, label_id),
        CONSTRAINT fk_conversation_label_organization_id_conversation_id FOREIGN KEY(organization_id, conversation_id)
            REFERENCES conversation (organization_id, id),
        CONSTRAINT fk_conversation_label_organization_id_label_id FOREIGN KEY(organization_id, label_id)
            REFERENCES label (organization_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_conversation_label_organization_id_label_id ON conversation_label (organization_id, label_id)",
    f"""
    CREATE TABLE notification (
        {_ROW}, user_id UUID NOT NULL, kind TEXT NOT NULL, conversation_id UUID NOT NULL, message_id UUID,
        actor_id UUID, created_at {_WHEN} NOT NULL, read_at {_WHEN},
        CONSTRAINT pk_notification PRIMARY KEY (organization_id, id),
        CONSTRAINT fk_notification_organization_id_conversation_id FOREIGN KEY(organization_id, conversation_id)
            REFERENCES conversation (organization_id, id),
        CONSTRAINT fk_notification_user_id FOREIGN KEY(user_id) REFERENCES user_account (id),
        CONSTRAINT fk_notification_actor_id FOREIGN KEY(actor_id) REFERENCES user_account (id)
    )
    """,
    "CREATE INDEX ix_notification_list ON notification (organization_id, user_id, created_at, id)",
    "CREATE INDEX ix_notification_unread ON notification (organization_id, user_id) WHERE read_at IS NULL",
    f"""
    CREATE TABLE reminder (
        {_ROW}, conversation_id UUID NOT NULL, user_id UUID NOT NULL, due_at {_WHEN} NOT NULL,
        is_if_silent BOOLEAN NOT NULL, set_at {_WHEN} NOT NULL, done_at {_WHEN},
        CONSTRAINT pk_reminder PRIMARY KEY (organization_id, id),
        CONSTRAINT fk_reminder_organization_id_conversation_id FOREIGN KEY(organization_id, conversation_id)
            REFERENCES conversation (organization_id, id),
        CONSTRAINT fk_reminder_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
    )
    """,
    "CREATE INDEX ix_reminder_due ON reminder (organization_id, due_at) WHERE done_at IS NULL",
    "CREATE UNIQUE INDEX uq_reminder_open ON reminder (organization_id, conversation_id, user_id) WHERE done_at IS NULL",
    f"""
    CREATE TABLE saved_view (
        {_ROW}, user_id UUID NOT NULL, name TEXT NOT NULL, is_shared BOOLEAN NOT NULL, query JSONB NOT NULL,
        created_at {_WHEN} NOT NULL,
        CONSTRAINT pk_saved_view PRIMARY KEY (organization_id, id),
        CONSTRAINT fk_saved_view_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id),
        CONSTRAINT fk_saved_view_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
    )
    """,
    f"""
    CREATE TABLE conversation_seen (
        {_HEAD}, conversation_id UUID NOT NULL, user_id UUID NOT NULL, seen_at {_WHEN} NOT NULL,
        CONSTRAINT pk_conversation_seen PRIMARY KEY (organization_id, conversation_id, user_id),
        CONSTRAINT fk_conversation_seen_organization_id_conversation_id FOREIGN KEY(organization_id, conversation_id)
            REFERENCES conversation (organization_id, id),
        CONSTRAINT fk_conversation_seen_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
    )
    """,
    f"""
    CREATE TABLE answering (
        {_HEAD}, line_id UUID NOT NULL, user_id UUID NOT NULL, until_at {_WHEN} NOT NULL,
        CONSTRAINT pk_answering PRIMARY KEY (organization_id, line_id),
        CONSTRAINT fk_answering_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id),
        CONSTRAINT fk_answering_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
    )
    """,
    f"""
    CREATE TABLE regrouping (
        {_ROW}, kind TEXT NOT NULL, kept_id UUID NOT NULL, other_id UUID NOT NULL, before JSONB NOT NULL,
        made_by_id UUID NOT NULL, made_at {_WHEN} NOT NULL, undone_at {_WHEN},
        CONSTRAINT pk_regrouping PRIMARY KEY (organization_id, id),
        CONSTRAINT ck_regrouping_kind CHECK (kind IN ('merge', 'split')),
        CONSTRAINT fk_regrouping_organization_id_kept_id FOREIGN KEY(organization_id, kept_id)
            REFERENCES conversation (organization_id, id),
        CONSTRAINT fk_regrouping_organization_id_other_id FOREIGN KEY(organization_id, other_id)
            REFERENCES conversation (organization_id, id),
        CONSTRAINT fk_regrouping_made_by_id FOREIGN KEY(made_by_id) REFERENCES user_account (id)
    )
    """,
    "CREATE INDEX ix_regrouping_kept ON regrouping (organization_id, kept_id) WHERE undone_at IS NULL",
    "CREATE INDEX ix_regrouping_other ON regrouping (organization_id, other_id) WHERE undone_at IS NULL",
    "ALTER TABLE conversation ADD COLUMN team_id UUID, ADD COLUMN stands_with_id UUID",
    "CREATE INDEX ix_conversation_team ON conversation (organization_id, team_id, last_message_at) "
    "WHERE team_id IS NOT NULL AND closed_at IS NULL",
    "CREATE INDEX ix_conversation_stands_with ON conversation (organization_id, stands_with_id, last_message_at) "
    "WHERE stands_with_id IS NOT NULL",
)
_TABLES = (
    "team", "team_member", "team_channel", "label", "conversation_label", "notification", "reminder", "saved_view",
    "conversation_seen", "answering", "regrouping",
)  # fmt: skip


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    for table in _TABLES:
        secure_tenant_table(table)


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
