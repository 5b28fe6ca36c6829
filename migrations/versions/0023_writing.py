"""Writing: an answer leaves once, and what was typed comes back when it is taken back."""

from __future__ import annotations

from alembic import op

from migrations.erasing import let_erase, renew_erase_contact
from migrations.support import secure_tenant_table

revision = "0023"
down_revision = "0016"

_MADE = (
    "ALTER TABLE message ADD COLUMN send_key UUID",
    "CREATE UNIQUE INDEX uq_message_send_key ON message (organization_id, send_key) WHERE send_key IS NOT NULL",
    """
    CREATE TABLE sent_draft (
        organization_id UUID DEFAULT current_organization() NOT NULL, message_id UUID NOT NULL,
        conversation_id UUID NOT NULL, user_id UUID NOT NULL, kind TEXT NOT NULL, subject TEXT DEFAULT '' NOT NULL,
        text TEXT DEFAULT '' NOT NULL, waited UUID[] DEFAULT '{}' NOT NULL, closed UUID[] DEFAULT '{}' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_sent_draft PRIMARY KEY (organization_id, message_id),
        CONSTRAINT fk_sent_draft_organization_id_message_id FOREIGN KEY(organization_id, message_id)
            REFERENCES message (organization_id, id),
        CONSTRAINT fk_sent_draft_organization_id_conversation_id FOREIGN KEY(organization_id, conversation_id)
            REFERENCES conversation (organization_id, id),
        CONSTRAINT fk_sent_draft_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
    )
    """,
    "CREATE INDEX ix_sent_draft_organization_id_user_id ON sent_draft (organization_id, user_id)",
    "CREATE INDEX ix_sent_draft_organization_id_conversation_id ON sent_draft (organization_id, conversation_id)",
)


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    secure_tenant_table("sent_draft")
    let_erase({"sent_draft": ("SELECT", "DELETE")})
    renew_erase_contact()


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
