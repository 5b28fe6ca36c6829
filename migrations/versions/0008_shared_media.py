"""The same bytes once: attachments point at media, and what nothing uses any more is taken away."""

from __future__ import annotations

from alembic import op

from migrations.erasing import let_erase, renew_erase_contact

revision = "0008"
down_revision = "0007"

_BEFORE = (
    "ALTER TABLE media ADD COLUMN kept_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL",
    "ALTER TABLE media ALTER COLUMN kept_at DROP DEFAULT",
    "ALTER TABLE spoken_text ADD COLUMN asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL",
    "ALTER TABLE spoken_text ALTER COLUMN asked_at DROP DEFAULT",
    "ALTER TABLE attachment ADD COLUMN media_id UUID",
)
# Files of before are not read here: each keeps bytes of its own, under the hash of its key. Policies hold for the owner too.
_MOVE = """
DO $body$
DECLARE org uuid;
BEGIN
    FOR org IN SELECT id FROM organization LOOP
        PERFORM set_config('app.organization_id', org::text, true);
        INSERT INTO media (organization_id, sha256, size, content_type, file_key, created_at, kept_at)
        SELECT org, sha256(convert_to(file_key, 'UTF8')), max(size), min(content_type), file_key, min(created_at), min(created_at)
        FROM attachment WHERE organization_id = org AND file_key <> '' GROUP BY file_key;
        UPDATE attachment SET media_id = media.id FROM media
        WHERE attachment.organization_id = org AND media.organization_id = org AND media.file_key = attachment.file_key;
    END LOOP;
    PERFORM set_config('app.organization_id', '', true);
END
$body$
"""
_AFTER = (
    "ALTER TABLE attachment DROP COLUMN file_key",
    "ALTER TABLE attachment ADD CONSTRAINT fk_attachment_organization_id_media_id "
    "FOREIGN KEY(organization_id, media_id) REFERENCES media (organization_id, id)",
    "CREATE INDEX ix_attachment_organization_id_media_id ON attachment (organization_id, media_id)",
    "CREATE INDEX ix_spoken_text_organization_id_media_id ON spoken_text (organization_id, media_id)",
    "CREATE INDEX ix_content_version_organization_id_recording_id ON content_version (organization_id, recording_id) "
    "WHERE recording_id IS NOT NULL",
    # Media are deleted now, so what points at them is looked up; nothing is for the many messages without a sound.
    "ALTER TABLE message DROP CONSTRAINT fk_message_organization_id_sound_id",
    "ALTER TABLE message ADD CONSTRAINT fk_message_organization_id_sound_id "
    "FOREIGN KEY(organization_id, sound_id) REFERENCES media (organization_id, id)",
    "CREATE INDEX ix_message_organization_id_sound_id ON message (organization_id, sound_id) WHERE sound_id IS NOT NULL",
    "GRANT UPDATE (kept_at), DELETE ON media TO loumass_app",
)


def upgrade() -> None:
    for statement in (*_BEFORE, _MOVE, *_AFTER):
        op.execute(statement)
    let_erase({"media": ("SELECT", "UPDATE", "DELETE"), "spoken_text": ("SELECT", "DELETE"), "content_version": ("SELECT",)})
    renew_erase_contact()


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup instead.")
