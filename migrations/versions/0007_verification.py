"""Verification: what is known of addresses and domains, who is verified now, and an organization's own lists."""

from __future__ import annotations

from alembic import op

from migrations.support import secure_tenant_table

revision = "0007"
down_revision = "0006"

_MADE = (
    """
    CREATE TABLE email_verification (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        subject TEXT NOT NULL, import_id UUID, state TEXT NOT NULL, total INTEGER NOT NULL, done_count INTEGER NOT NULL,
        valid_count INTEGER NOT NULL, risky_count INTEGER NOT NULL, invalid_count INTEGER NOT NULL,
        unknown_count INTEGER NOT NULL, created_by_id UUID, created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        cancel_asked_at TIMESTAMP WITH TIME ZONE, finished_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_email_verification PRIMARY KEY (organization_id, id),
        CONSTRAINT ck_email_verification_state CHECK (state IN ('running', 'done', 'cancelled')),
        CONSTRAINT fk_email_verification_organization_id_import_id FOREIGN KEY(organization_id, import_id)
            REFERENCES contact_import (organization_id, id),
        CONSTRAINT fk_email_verification_created_by_id FOREIGN KEY(created_by_id) REFERENCES user_account (id),
        CONSTRAINT fk_email_verification_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "CREATE INDEX ix_email_verification_organization_id_created_at_id ON email_verification (organization_id, created_at, id)",
    "CREATE INDEX ix_email_verification_organization_id_import_id ON email_verification (organization_id, import_id) "
    "WHERE import_id IS NOT NULL",
    """
    CREATE TABLE email_check (
        organization_id UUID DEFAULT current_organization() NOT NULL, contact_id UUID NOT NULL, verification_id UUID,
        email_hash BYTEA, status TEXT, reasons JSONB DEFAULT '[]' NOT NULL, checked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_email_check PRIMARY KEY (organization_id, contact_id),
        CONSTRAINT ck_email_check_status CHECK (status IN ('valid', 'risky', 'invalid', 'unknown')),
        CONSTRAINT fk_email_check_organization_id_contact_id FOREIGN KEY(organization_id, contact_id)
            REFERENCES contact (organization_id, id),
        CONSTRAINT fk_email_check_organization_id_verification_id FOREIGN KEY(organization_id, verification_id)
            REFERENCES email_verification (organization_id, id)
    )
    """,
    "CREATE INDEX ix_email_check_organization_id_verification_id_contact_id ON email_check "
    "(organization_id, verification_id, contact_id) WHERE verification_id IS NOT NULL",
    "CREATE INDEX ix_email_check_organization_id_status_contact_id ON email_check "
    "(organization_id, status, contact_id) WHERE status IS NOT NULL",
    """
    CREATE TABLE mail_domain (
        organization_id UUID DEFAULT current_organization() NOT NULL, domain TEXT COLLATE "C" NOT NULL,
        standing TEXT NOT NULL, looked_up_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_mail_domain PRIMARY KEY (organization_id, domain),
        CONSTRAINT ck_mail_domain_standing CHECK (standing IN ('accepts', 'address_only', 'refuses', 'missing', 'unknown')),
        CONSTRAINT fk_mail_domain_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    """
    CREATE TABLE address_rule (
        organization_id UUID DEFAULT current_organization() NOT NULL, id UUID DEFAULT uuidv7() NOT NULL,
        kind TEXT NOT NULL, value TEXT COLLATE "C" NOT NULL, is_listed BOOLEAN NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_address_rule PRIMARY KEY (organization_id, id),
        CONSTRAINT uq_address_rule_organization_id_kind_value UNIQUE (organization_id, kind, value),
        CONSTRAINT ck_address_rule_kind CHECK (kind IN ('disposable', 'role', 'free')),
        CONSTRAINT fk_address_rule_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id)
    )
    """,
    "ALTER TABLE campaign ADD COLUMN skips_invalid BOOLEAN DEFAULT false NOT NULL",
)


def upgrade() -> None:
    for statement in _MADE:
        op.execute(statement)
    for table in ("email_verification", "email_check", "mail_domain", "address_rule"):
        secure_tenant_table(table)


def downgrade() -> None:
    raise RuntimeError("Migrations only add; restore a backup instead.")
