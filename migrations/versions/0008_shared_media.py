"""The same bytes once: attachments point at media, and what nothing uses any more is taken away."""

from __future__ import annotations

from alembic import op

from migrations.erasing import let_erase, renew_erase_contact

revision = "0008"
down_revision = "0007"

_MADE = (
    "ALTER TABLE media ADD COLUMN kept_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL",
    "ALTER TABLE spoken_text ADD COLUMN asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL",
    # What came before keeps its file to itself.
    "ALTER TABLE attachment ADD COLUMN media_id UUID",
    "ALTER TABLE attachment ADD CONSTRAINT fk_attachment_organization_id_media_id "
    "FOREIGN KEY(organization_id, media_id) REFERENCES media (organization_id, id)",
    "CREATE INDEX ix_attachment_organization_id_media_id ON attachment (organization_id, media_id)",
    "CREATE INDEX ix_spoken_text_organization_id_media_id ON spoken_text (organization_id, media_id)",
    "CREATE INDEX ix_content_version_organization_id_recording_id ON content_version (organization_id, recording_id) "
    "WHERE recording_id IS NOT NULL",
    "CREATE INDEX ix_message_organization_id_sound_id ON message (organization_id, sound_id) WHERE sound_id IS NOT NULL",
    "GRANT UPDATE (kept_at), DELETE ON media TO loumass_app",
)


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    let_erase({"media": ("SELECT", "UPDATE", "DELETE"), "spoken_text": ("SELECT", "DELETE"), "content_version": ("SELECT",)})
    renew_erase_contact()


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup instead.")
