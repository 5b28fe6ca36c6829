"""The time machine as people meet it, in Chromium, on both widths and in both themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fitting import fits
from tests.campaigns.cast import ask, drafted, send, step, text_to, wait
from tests.messages.sending import mailbox, number
from tests.tasks.calling import CALL
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]
FUNNEL = [
    send("invitation"),
    wait("pause", amount=2, unit="days", weekdays=[1, 2, 3], opens="09:00", closes="16:00"),
    ask("replied", {"yes": "talk", "timeout": "nudge"}, test="replied", wait_up_to=3, wait_unit="days"),
    text_to("nudge"),
    send("last call"),
    step("call", "task", {"next": "done"}, **CALL),
    step("talk", "set_status", status="Needs BDR"),
    step("done", "end"),
]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 375)])
def test_a_campaign_is_simulated_and_one_person_led_through(
    world: World, sign_in: SignIn, picture: Picture, theme: str, width: int
) -> None:
    email = mailbox(world.acme, "mia@acme.example", daily_cap=25, window_from=540, window_until=1020,
                    window_weekdays=[1, 2, 3, 4, 5], minimum_gap_seconds=120)  # fmt: skip
    sms = number(world.acme, "+13035550142")
    zones = ("America/Denver", "America/New_York", "America/Los_Angeles", None)
    people = world.acme.contacts([
        {"name": f"Person {n}", "email": f"p{n}@r.example", "phone": None if n % 9 == 0 else f"+1303555{n:04}",
         "timezone": zones[n % 4]}
        for n in range(120)
    ])  # fmt: skip
    run = drafted(world.acme, FUNNEL, email_channel_id=email.id, sms_channel_id=sms.id)
    run.add(*people)
    page = sign_in(world.acme.member, theme=theme, width=width)
    home = "/".join(page.url.split("/", 3)[:3])

    def look(name: str) -> None:
        expect(page.locator("main")).to_be_visible()
        assert fits(page)
        picture(page, f"simulate-{name}-{theme}-{width}")

    page.goto(f"{home}/campaigns/{run.id}")
    page.get_by_role("link", name="Simulate").click()
    page.wait_for_url("**/simulate")
    look("new")
    page.get_by_label("Reply").fill("10")
    outcomes = page.get_by_role("group", name="Call: of 100 tasks")
    outcomes.get_by_label("Reached", exact=True).fill("60")
    outcomes.get_by_label("Left a message").fill("40")
    for other in ("No answer", "Not interested"):
        outcomes.get_by_label(other).fill("0")
    page.get_by_role("button", name="Simulate").click()
    page.wait_for_url("**/simulations/*")
    expect(page.locator("canvas")).to_be_visible()
    expect(page.get_by_text("60% Reached, 40% Left a message")).to_be_visible()
    look("result")
    page.get_by_role("link", name="4 Mar", exact=True).click()
    expect(page.get_by_role("heading", name="Messages per hour")).to_be_visible()
    look("hours")
    page.goto(f"{home}/funnels/{run.now().graph_id}/person?contact={people[1].id}")
    look("person")
    page.get_by_role("link", name="They reply").first.click()
    expect(page.get_by_role("link", name="They reply").first).to_have_attribute("aria-current", "true")
    look("replied")
