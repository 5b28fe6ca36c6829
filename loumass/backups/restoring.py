"""An installation made from a backup. Nothing leaves it before somebody looked.

What was sent between backup and loss is not in the backup, so that workers would send it a second time. Therefore
every sender and every running campaign is paused, unless the caller knows that nothing was sent since.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, select, text

from loumass.accounts.models import Organization
from loumass.backups import programs
from loumass.backups.manifest import DUMP, FILES, Manifest, Unfitting
from loumass.campaigns import states
from loumass.campaigns.models import Campaign
from loumass.channels import service as channels
from loumass.channels.models import Channel
from loumass.config import Settings
from loumass.core import migrating, storage
from loumass.core.tenancy import acting_for, globally


def restore(settings: Settings, folder: Path, *, nothing_sent_since: bool) -> Manifest:
    """Bring the backup in `folder` into the empty database and the storage of `settings`. Run it before anything else.

    Raises Unfitting (nothing was restored), StorageUnavailable (run it again with an empty database).
    """
    manifest = Manifest.read(folder)
    manifest.must_fit(settings)
    _must_be_empty(settings.owner_database_url)
    migrating.prepare_roles(settings.owner_database_url)
    programs.load(settings.owner_database_url, folder / DUMP)
    migrating.migrate(settings.owner_database_url)
    _copy_files(folder / FILES)
    if not nothing_sent_since:
        _hold_everything(manifest.made_at)
    return manifest


def _must_be_empty(url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = connection.scalar(
            text(
                "SELECT count(*) FROM pg_class"
                " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            )
        )
    engine.dispose()
    if tables:
        raise Unfitting("The database is not empty; name a new one in DATABASE_URL. Nothing was restored.")


def _copy_files(source: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                storage.keep(path.relative_to(source).as_posix(), stream)


def _hold_everything(made_at: datetime) -> None:
    because = f"a restore: this is the backup of {made_at:%-d %b %Y, %H:%M} UTC. Look what was sent since"
    with globally() as session:
        organization_ids = session.scalars(select(Organization.id).order_by(Organization.id)).all()
    for organization_id in organization_ids:
        with acting_for(organization_id) as session:
            for channel in session.scalars(select(Channel).where(Channel.state == "active")).all():
                channels.pause(channel, because)
            running = session.scalars(select(Campaign.id).where(Campaign.state == "running")).all()
            for campaign_id in running:
                states.pause(campaign_id, None)
            session.commit()
