"""Sorting and searching: what answers say, who may judge it, what follows; the words of messages, found under policies."""

from __future__ import annotations

from alembic import op

from migrations.erasing import let_erase, renew_erase_contact
from migrations.searching import make_search
from migrations.support import secure_tenant_table

revision = "0026"
down_revision = "0025"

_WHEN = "TIMESTAMP WITH TIME ZONE"
_MADE = (
    f"""
    CREATE TABLE sorted_reply (
        organization_id UUID DEFAULT current_organization() NOT NULL, message_id UUID NOT NULL, conversation_id UUID NOT NULL,
        node_id UUID, kind TEXT DEFAULT '' NOT NULL, phrase TEXT DEFAULT '' NOT NULL, judge TEXT NOT NULL, back_on DATE,
        first_kind TEXT DEFAULT '' NOT NULL, asks_since {_WHEN}, corrected_by_id UUID, corrected_at {_WHEN},
        sorted_at {_WHEN} DEFAULT now() NOT NULL,
        CONSTRAINT pk_sorted_reply PRIMARY KEY (organization_id, message_id),
        CONSTRAINT fk_sorted_reply_organization_id_message_id FOREIGN KEY(organization_id, message_id)
            REFERENCES message (organization_id, id),
        CONSTRAINT fk_sorted_reply_organization_id_conversation_id FOREIGN KEY(organization_id, conversation_id)
            REFERENCES conversation (organization_id, id),
        CONSTRAINT fk_sorted_reply_corrected_by_id FOREIGN KEY(corrected_by_id) REFERENCES user_account (id),
        CONSTRAINT ck_sorted_reply_kind CHECK (kind IN ('', 'positive', 'question', 'not_now', 'not_interested',
            'out_of_office', 'wrong_person', 'opt_out'))
    )
    """,
    "CREATE INDEX ix_sorted_reply_conversation ON sorted_reply (organization_id, conversation_id)",
    "CREATE INDEX ix_sorted_reply_asks ON sorted_reply (organization_id, asks_since) WHERE asks_since IS NOT NULL",
    f"""
    CREATE TABLE sorter_account (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        provider TEXT NOT NULL, sealed_credentials BYTEA NOT NULL, state TEXT NOT NULL, state_reason TEXT DEFAULT '' NOT NULL,
        resting_until {_WHEN}, failures_in_a_row INTEGER DEFAULT 0 NOT NULL, checked_at {_WHEN}, created_at {_WHEN} NOT NULL,
        CONSTRAINT pk_sorter_account PRIMARY KEY (organization_id, id),
        CONSTRAINT uq_sorter_account_organization_id_provider UNIQUE (organization_id, provider),
        CONSTRAINT ck_sorter_account_state CHECK (state IN ('active', 'disconnected')),
        CONSTRAINT fk_sorter_account_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "ALTER TABLE conversation ADD COLUMN reply_kind TEXT",
    "CREATE INDEX ix_conversation_reply_kind ON conversation (organization_id, reply_kind, last_message_at, id) "
    "WHERE reply_kind IS NOT NULL",
    "ALTER TABLE organization ADD COLUMN positive_status TEXT DEFAULT 'Needs BDR' NOT NULL, "
    "ADD COLUMN declined_status TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE campaign ADD COLUMN positive_status TEXT, ADD COLUMN declined_status TEXT",
    """
    CREATE TABLE message_words (
        organization_id UUID DEFAULT current_organization() NOT NULL, message_id UUID NOT NULL,
        occurred_at TIMESTAMP WITH TIME ZONE NOT NULL, words TSVECTOR NOT NULL,
        CONSTRAINT pk_message_words PRIMARY KEY (organization_id, message_id),
        CONSTRAINT fk_message_words_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id),
        CONSTRAINT fk_message_words_organization_id_message_id FOREIGN KEY(organization_id, message_id)
            REFERENCES message (organization_id, id)
    )
    """,
    # What came last is found at once, not after a list of what is pending was read.
    "CREATE INDEX ix_message_words_words ON message_words USING gin (words) WITH (fastupdate = off)",
    "CREATE INDEX ix_message_words_newest ON message_words (organization_id, occurred_at, message_id)",
    f"""
    CREATE TABLE words_mark (
        organization_id UUID DEFAULT current_organization() NOT NULL, before_id UUID, done_at {_WHEN},
        CONSTRAINT pk_words_mark PRIMARY KEY (organization_id),
        CONSTRAINT fk_words_mark_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "ALTER TABLE draft DROP CONSTRAINT ck_draft_kind",
    "ALTER TABLE draft ADD CONSTRAINT ck_draft_kind CHECK (kind IN ('email', 'sms', 'voicemail', 'note', 'forward'))",
)


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    for table in ("sorter_account", "words_mark"):
        secure_tenant_table(table)
    secure_tenant_table("sorted_reply", "SELECT, INSERT, UPDATE")
    secure_tenant_table("message_words", "SELECT, INSERT, UPDATE")
    make_search()
    let_erase({"sorted_reply": ("SELECT", "UPDATE"), "message_words": ("DELETE",)})
    renew_erase_contact()


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
