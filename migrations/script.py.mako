"""${message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.support import secure_tenant_table

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
