"""Voicemail: media, voices, what was spoken already, and drops whose fate is awaited."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0003"
down_revision = "0002"

_TABLES = (
    """
    CREATE TABLE media (
        organization_id UUID DEFAULT current_organization() NOT NULL,
        id UUID DEFAULT uuidv7() NOT NULL,
        sha256 BYTEA NOT NULL,
        size INTEGER NOT NULL,
        content_type TEXT NOT NULL,
        seconds FLOAT,
        file_key TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_media PRIMARY KEY (organization_id, id),
        CONSTRAINT uq_media_organization_id_sha256 UNIQUE (organization_id, sha256),
        CONSTRAINT ck_media_sha256 CHECK (octet_length(sha256) = 32),
        CONSTRAINT fk_media_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    """
    CREATE TABLE voice_account (
        organization_id UUID DEFAULT current_organization() NOT NULL,
        id UUID DEFAULT uuidv7() NOT NULL,
        provider TEXT NOT NULL,
        sealed_credentials BYTEA NOT NULL,
        voices JSONB DEFAULT '[]' NOT NULL,
        state TEXT NOT NULL,
        state_reason TEXT DEFAULT '' NOT NULL,
        state_changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        resting_until TIMESTAMP WITH TIME ZONE,
        resting_because TEXT DEFAULT '' NOT NULL,
        failures_in_a_row INTEGER DEFAULT 0 NOT NULL,
        checked_at TIMESTAMP WITH TIME ZONE,
        spoken_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_voice_account PRIMARY KEY (organization_id, id),
        CONSTRAINT uq_voice_account_organization_id_provider UNIQUE (organization_id, provider),
        CONSTRAINT ck_voice_account_state CHECK (state IN ('active', 'disconnected')),
        CONSTRAINT fk_voice_account_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    """
    CREATE TABLE spoken_text (
        organization_id UUID DEFAULT current_organization() NOT NULL,
        key BYTEA NOT NULL,
        media_id UUID,
        claimed_until TIMESTAMP WITH TIME ZONE,
        characters INTEGER NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_spoken_text PRIMARY KEY (organization_id, key),
        CONSTRAINT fk_spoken_text_organization_id_media_id FOREIGN KEY(organization_id, media_id) REFERENCES media (organization_id, id),
        CONSTRAINT fk_spoken_text_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    """
    CREATE TABLE awaited_report (
        organization_id UUID DEFAULT current_organization() NOT NULL,
        message_id UUID NOT NULL,
        channel_id UUID NOT NULL,
        look_at TIMESTAMP WITH TIME ZONE NOT NULL,
        looks INTEGER DEFAULT 0 NOT NULL,
        CONSTRAINT pk_awaited_report PRIMARY KEY (organization_id, message_id),
        CONSTRAINT fk_awaited_report_organization_id_channel_id FOREIGN KEY(organization_id, channel_id) REFERENCES channel (organization_id, id),
        CONSTRAINT fk_awaited_report_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "CREATE INDEX ix_awaited_report_organization_id_channel_id_look_at ON awaited_report (organization_id, channel_id, look_at)",
)
_COLUMNS = (
    "ALTER TABLE content_version ADD COLUMN recording_id UUID",
    "ALTER TABLE content_version ADD COLUMN recording_name TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE content_version ADD COLUMN recording_seconds FLOAT",
    "ALTER TABLE content_version ADD COLUMN voice JSONB",
    "ALTER TABLE content_version ADD CONSTRAINT fk_content_version_organization_id_recording_id "
    "FOREIGN KEY(organization_id, recording_id) REFERENCES media (organization_id, id)",
    "ALTER TABLE message ADD COLUMN sound_id UUID",
    "ALTER TABLE message ADD COLUMN is_synthetic BOOLEAN DEFAULT false NOT NULL",
    "ALTER TABLE message ADD CONSTRAINT fk_message_organization_id_sound_id "
    "FOREIGN KEY(organization_id, sound_id) REFERENCES media (organization_id, id) NOT ENFORCED",
    "ALTER TABLE campaign ADD COLUMN voicemail_channel_id UUID",
    "ALTER TABLE campaign ADD CONSTRAINT fk_campaign_organization_id_voicemail_channel_id "
    "FOREIGN KEY(organization_id, voicemail_channel_id) REFERENCES channel (organization_id, id)",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    # What was sent can be shown (law 6): media are never taken away by the application.
    secure_tenant_table("media", "SELECT, INSERT")
    for table in ("voice_account", "spoken_text", "awaited_report"):
        secure_tenant_table(table)
    for statement in _COLUMNS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup instead.")
