"""Verifying and Bonzo as people meet them in Chromium: live progress, results, lists, the connection; wide, narrow, dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from loumass.contacts.verifying import asking
from loumass.core import resolving
from tests.browser.fitting import fits
from tests.campaigns.cast import drafted, send, step
from tests.channels.connected import connected, loopback
from tests.fakes.bonzo import NUMBER, TOKEN, FakeBonzo
from tests.fakes.dns import FakeDns
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]
PEOPLE = ("priya@foothill.co", "info@foothill.co", "tom@gone.co", "lena@mailinator.com", "ray@gmail.com")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDns]:
    monkeypatch.setattr(resolving, "_resolver", resolving._resolver)
    with FakeDns() as server:
        for domain in ("foothill.co", "mailinator.com", "gmail.com"):
            server.records[domain, "MX"] = ["10 mx.foothill.co."]
        resolving.use([server.address])
        yield server


def test_chosen_people_are_verified_while_the_page_watches(
    world: World, names: FakeDns, sign_in: SignIn, server: str, picture: Picture
) -> None:
    for email in PEOPLE:
        world.acme.contact(email.partition("@")[0].title() + " Raman", email)
    page = sign_in(world.acme.member)
    page.goto(server + "/contacts")
    page.get_by_label("Choose Priya Raman").check()
    page.get_by_label("Choose Tom Raman").check()
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", name="Verify their e-mail addresses?")).to_be_visible()
    picture(page, "verify-question")
    page.get_by_role("button", name="Verify 2 people").click()
    expect(page.get_by_text("0 of 2 addresses")).to_be_visible()
    picture(page, "verify-progress")
    world.work()
    expect(page.get_by_text("2 of 2 addresses verified")).to_be_visible()
    picture(page, "verify-result")
    page.get_by_role("link", name="Invalid 1").click()
    expect(page.get_by_role("link", name="Tom Raman")).to_be_visible()
    picture(page, "verify-filter")
    page.get_by_role("link", name="Tom Raman").click()
    expect(page.get_by_text("Its domain has neither a mail server nor an address.")).to_be_visible()
    picture(page, "verify-person")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (375, "light"), (375, "dark")])
def test_every_page_fits_its_window(
    world: World, names: FakeDns, sign_in: SignIn, server: str, picture: Picture, width: int, theme: str
) -> None:
    people = [world.acme.contact(one.partition("@")[0].title() + " Raman", one) for one in PEOPLE]
    run = drafted(world.acme, [send("hello"), step("done", "end")])
    run.add(*people)
    with world.acme.acting() as session:
        begun = asking.begin(
            [one.id for one in people], "spring open houses.csv", author_id=world.acme.member.id
        )
        session.commit()
    page = sign_in(world.acme.admin, width=width, theme=theme)
    world.work()
    with FakeBonzo() as fake, loopback(base_urls={"bonzo": fake.base_url}):
        channel = connected(world.acme, "bonzo", "sms", api_token=TOKEN, number=NUMBER)
        for name, address in {
            "verifications": "/verifications",
            "verification": f"/verifications/{begun.id}",
            "lists": "/verifications/lists",
            "contacts": "/contacts",
            "campaign-verify": f"/campaigns/{run.id}/verification",
            "launch": f"/campaigns/{run.id}/launch",
            "settings": f"/campaigns/{run.id}/settings",
            "person": f"/contacts/{people[1].id}",
            "bonzo-connect": "/channels/connect/bonzo/sms",
            "bonzo": f"/channels/{channel.id}",
        }.items():
            page.goto(server + address)
            assert fits(page), address
            picture(page, f"leads-{name}-{width}-{theme}")
