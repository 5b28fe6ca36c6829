"""Tenants kept apart: the ORM filters, the database refuses, the keys cannot cross (docs/tenancy.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import ClauseElement, Executable, ForeignKey, ForeignKeyConstraint, Table, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import (
    Mapped,
    ORMExecuteState,
    Session,
    SessionTransaction,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.sql.visitors import iterate

from loumass.core.at_work import organization_at_work
from loumass.core.database import Base, db, engine, session_at_work
from loumass.core.errors import NotFound
from loumass.core.ids import uuid7

CURRENT_ORGANIZATION = text("current_organization()")
#: Who a transaction works for; its first statement.
ENTER = text("SELECT enter(:organization_id, :user_id)")
#: Tables of which people own rows are looked for among views first, which leave out what is not the person's own
#: (migrations/own.py). A schema that is missing would silently leave out nothing, so one of them is asked for by its whole name.
_ONLY_OWN = (text("SET LOCAL search_path TO own, public"), text("SELECT FROM own.campaign LIMIT 0"))
_EVERYBODYS = text("SET LOCAL search_path TO public")


class NoOrganization(RuntimeError):
    """Tenant rows were touched with no organization set: an error in code, never an empty page."""


class OrganizationScoped:
    """A table of tenant rows. Keys, foreign keys and unique constraints start with `organization_id`."""

    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.id"),
        primary_key=True,
        # A lambda, since the function stands below.
        default=lambda: current_organization_id(),  # noqa: PLW0108
        server_default=CURRENT_ORGANIZATION,
        sort_order=-2,
    )


def organization_of_parents() -> Mapped[UUID]:
    """`organization_id` of a table whose every row has a parent: the key to the parent proves the organization as well,
    so that a key of its own would look the same thing up again for each row.
    """
    return mapped_column(
        primary_key=True,
        default=lambda: current_organization_id(),  # noqa: PLW0108
        server_default=CURRENT_ORGANIZATION,
        sort_order=-2,
    )


class OrganizationOwned(OrganizationScoped):
    """A tenant table whose rows have an id of their own: key `(organization_id, id)`."""

    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid7, server_default=text("uuidv7()"), sort_order=-1
    )


Row = TypeVar("Row", bound=OrganizationOwned)


def belongs_to(
    table: str, column: str, *, closes_circle: bool = False, is_enforced: bool = True
) -> ForeignKeyConstraint:
    """A foreign key `(organization_id, column)` to a tenant table: it cannot cross tenants.

    With `closes_circle` it is added after both tables exist. One that is not enforced is declared only (docs/tenancy.md,
    "Declared keys"): PostgreSQL looks every key of every row up by itself, which costs what is written by the thousand
    more than writing it.
    """
    return ForeignKeyConstraint(
        ["organization_id", column],
        [f"{table}.organization_id", f"{table}.id"],
        use_alter=closes_circle,
        info={"is_enforced": is_enforced},
    )


def current_organization_id() -> UUID:
    """The organization that is acted for. Raises NoOrganization."""
    organization_id = organization_at_work.get()
    if organization_id is None:
        raise NoOrganization("No organization is set: enter acting_for(organization_id) first.")
    return organization_id


@contextmanager
def acting_for(organization_id: UUID, user_id: UUID | None = None) -> Iterator[Session]:
    """A session bound to one organization, rolled back at the end unless committed.

    Raises RuntimeError when a session is open already: one organization per session.
    """
    with _session(organization_id, user_id) as session:
        yield session


@contextmanager
def globally(user_id: UUID | None = None) -> Iterator[Session]:
    """A session without an organization: sees global tables only (and the user's own memberships)."""
    with _session(None, user_id) as session:
        yield session


@contextmanager
def transaction() -> Iterator[Session]:
    """A session for the organization of the running job, committed at the end. For jobs only."""
    with _session(current_organization_id(), None) as session:
        yield session
        session.commit()


@contextmanager
def serving(organization_id: UUID) -> Iterator[None]:
    """Inside, jobs act for `organization_id`; sessions are opened by `transaction()`."""
    before = organization_at_work.get()
    organization_at_work.set(organization_id)
    try:
        yield
    finally:
        organization_at_work.set(before)


def show_only_own(session: Session, user_id: UUID | None = None) -> None:
    """From here on `session` sees of campaigns, people and conversations what is its user's own, or that of `user_id`
    (migrations/own.py)."""
    session.info["shows_only_own"] = True
    if user_id is not None:
        session.info["user_id"] = user_id
    if session.in_transaction():
        if user_id is not None:
            whose = {"organization_id": session.info["organization_id"], "user_id": user_id}
            session.connection().execute(ENTER, whose)
        _look_among_own(session.connection())


def shows_only_own() -> bool:
    """Whether the session at work sees its user's own rows only."""
    return bool(db().info.get("shows_only_own"))


def session_like_this() -> Callable[[], AbstractContextManager[Session]]:
    """What opens another session for whom the one at work is for, who sees no more in it: for answers that are streamed."""
    info = dict(db().info)

    @contextmanager
    def opened() -> Iterator[Session]:
        with acting_for(info["organization_id"], info["user_id"]) as session:
            if info.get("shows_only_own"):
                show_only_own(session)
            yield session

    return opened


@contextmanager
def seeing_everything() -> Iterator[None]:
    """Inside, the session at work sees what belongs to others as well: for what concerns them whoever asks (an address that
    is taken), and for deeds on a whole campaign of one's own. Nothing that is read here is shown."""
    session = db()
    if not session.info.get("shows_only_own"):
        yield
        return
    session.flush()
    session.info["shows_only_own"] = False
    if session.in_transaction():
        session.execute(_EVERYBODYS)
    try:
        yield
        session.flush()
    finally:
        session.info["shows_only_own"] = True
        if session.in_transaction() and session.is_active:
            _look_among_own(session.connection())


def get(model: type[Row], row_id: UUID, *, lock: bool = False) -> Row | None:
    """The current organization's row, or None."""
    key = (current_organization_id(), row_id)
    return db().get(model, key, with_for_update=True if lock else None)


def get_or_404(model: type[Row], row_id: UUID, *, lock: bool = False) -> Row:
    """The current organization's row. Raises NotFound, also for another organization's."""
    row = get(model, row_id, lock=lock)
    if row is None:
        raise NotFound
    return row


@contextmanager
def _session(organization_id: UUID | None, user_id: UUID | None) -> Iterator[Session]:
    if session_at_work.get() is not None:
        raise RuntimeError("A session is open already: one organization per session.")
    session = Session(engine(), expire_on_commit=False)
    session.info.update(organization_id=organization_id, user_id=user_id)
    organization_before = organization_at_work.get()
    session_at_work.set(session)
    organization_at_work.set(organization_id)
    try:
        yield session
    finally:
        # Set, not reset: a streamed answer may end in another context than it began in.
        session_at_work.set(None)
        organization_at_work.set(organization_before)
        session.close()


@event.listens_for(Session, "after_begin")
def _enter(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if transaction.nested:
        return
    organization_id, user_id = session.info.get("organization_id"), session.info.get("user_id")
    if organization_id or user_id:
        connection.execute(ENTER, {"organization_id": organization_id, "user_id": user_id})
    if session.info.get("shows_only_own"):
        _look_among_own(connection)


def _look_among_own(connection: Connection) -> None:
    for statement in _ONLY_OWN:
        connection.execute(statement)


@event.listens_for(Session, "do_orm_execute")
def _filter(state: ORMExecuteState) -> None:
    organization_id: Any = state.session.info.get("organization_id")
    if organization_id is None:
        _refuse_tenant_rows(state.statement)
        return
    if (
        state.is_column_load
        or state.is_relationship_load
        or not (state.is_select or state.is_update or state.is_delete)
    ):
        return
    state.statement = state.statement.options(_of(organization_id, state.session))


def _of(organization_id: UUID, session: Session) -> Any:
    """What narrows every statement of the session to its one organization, made once."""
    if "only_of" not in session.info:
        session.info["only_of"] = with_loader_criteria(
            OrganizationScoped, lambda cls: cls.organization_id == organization_id, include_aliases=True
        )
    return session.info["only_of"]


def _refuse_tenant_rows(statement: Executable) -> None:
    """Raise NoOrganization when `statement` names a tenant table at any depth: a count, an EXISTS, a join."""
    tenant = {
        mapper.local_table
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, OrganizationScoped)
    }
    for element in iterate(cast(ClauseElement, statement)):
        if isinstance(element, Table) and element in tenant:
            raise NoOrganization(f"Rows of {element.name} were asked for with no organization set.")
