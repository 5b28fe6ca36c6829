"""An installation of its own for a figure: PostgreSQL that waits for its disk, Redis, one organization, no workers.

Jobs run in this process, as a worker runs them: what is rung is collected and done by `House.work`.
"""

from __future__ import annotations

import base64
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.measuring import Stopwatch, timed
from loumass import embedded, starting_up
from loumass.accounts.models import Membership, Organization, User
from loumass.accounts.passwords import hashed
from loumass.config import Settings
from loumass.core import clock, database, jobs, memory, migrating
from loumass.core.tenancy import acting_for, globally

PASSWORD = "counted in every season"  # noqa: S105  of nobody but the measured
KEY = base64.b64encode(bytes(range(32))).decode()


class CollectingBell:
    """Keeps rings in the order they came, each once."""

    def __init__(self) -> None:
        self.rings: dict[jobs.Ring, None] = {}

    def ring(self, ring: jobs.Ring) -> None:
        self.rings.setdefault(ring)

    def take_off(self, ring: jobs.Ring) -> None:
        self.rings.pop(ring, None)

    def waiting(self, queue: str) -> int:
        return sum(jobs.JOBS[ring.job].queue == queue for ring in self.rings)

    def is_urgent(self, queue: str) -> bool:
        return any(ring.is_urgent and jobs.JOBS[ring.job].queue == queue for ring in self.rings)


@dataclass
class House:
    """The installation and its one organization."""

    settings: Settings
    organization_id: UUID
    user: User
    folder: Path
    #: What processes of this installation are told.
    environment: dict[str, str]
    bell: CollectingBell = field(default_factory=CollectingBell)

    @contextmanager
    def acting(self) -> Iterator[Session]:
        """A session as the organization, by the application's role; commit what you change."""
        with acting_for(self.organization_id) as session:
            yield session

    def work(self, *names: str) -> int:
        """Do every ring of the jobs called `names` until none is left; returns how many slices ran."""
        return len(self.slices(*names))

    def slices(self, *names: str) -> list[float]:
        """The same; returns the seconds that each slice took."""
        taken = []
        while ring := next((one for one in self.bell.rings if one.job in names), None):
            began = time.perf_counter()
            jobs.run(ring.job, str(ring.organization_id), ring.key)
            taken.append(time.perf_counter() - began)
        return taken

    def timed(self) -> AbstractContextManager[Stopwatch]:
        """Measures its block, the database included."""
        pid_file = self.folder / "postgres" / "pgdata" / "postmaster.pid"
        return timed(int(pid_file.read_text().split()[0]))

    def count(self, statement: str, **bound: Any) -> int:
        """The one number that `statement` (which names `:organization_id`) finds."""
        with self.acting() as session:
            return session.scalar(text(statement), {"organization_id": self.organization_id, **bound}) or 0

    def analyze(self, *tables: str) -> None:
        """What autovacuum does by itself in a database that is older than this one."""
        engine = database.connect(self.settings.owner_database_url, role=database.OWNER, pool_size=1)
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for table in tables:
                connection.execute(text(f"VACUUM ANALYZE {table}"))
        engine.dispose()


@contextmanager
def installed(allowed_hosts: Sequence[str] = ()) -> Iterator[House]:
    """A fresh installation in a temporary folder. `allowed_hosts` are `host:port` on loopback."""
    folder = Path(tempfile.mkdtemp(prefix="lm-bench-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        with (
            embedded.postgres(folder / "postgres", throwaway=False) as postgres,
            embedded.redis(folder / "redis") as redis,
        ):
            environment = _environment(postgres.url, redis.url, folder, allowed_hosts)
            settings = Settings.from_env(environment)
            migrating.prepare_roles(settings.owner_database_url)
            migrating.migrate(settings.owner_database_url)
            starting_up.prepare(settings)
            house = House(settings, *founded("Acme", "Maya Chen"), folder, environment)
            jobs.use(house.bell)
            memory.settle()
            yield house
            database.engine().dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment(
    database_url: str, redis_url: str, folder: Path, allowed_hosts: Sequence[str]
) -> dict[str, str]:
    return {
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "a measured installation signs with this",
        "SEALING_KEYS": f"bench:{KEY}",
        "HASH_KEY": KEY,
        "PUBLIC_URL": "https://loumass.example",
        "STORAGE_URL": f"file://{folder / 'files'}",
        "ALLOWED_PRIVATE_HOSTS": ",".join(allowed_hosts),
        # What no domain of loopback can prove is not asked for: speed is.
        "BULK_RECIPIENTS": "1000000",
        "LOG_LEVEL": "warning",
    }


def founded(name: str, person: str) -> tuple[UUID, User]:
    """A new organization and its admin, whose first name is the address: `maya@acme.example`."""
    email = f"{person.split(maxsplit=1)[0]}@{name}.example".lower()
    with globally() as session:
        organization = Organization(
            name=name, timezone="America/Denver", postal_address="1 Main Street, Denver"
        )
        user = User(email=email, email_key=email, name=person, password_hash=hashed(PASSWORD))
        session.add_all([organization, user])
        session.commit()
    with acting_for(organization.id) as session:
        session.add(
            Membership(organization_id=organization.id, user_id=user.id, role="admin", created_at=clock.now())
        )
        session.commit()
    return organization.id, user
