"""Two weeks of an event campaign among invented people, and five pages of what came of it.

Not collected with the tests: `make pictures` names this file. It writes `docs/pictures/*.png`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from loumass.config import DEMO_EMAIL, DEMO_PASSWORD
from loumass.core import clock
from loumass.seeding import seed
from tests.stories.browsing import Browser, FlaskCarrier
from tests.stories.cast import Bdr, Vendors
from tests.world import World

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 800
FIRST = (
    "Nora",
    "Felix",
    "Ines",
    "Andre",
    "Tessa",
    "Victor",
    "Maren",
    "Caleb",
    "Yuki",
    "Paula",
    "Hugo",
    "Leila",
)
LAST = (
    "Salas",
    "Whitman",
    "Okoye",
    "Berger",
    "Castillo",
    "Novak",
    "Turner",
    "Moreau",
    "Hale",
    "Iversen",
    "Quinn",
    "Abbott",
)
FIRMS = (
    "Larkspur Homes",
    "Bluebird Realty",
    "Summit & Vine",
    "Cottonwood Group",
    "Harvest Moon Lofts",
    "Ridgeline Partners",
)
TEMPLATE, CAMPAIGN = "Event invitation with RSVP (ADTV)", "Spring dinner"
MANY = 96


@pytest.fixture
def maya(world: World) -> Bdr:
    """The demo organization's admin with a list of her own."""
    seed()
    one = Browser(FlaskCarrier(world.app.test_client()))
    one.get("/login").send("", "Sign in", email=DEMO_EMAIL, password=DEMO_PASSWORD)
    maya = Bdr(world, Vendors(None, None, None), one)  # pyright: ignore[reportArgumentType]  the sandbox dials nobody
    maya.email = DEMO_EMAIL
    maya.imports("brokers.csv", f"First name,Last name,Email,Mobile,Company\n{''.join(_people())}".encode())
    return maya


def _people() -> list[str]:
    named = list(product(LAST, FIRST))[:MANY]
    return [
        f"{first},{last},{first}.{last}@{last.lower()}homes.example,(303) 555-{1000 + number * 7},{FIRMS[number % len(FIRMS)]}\n"
        for number, (last, first) in enumerate(named)
    ]


@pytest.fixture
def campaign(world: World, maya: Bdr) -> str:
    """The address of a campaign that has run for two weeks."""
    event = (clock.now() + timedelta(days=24)).strftime("%Y-%m-%dT18:30")
    maya.runs(TEMPLATE, CAMPAIGN, event_name="Spring dinner", event_local=event)
    for number in range(14 * 4):
        world.later(hours=6)
        if number == 30:
            _some_will_come(maya)
    return maya.get("/campaigns").follow(CAMPAIGN).path


def _some_will_come(maya: Bdr) -> None:
    """Maya read what was answered so far, and notes who is coming."""
    page = maya.get("/campaigns").follow(CAMPAIGN)
    answered = maya.get(f"{page.path}?status=Needs+BDR").form("/people/status")
    ids = list(answered.choices("ids"))
    answered.send(button="Set status", ids=ids[: len(ids) * 2 // 3], status="Received RSVP")


@pytest.mark.timeout(600)
def test_five_pictures(campaign: str, server: str, open_page: Callable[..., Page]) -> None:
    page = open_page(WIDTH, HEIGHT)
    page.goto(f"{server}/login")
    page.get_by_label("E-mail").fill(DEMO_EMAIL)
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/dashboard")
    _take(page, "dashboard", "[data-chart-canvas] canvas >> visible=true")
    page.goto(server + campaign)
    _take(page, "campaign", "h1 >> visible=true")
    page.goto(f"{server}/templates")
    page.get_by_role("link", name=TEMPLATE).first.click()
    # The canvas is drawn once its steps are measured, after the page is there.
    _take(page, "builder", "[data-step] >> visible=true")
    page.goto(f"{server}/inbox")
    page.locator(".line-name").first.click()
    _take(page, "inbox", ".thread-name >> visible=true")
    page.goto(f"{server}/figures")
    _take(page, "figures", "[data-chart-canvas] canvas >> visible=true")


def _take(page: Page, name: str, shows: str) -> None:
    """A picture of the page once it shows what it is about."""
    page.wait_for_load_state("load")
    expect(page.locator(shows).first).to_be_in_viewport()
    page.evaluate("document.fonts.ready")
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
