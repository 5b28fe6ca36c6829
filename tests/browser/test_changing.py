"""A running campaign is changed in Chromium, by visible labels: drawn in a draft, reviewed in people, applied, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from loumass.campaigns.changing import carrying
from loumass.campaigns.models import Campaign
from loumass.core import clock
from tests.browser.conftest import ARE_KEPT
from tests.browser.fitting import fits
from tests.campaigns.cast import Run, running, send, step, text_to, wait
from tests.campaigns.changing.edits import applied, edited, nobody_is_lost
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]
INVITATION = [
    send(
        "invitation",
        "Dear {{contact.first_name}}, a seat is kept for you on {{campaign.event_date}}. Will you come?",
    ),
    wait("pause", amount=20, unit="days", after="entered"),
    text_to("call", "Hi {{contact.first_name}}"),
    wait("rest", amount=9, unit="days", after="entered"),
    send("last", "This is the last word from us."),
    step("done", "end"),
]


def furnish(world: World) -> Run:
    """People at every step, and a draft in which something is said of each kind."""
    early = [
        world.acme.contact(f"Early {n}", f"e{n}@crowd.example", phone=f"+1303555{3000 + n}") for n in range(7)
    ]
    run = running(
        world.acme, INVITATION, *early, event_type="in_person", event_name="Broker Night", name="Denver Broker Night",
        event_at=clock.now() + timedelta(days=60), event_timezone="America/Denver", event_place="The Source Hotel",
    )  # fmt: skip
    run.told()
    world.later(days=20, minutes=1)
    run.told(only=early[0])
    run.told(only=early[1])
    world.later(days=4)
    run.add(
        *[
            world.acme.contact(f"Middle {n}", f"m{n}@crowd.example", phone=f"+1303555{4000 + n}")
            for n in range(5)
        ]
    )
    world.work()
    run.told(only=None)
    run.add(*[world.acme.contact(f"Late {n}", f"l{n}@crowd.example") for n in range(3)])
    world.work()
    return run


def change(run: Run) -> None:
    with edited(run) as draft:
        draft.remove("pause")
        draft.set("rest", amount=2, unit="days", after="entered")
        draft.say(
            "invitation",
            "Dear {{contact.first_name}}, a seat by the window is kept for you on {{campaign.event_date}}. Will you come?",
        )
        draft.put("Nudge", "email_send", after="invitation", says="Still there, {{contact.first_name}}?")


def address(page: Page, path: str) -> str:
    return "/".join(page.url.split("/", 3)[:3]) + path


def test_a_running_campaign_is_changed_and_changed_back(
    world: World, sign_in: SignIn, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = furnish(world)
    page = sign_in(world.acme.member)
    page.goto(address(page, f"/funnels/{run.now().graph_id}"))
    page.get_by_role("button", name="Change this funnel").click()
    expect(page.get_by_text("Draft of change").first).to_be_visible()
    # The draft has steps of its own, and shows who stands at those that it is a draft of.
    expect(page.get_by_role("link", name="3 here")).to_have_attribute(
        "href", re.compile(str(run.nodes["invitation"]))
    )
    expect(page.get_by_text("5 here")).to_be_visible()
    change(run)
    page.get_by_role("link", name="Review change").click()
    expect(page.get_by_role("heading", name="Review change", level=1)).to_be_visible()
    expect(page.get_by_text("comes again")).to_have_count(0)
    target = page.get_by_label("Where those at Pause are moved to")
    target.select_option(label="Invitation")
    page.get_by_label("Move them to another step").check()
    expect(page.get_by_text("Invitation comes again")).to_be_visible()
    picture(page, "change-review-light-1280")
    page.get_by_role("button", name="Apply change").click()
    expect(page.get_by_text("Version 2 is what people walk now.")).to_be_visible()
    nobody_is_lost(run)
    assert fits(page)
    page.get_by_role("link", name="Undo this change").click()
    expect(page.get_by_text("It is called version 3")).to_be_visible()
    # As if they were many: a job takes it back, and the page tells how far it is until it loads itself anew.
    monkeypatch.setattr(carrying, "AT_ONCE", 1)
    page.get_by_role("button", name="Undo this change").click()
    expect(page.get_by_text(re.compile(r"The change is being taken back: 0 of \d+ p"))).to_be_visible()
    monkeypatch.undo()
    world.work()
    expect(page.get_by_text("The change is being taken back")).to_have_count(0)
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_text(re.compile("Version 2 taken back"))).to_be_visible()
    nobody_is_lost(run)
    picture(page, "change-versions-light-1280")
    with world.acme.acting() as session:
        session.get_one(Campaign, (world.acme.id, run.id)).event_at = clock.now() + timedelta(days=70)
        session.commit()
    # Only pictures differ in the other windows.
    for theme, width in (("dark", 375), ("light", 375), ("dark", 1280))[: 3 if ARE_KEPT else 1]:
        other = sign_in(world.acme.member, theme=theme, width=width)
        if width == 375 and theme == "dark":
            change(run)
        for name, path in (
            ("review", "change"), ("versions", "versions"), ("undo", "versions/undo"),
            ("compare", "versions/compare?from=1&to=2"), ("told", "told"), ("campaign", ""),
        ):  # fmt: skip
            other.goto(address(other, f"/campaigns/{run.id}/{path}".rstrip("/")))
            assert fits(other)
            picture(other, f"change-{name}-{theme}-{width}")
    # Who finishes on an older version stands at no step of the picture, and is told beside it.
    with edited(run) as draft:
        draft.remove("invitation")
    applied(run, removed={"invitation": "finish"})
    page.goto(address(page, f"/funnels/{run.now().graph_id}"))
    expect(page.get_by_role("link", name=re.compile(r"^\d+ people on version \d$"))).to_have_attribute(
        "href", re.compile(r"\?version=\d$")
    )
