"""The demo organization is made once, works, and can reach nobody outside."""

from __future__ import annotations

from sqlalchemy import select

from loumass.accounts.models import Membership, Organization
from loumass.channels.connecting import open_provider
from loumass.channels.models import Channel
from loumass.config import DEMO_EMAIL, DEMO_PASSWORD
from loumass.contacts.models import Contact
from loumass.core.tenancy import acting_for, globally
from loumass.funnels.models import Template
from loumass.providers.sandbox.people import Character, _character
from loumass.seeding import SANDBOX_SEED, seed
from tests.world import World


def test_it_is_made_once_with_people_senders_and_published_templates(world: World) -> None:
    assert seed()
    assert not seed()
    with globally() as session:
        [organization] = session.scalars(select(Organization).where(Organization.is_demo))
    with acting_for(organization.id) as session:
        assert session.scalars(select(Membership.role)).all() == ["admin"]
        assert len(session.scalars(select(Contact)).all()) >= 10
        assert [t.published_graph_id is not None for t in session.scalars(select(Template))] == [True] * 3
        for channel in session.scalars(select(Channel)):
            assert channel.provider == "sandbox"
            with open_provider(channel) as provider:
                assert provider.check()


def test_its_login_works(world: World) -> None:
    seed()
    browser = world.stranger()
    assert browser.post("/login", data={"email": DEMO_EMAIL, "password": DEMO_PASSWORD}).status_code == 302
    assert b"Maya" in browser.get("/", follow_redirects=True).data


def test_its_people_show_a_newcomer_some_of_everything(world: World) -> None:
    seed()
    with globally() as session:
        [organization] = session.scalars(select(Organization).where(Organization.is_demo))
    with acting_for(organization.id) as session:
        addresses = [contact.email for contact in session.scalars(select(Contact)) if contact.email]
    met = [_character(address, "email", SANDBOX_SEED) for address in addresses]
    answering = {Character.REPLIES, Character.DECLINES, Character.ASKS}
    assert {Character.BOUNCES, Character.AWAY, Character.SILENT, *answering} <= set(met)
    assert sum(character in answering for character in met) >= len(met) // 2
