"""Alembic: runs as the owner role, on the connection it is given."""

from alembic import context

from loumass.models import metadata
from migrations.own import renew_views

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
    if context.get_head_revision() == context.get_context().get_current_revision():
        renew_views(context.config.attributes["connection"])
