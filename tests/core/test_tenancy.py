"""Three nets, each enough by itself: the ORM filters, the database refuses, the keys cannot cross."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Select, delete, exists, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from loumass.contacts.models import Contact, ContactTag, Tag
from loumass.core import database
from loumass.core.database import connect, db
from loumass.core.errors import NotFound
from loumass.core.ids import uuid7
from loumass.core.tenancy import (
    NoOrganization,
    acting_for,
    current_organization_id,
    get,
    get_or_404,
    globally,
)
from tests.world import World

Other = aliased(Contact)
QUESTIONS = [
    select(Contact),
    select(Contact.first_name),
    select(func.count()).select_from(Contact),
    select(func.count(Contact.id)),
    select(exists().where(Contact.first_name != "")),
    select(Other.first_name),
    select(Tag.name).join(ContactTag).join(Contact),
    select(1).where(select(Contact.id).exists()),
    select(select(func.count(Contact.id)).scalar_subquery()),
]


@pytest.fixture
def without_policies(world: World, database_url: str) -> Iterator[None]:
    """The application works as a superuser: the second net is cut."""
    kept = database.engine()
    unbound = connect(database_url, role="none")
    database.use(unbound)
    yield
    database.use(kept)
    unbound.dispose()


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_orm_alone_keeps_strangers_out(
    world: World, without_policies: None, question: Select[tuple[object]]
) -> None:
    world.acme.contact("Priya Raman")
    with world.globex.acting() as session:
        assert [row for row in session.scalars(question) if row not in (0, False)] == []


def test_the_orm_alone_changes_nothing_of_strangers(world: World, without_policies: None) -> None:
    priya = world.acme.contact("Priya Raman")
    with world.globex.acting() as session:
        assert get(Contact, priya.id) is None
        with pytest.raises(NotFound):
            get_or_404(Contact, priya.id, lock=True)
        session.execute(update(Contact).values(first_name="Stolen"))
        session.execute(delete(Contact))
        session.commit()
    with world.acme.acting():
        assert get_or_404(Contact, priya.id).first_name == "Priya"


def test_the_keys_alone_cannot_cross(world: World, without_policies: None) -> None:
    priya = world.acme.contact("Priya Raman")
    with world.globex.acting() as session:
        tag = Tag(name="ours")
        session.add(tag)
        session.flush()
        session.add(ContactTag(contact_id=priya.id, tag_id=tag.id))
        with pytest.raises(IntegrityError):
            session.flush()


@pytest.mark.parametrize("question", QUESTIONS)
def test_without_an_organization_a_question_about_tenants_is_an_error(
    world: World, question: Select[tuple[object]]
) -> None:
    with globally() as session, pytest.raises(NoOrganization):
        session.scalars(question).all()


def test_without_an_organization_nothing_is_written(world: World) -> None:
    with globally() as session:
        session.add(Tag(name="nobody's"))
        with pytest.raises(Exception, match="No organization is set"):
            session.flush()
    with globally() as session, pytest.raises(NoOrganization):
        session.execute(delete(Tag))
    with pytest.raises(NoOrganization):
        current_organization_id()


def test_one_session_serves_one_organization(world: World) -> None:
    with world.acme.acting():
        with pytest.raises(RuntimeError, match="one organization per session"), acting_for(world.globex.id):
            pass
        with pytest.raises(RuntimeError, match="one organization per session"), globally():
            pass
        assert current_organization_id() == world.acme.id


def test_a_row_belongs_to_whom_one_acts_for_without_saying_so(world: World) -> None:
    tag_id = uuid7()
    with world.acme.acting() as session:
        session.execute(text("INSERT INTO tag (id, name) VALUES (:id, 'hot')"), {"id": tag_id})
        session.commit()
        assert get_or_404(Tag, tag_id).organization_id == world.acme.id


def test_a_session_stays_with_its_organization_after_commit_and_inside_savepoints(world: World) -> None:
    setting = text("SELECT current_setting('app.organization_id', true)")
    world.acme.contact("Priya Raman")
    with world.acme.acting() as session:
        for _ in range(2):
            assert session.scalar(setting) == str(world.acme.id)
            with session.begin_nested():
                assert session.scalar(setting) == str(world.acme.id)
            session.commit()
    with globally() as session:
        assert session.scalar(setting) in (None, "")
        acme = text("SELECT count(*) FROM contact WHERE organization_id = :acme")
        assert session.scalar(acme, {"acme": world.acme.id}) == 0


def test_a_session_that_failed_leaves_nothing_behind(world: World) -> None:
    with pytest.raises(IntegrityError), world.acme.acting() as session:
        _half_done(session)
    with pytest.raises(RuntimeError, match="No session is open"):
        db()
    with world.acme.acting() as session:
        assert session.scalars(select(Tag)).all() == []


def _half_done(session: Session) -> None:
    session.add(Tag(name="half"))
    session.flush()
    session.add(ContactTag(contact_id=uuid7(), tag_id=uuid7()))
    session.flush()
