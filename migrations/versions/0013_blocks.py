"""E-mails in blocks: what they are made from, the pictures in them, what is typed and not saved, links that were looked at."""

from __future__ import annotations

from alembic import op

from migrations.erasing import let_erase, renew_erase_contact
from migrations.support import secure_tenant_table

revision = "0013"
down_revision = "0012"

_MADE = (
    "ALTER TABLE content_version ADD COLUMN blocks JSONB",
    "ALTER TABLE content_version ADD COLUMN is_plain BOOLEAN DEFAULT false NOT NULL",
    """
    CREATE TABLE content_picture (
        organization_id UUID DEFAULT current_organization() NOT NULL, source_id UUID NOT NULL, media_id UUID NOT NULL,
        CONSTRAINT pk_content_picture PRIMARY KEY (organization_id, source_id, media_id),
        CONSTRAINT fk_content_picture_organization_id_media_id FOREIGN KEY(organization_id, media_id)
            REFERENCES media (organization_id, id),
        CONSTRAINT fk_content_picture_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "CREATE INDEX ix_content_picture_organization_id_media_id ON content_picture (organization_id, media_id)",
    """
    CREATE TABLE unsaved_words (
        organization_id UUID DEFAULT current_organization() NOT NULL, place_id UUID NOT NULL, medium TEXT NOT NULL,
        words JSONB NOT NULL, revision INTEGER NOT NULL, written_by_id UUID, written_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_unsaved_words PRIMARY KEY (organization_id, place_id),
        CONSTRAINT ck_unsaved_words_medium CHECK (medium IN ('email', 'sms', 'voicemail')),
        CONSTRAINT fk_unsaved_words_written_by_id FOREIGN KEY(written_by_id) REFERENCES user_account (id),
        CONSTRAINT fk_unsaved_words_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    """
    CREATE TABLE link_check (
        organization_id UUID DEFAULT current_organization() NOT NULL, place_id UUID NOT NULL, number INTEGER NOT NULL,
        href TEXT NOT NULL, state TEXT NOT NULL, sentence TEXT NOT NULL, asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_link_check PRIMARY KEY (organization_id, place_id, number),
        CONSTRAINT ck_link_check_state CHECK (state IN ('waiting', 'fine', 'odd', 'broken')),
        CONSTRAINT fk_link_check_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
)


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    for table in ("content_picture", "unsaved_words", "link_check"):
        secure_tenant_table(table)
    # Whoever is erased may have sent the very bytes of a picture.
    let_erase({"content_picture": ("SELECT",)})
    renew_erase_contact()


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
