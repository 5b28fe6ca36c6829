"""The named world of the tests: Acme and Globex, their people, and what happens to them.

    def test_a_reply_stops_the_campaign(world):
        priya = world.acme.contact("Priya Raman", email="priya@foothill.example")

`world.acme.acting()` opens a session as Acme; `world.work()` does all the work that is due;
`world.later(days=3)` moves the clock and works; `world.acme.ada.get("/contacts")` is a signed-in browser.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session

from loumass.accounts import passwords
from loumass.accounts.models import Membership, Organization, User
from loumass.contacts.models import Contact
from loumass.core import clock, jobs
from loumass.core.database import engine
from loumass.core.ids import uuid7, uuid7s
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import acting_for

PASSWORD = "correct horse battery"
#: As installations keep passwords (`tests/accounts/test_passwords.py`).
THOROUGH = passwords._hasher
# Here it is asked whether a password is right, a thousand times, and never how long somebody would guess at it.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
passwords._NOBODY = passwords.hashed("nobody has this password")
_HASHED = passwords.hashed(PASSWORD)


class CollectingBell:
    """Keeps rings until `world.work()` does them, in order, each once."""

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


class Person:
    """Somebody who works at an organization, with a signed-in browser."""

    def __init__(self, world: World, user: User, organization_id: UUID, role: str) -> None:
        self.world, self.user, self.organization_id, self.role = world, user, organization_id, role
        self.id = user.id
        self._browser: FlaskClient | None = None

    @property
    def browser(self) -> FlaskClient:
        """A client that is signed in (without going through the login page)."""
        if self._browser is None:
            self._browser = self.world.app.test_client()
            with self._browser.session_transaction() as session:
                session["_user_id"] = f"{self.user.id}:{self.user.epoch}"
                session["_fresh"] = True
                session["organization"] = str(self.organization_id)
        return self._browser

    def signs_in_anew(self) -> None:
        """What their browser kept is forgotten."""
        self._browser = None

    def get(self, url: str, **options: Any):
        """The answer to GET `url`."""
        return self.browser.get(url, **options)

    def post(self, url: str, data: dict[str, Any] | None = None, **options: Any):
        """The answer to POST `url` with form fields."""
        return self.browser.post(url, data=data, **options)


class Tenant:
    """An organization and its people: an admin, a member, an agent and a viewer."""

    def __init__(self, world: World, name: str, admin: str, member: str, agent: str, viewer: str) -> None:
        self.world, self.name = world, name
        self.names = {"admin": admin, "member": member, "agent": agent, "viewer": viewer}
        self.people: dict[str, Person] = {}

    def build(self) -> None:
        """The organization and its people, not written yet."""
        domain = f"{self.name.lower()}.example"
        self.id = uuid7()
        self.organization = Organization(
            id=self.id, name=self.name, postal_address=f"1 Main Street, {self.name} City", timezone="America/Denver",
        )  # fmt: skip
        for role, name in self.names.items():
            email = f"{name.split()[0].lower()}@{domain}"
            user = User(id=uuid7(), email=email, email_key=email, name=name, password_hash=_HASHED)
            self.people[role] = Person(self.world, user, self.id, role)

    @property
    def admin(self) -> Person:
        """May do everything."""
        return self.people["admin"]

    @property
    def member(self) -> Person:
        """A BDR."""
        return self.people["member"]

    @property
    def agent(self) -> Person:
        """Answers in the inbox."""
        return self.people["agent"]

    @property
    def viewer(self) -> Person:
        """Only looks."""
        return self.people["viewer"]

    @contextmanager
    def acting(self) -> Iterator[Session]:
        """A session as this organization; commit what you change."""
        with acting_for(self.id) as session:
            yield session

    def contact(
        self,
        name: str = "Priya Raman",
        email: str | None = "priya@foothill.example",
        phone: str | None = None,
        **also: Any,
    ) -> Contact:
        """A committed contact."""
        return self.contacts([{"name": name, "email": email, "phone": phone, **also}])[0]

    def contacts(self, people: Sequence[Mapping[str, Any]]) -> list[Contact]:
        """Committed contacts, each as `contact` is told of one, with ids in their order."""
        made = [_contact(**{"id": one, **person}) for one, person in zip(uuid7s(), people, strict=False)]
        with self.acting() as session:
            session.add_all(made)
            session.commit()
        return made


def _contact(name: str, email: str | None, phone: str | None = None, **also: Any) -> Contact:
    first, _, last = name.partition(" ")
    return Contact(
        first_name=first, last_name=last, email=email, email_key=email and email.lower(),
        email_hash=email and keyed_hash(email.lower()), phone=phone, phone_hash=phone and keyed_hash(phone), **also,
    )  # fmt: skip


class World:
    """Everything a test may name."""

    begins_at = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)  # a Tuesday, 9:00 in Denver

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.bell = CollectingBell()
        self.acme = Tenant(self, "Acme", "Ada Admin", "Ben Bdr", "Ann Agent", "Vic Viewer")
        self.globex = Tenant(self, "Globex", "Gus Admin", "Gil Bdr", "Gia Agent", "Vera Viewer")

    def build(self, owner: Engine) -> None:
        """Create both organizations, in one transaction of the database's owner: every test begins with it."""
        tenants = (self.acme, self.globex)
        for tenant in tenants:
            tenant.build()
        people = [person for tenant in tenants for person in tenant.people.values()]
        with Session(owner, expire_on_commit=False) as session:
            session.add_all(
                [*(tenant.organization for tenant in tenants), *(person.user for person in people)]
            )
            session.flush()
            session.execute(
                insert(Membership),
                [
                    {"organization_id": one.organization_id, "user_id": one.id, "role": one.role}
                    for one in people
                ],
            )
            session.commit()

    def end(self) -> None:
        """Forget what was rung."""
        self.bell.rings.clear()

    def stranger(self) -> FlaskClient:
        """A browser that is not signed in."""
        return self.app.test_client()

    def work(self, most: int = 500) -> int:
        """Do everything that is due now, as workers would; returns how many slices ran.

        Fails when it does not come to an end: something rings itself for ever.
        """
        done = 0
        while self._ring_due() or self.bell.rings:
            ring = next(iter(self.bell.rings))
            jobs.run(ring.job, str(ring.organization_id), ring.key)
            done += 1
            assert done < most, f"work does not end; last was {ring}"
        return done

    def later(self, **duration: float) -> int:
        """Move the clock on (`days=3`, `minutes=5`) and do what is due then."""
        clock.advance(timedelta(**duration))
        return self.work()

    def _ring_due(self) -> bool:
        with engine().connect() as connection:
            rows = connection.execute(
                text("SELECT * FROM due_agenda(:now, 1000)"), {"now": clock.now()}
            ).all()
        for row in rows:
            self.bell.ring(jobs.Ring(row.job, row.organization_id, row.arguments))
        return bool(rows)
