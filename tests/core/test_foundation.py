"""The foundation carries: sessions per organization, the agenda, jobs, events, pages."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from loumass.contacts.models import Contact
from loumass.core.errors import NotFound
from loumass.core.tenancy import NoOrganization, get_or_404, globally
from tests.world import World


def test_acme_sees_its_people_and_globex_does_not(world: World) -> None:
    priya = world.acme.contact("Priya Raman")
    with world.acme.acting() as session:
        assert session.scalars(select(Contact)).one().label == "Priya Raman"
    with world.globex.acting() as session:
        assert session.scalars(select(Contact)).all() == []
        with pytest.raises(NotFound):
            get_or_404(Contact, priya.id)


def test_without_an_organization_tenant_rows_are_an_error(world: World) -> None:
    with globally() as session, pytest.raises(NoOrganization):
        session.scalars(select(Contact)).all()


def test_a_member_signs_in_and_a_stranger_is_sent_to_the_login(world: World) -> None:
    assert world.acme.member.get("/", follow_redirects=True).status_code == 200
    answer = world.stranger().get("/profile")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")
