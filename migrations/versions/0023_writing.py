"""Writing: an answer leaves once and can be taken back; copies of it; what more a draft holds; snippets; signatures."""

from __future__ import annotations

from alembic import op

from migrations.erasing import let_erase, renew_erase_contact
from migrations.support import secure_tenant_table

revision = "0023"
down_revision = "0022"

_MADE = (
    "ALTER TABLE message ADD COLUMN send_key UUID",
    "CREATE UNIQUE INDEX uq_message_send_key ON message (organization_id, send_key) WHERE send_key IS NOT NULL",
    """
    CREATE TABLE sent_draft (
        organization_id UUID DEFAULT current_organization() NOT NULL, message_id UUID NOT NULL,
        conversation_id UUID NOT NULL, user_id UUID NOT NULL, kind TEXT NOT NULL, subject TEXT DEFAULT '' NOT NULL,
        text TEXT DEFAULT '' NOT NULL, more JSONB DEFAULT '{}' NOT NULL, waited UUID[] DEFAULT '{}' NOT NULL, closed UUID[] DEFAULT '{}' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_sent_draft PRIMARY KEY (organization_id, message_id),
        CONSTRAINT fk_sent_draft_organization_id_message_id FOREIGN KEY(organization_id, message_id)
            REFERENCES message (organization_id, id),
        CONSTRAINT fk_sent_draft_organization_id_conversation_id FOREIGN KEY(organization_id, conversation_id)
            REFERENCES conversation (organization_id, id),
        CONSTRAINT fk_sent_draft_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
    )
    """,
    "ALTER TABLE draft ADD COLUMN more JSONB DEFAULT '{}' NOT NULL",
    "ALTER TABLE draft DROP CONSTRAINT ck_draft_kind",
    "ALTER TABLE draft ADD CONSTRAINT ck_draft_kind CHECK (kind IN ('email', 'sms', 'note', 'forward'))",
    """
    CREATE TABLE message_copy (
        organization_id UUID DEFAULT current_organization() NOT NULL, message_id UUID NOT NULL, place INTEGER NOT NULL,
        is_blind BOOLEAN NOT NULL, name TEXT DEFAULT '' NOT NULL, address TEXT NOT NULL, address_hash BYTEA NOT NULL,
        CONSTRAINT pk_message_copy PRIMARY KEY (organization_id, message_id, place),
        CONSTRAINT fk_message_copy_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id),
        CONSTRAINT fk_message_copy_organization_id_message_id FOREIGN KEY(organization_id, message_id)
            REFERENCES message (organization_id, id)
    )
    """,
    """
    CREATE TABLE snippet (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        owner_id UUID, created_by_id UUID NOT NULL, name TEXT NOT NULL, shortcut TEXT COLLATE "C" NOT NULL,
        text TEXT NOT NULL, updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_snippet PRIMARY KEY (organization_id, id),
        CONSTRAINT uq_snippet_organization_id_owner_id_shortcut UNIQUE NULLS NOT DISTINCT (organization_id, owner_id, shortcut),
        CONSTRAINT fk_snippet_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id),
        CONSTRAINT fk_snippet_owner_id FOREIGN KEY(owner_id) REFERENCES user_account (id),
        CONSTRAINT fk_snippet_created_by_id FOREIGN KEY(created_by_id) REFERENCES user_account (id)
    )
    """,
    """
    CREATE TABLE mailbox_signature (
        organization_id UUID DEFAULT current_organization() NOT NULL, user_id UUID NOT NULL, channel_id UUID NOT NULL,
        text TEXT NOT NULL,
        CONSTRAINT pk_mailbox_signature PRIMARY KEY (organization_id, user_id, channel_id),
        CONSTRAINT fk_mailbox_signature_organization_id_channel_id FOREIGN KEY(organization_id, channel_id)
            REFERENCES channel (organization_id, id),
        CONSTRAINT fk_mailbox_signature_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
    )
    """,
    "CREATE INDEX ix_sent_draft_organization_id_user_id ON sent_draft (organization_id, user_id)",
    "CREATE INDEX ix_sent_draft_organization_id_conversation_id ON sent_draft (organization_id, conversation_id)",
)


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    for table in ("sent_draft", "snippet", "mailbox_signature"):
        secure_tenant_table(table)
    secure_tenant_table("message_copy", "SELECT, INSERT")
    let_erase({"sent_draft": ("SELECT", "DELETE"), "message_copy": ("SELECT", "DELETE")})
    renew_erase_contact()


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
