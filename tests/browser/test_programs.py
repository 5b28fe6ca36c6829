"""A token made and copied, the reference looked through, an address that is told of events, and what the plan allows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from loumass.accounts.plan_setting import set_plan
from loumass.accounts.plans import Plan
from loumass.outgoing import endpoints
from loumass.outgoing.models import WebhookEndpoint
from tests.api import Program, token_of
from tests.browser.fitting import fits
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]


def furnish(world: World) -> None:
    """A token that was used, two addresses of which one was given up, and a plan that is nearly used."""
    world.acme.contacts([{"name": f"Nadia {n}", "email": f"n{n}@lakeside.example"} for n in range(9)])
    Program(world, token_of(world.acme.admin, "contacts.read", "dashboard.read", days=30)).got("/contacts")
    with world.acme.acting() as session:
        endpoints.add("CRM", "https://crm.example.com/loumass", "", ["message.replied"], world.acme.admin.id)
        row = endpoints.add(
            "Slack", "https://hooks.example.com/T024", "", ["message.replied", "contact.unsubscribed"], None
        )
        row.is_on, row.turned_off_at = False, world.begins_at
        row.problem = "It took no call for 24 hours, and one was given up."
        session.commit()
    set_plan(world.acme.organization.number, Plan("Growth", contacts=10, emails=0, workflows=20))


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 375)])
def test_programs_are_let_in_and_told(
    world: World, sign_in: SignIn, picture: Picture, server: str, theme: str, width: int
) -> None:
    furnish(world)
    page = sign_in(world.acme.admin, theme=theme, width=width)
    page.goto(f"{server}/programs")
    page.get_by_label("Name", exact=True).fill("CRM")
    page.get_by_label("See contacts, segments and the suppression list", exact=True).check()
    assert fits(page)
    picture(page, f"programs-{theme}-{width}")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_text("The token CRM is made")).to_be_visible()
    secret = page.locator("#token-made").input_value()
    assert Program(world, secret).got("/contacts")["items"]
    assert fits(page)
    picture(page, f"token-made-{theme}-{width}")
    page.goto(f"{server}/programs/reference")
    page.locator("#contacts_api-create_contact summary").click()
    expect(page.locator("#contacts_api-create_contact").get_by_text("external_id").first).to_be_visible()
    assert fits(page)
    picture(page, f"reference-{theme}-{width}")
    page.goto(f"{server}/webhooks/endpoints")
    assert fits(page)
    picture(page, f"endpoints-{theme}-{width}")
    page.get_by_role("link", name="Slack").click()
    expect(page.get_by_text("It took no call for 24 hours")).to_be_visible()
    assert fits(page)
    picture(page, f"endpoint-{theme}-{width}")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("Slack is told again.")).to_be_visible()
    with world.acme.acting() as session:
        assert all(one.is_on for one in session.query(WebhookEndpoint))
    page.goto(f"{server}/usage")
    expect(page.get_by_text("E-mails this month: limit reached")).to_be_visible()
    assert fits(page)
    picture(page, f"usage-{theme}-{width}")
