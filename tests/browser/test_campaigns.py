"""Campaigns as a BDR meets them, in Chromium: the list, one campaign, launching, resuming; every width, both themes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from loumass.campaigns import service
from loumass.channels.models import Channel
from loumass.core import clock
from tests.browser.fitting import fits
from tests.campaigns.cast import Run, ask, drafted, running, send, step, text_to, wait
from tests.campaigns.reading import template
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]
PEOPLE = (
    ("Priya Raman", "Foothill & Main Realty"), ("Marcus Bell", "Bell Brothers Realty"), ("Hannah Weiss", "Weiss Property Co."),
    ("Luis Ortega", "Mile High Listings"), ("Katie Brandt", "Brandt Realty"), ("Owen Fitzgerald", "Platte River Realty"),
    ("Amara Diallo", "RiNo Collective"), ("Ben Cho", "Highlands Home Team"), ("Nina Petrov", "Union Station Lofts"),
)  # fmt: skip
INVITATION = [
    step("part", "stage", name="Invitation"),
    send("invitation"),
    wait("pause", amount=3, unit="days"),
    ask("replied", {"yes": "mark", "no": "share"}, test="replied"),
    step("mark", "set_status", {"next": "remind"}, status="Needs BDR"),
    wait("remind", mode="event", days=1, direction="before", ways={"next": "reminder"}),
    text_to("reminder", ways={"next": "done"}),
    step("share", "split", {"a": "nudge", "b": "rest"}, a=50, b=50),
    text_to("nudge", ways={"next": "rest"}),
    wait("rest", amount=4, unit="days", ways={"next": "last"}),
    send("last", ways={"next": "done"}),
    step("done", "end"),
]  # fmt: skip


def furnish(world: World) -> Run:
    """A campaign in full swing: somebody at nearly every step, replies, bounces, holds."""
    people = [
        world.acme.contact(
            name,
            email=f"p{n}@people.example",
            phone=f"+1303555{1000 + n}",
            company=company,
            timezone="America/Los_Angeles" if n == 3 else None,
        )
        for n, (name, company) in enumerate(PEOPLE)
    ]
    crowd = [
        world.acme.contact(f"Guest {n}", email=f"g{n}@crowd.example", company="Crowd") for n in range(24)
    ]
    run = running(
        world.acme, INVITATION, *people, *crowd,
        event_type="in_person", event_name="Broker Night", event_at=clock.now() + timedelta(days=9), event_timezone="America/Denver", event_place="The Source Hotel",
        name="Denver Broker Night", is_exit_on_reply=True,
    )  # fmt: skip
    run.told()
    run.happened("message.bounced", crowd[0], permanent=True)
    run.happened("contact.unsubscribed", crowd[1], medium="email")
    run.happened("message.replied", people[0])
    world.later(days=4)
    run.told(only=people[1])
    run.told("in_doubt", only=people[5], attempted_at=clock.now())
    held, coming = run.of(people[2]).id, run.of(people[6]).id
    with world.acme.acting() as session:
        service.hold_people([held], world.acme.member.id)
        service.set_status([coming], "Received RSVP")
        session.get_one(Channel, (world.acme.id, run.sms.id)).state = "active"
        session.commit()
    run.add(*[world.acme.contact(f"Late {n}", email=f"l{n}@crowd.example") for n in range(4)])
    world.work()
    return run


def address(page: Page, path: str) -> str:
    return "/".join(page.url.split("/", 3)[:3]) + path


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 375)])
def test_a_campaign_in_every_light(
    world: World, sign_in: SignIn, picture: Picture, theme: str, width: int
) -> None:
    run = furnish(world)
    page = sign_in(world.acme.member, theme=theme, width=width)
    for name, path, heading in (
        ("campaigns", "/campaigns", "Campaigns"),
        ("campaign", f"/campaigns/{run.id}", "Denver Broker Night"),
        ("campaign-settings", f"/campaigns/{run.id}/settings", "Denver Broker Night"),
        ("campaign-content", f"/campaigns/{run.id}/content", "Denver Broker Night"),
        ("campaign-cancel", f"/campaigns/{run.id}/cancellation", "Cancel Denver Broker Night"),
    ):
        page.goto(address(page, path))
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        assert fits(page)
        picture(page, f"{name}-{theme}-{width}")


@pytest.mark.parametrize("width", [1440, 375])
def test_the_pages_that_ask(world: World, sign_in: SignIn, picture: Picture, width: int) -> None:
    template(world.acme)
    run = furnish(world)
    with world.acme.acting() as session:
        service.pause(run.id, world.acme.member.id)
        session.commit()
    world.later(days=3)
    page = sign_in(world.acme.member, width=width)
    for name, path in (
        ("campaign-resume", f"/campaigns/{run.id}/resume"),
        ("campaign-add", f"/campaigns/{run.id}/people/new?q=p"),
        ("campaign-forecast", f"/campaigns/{run.id}/people/new?everyone=1"),
        ("campaign-new", "/campaigns/new"),
    ):
        page.goto(address(page, path))
        assert fits(page)
        picture(page, f"{name}-{width}")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_template_to_running_by_visible_labels_only(
    world: World, sign_in: SignIn, picture: Picture, scripts: bool
) -> None:
    from tests.campaigns.cast import channel

    channel(world.acme, state="active")
    template(world.acme, name="Cold e-mail")
    world.acme.contact()
    page = sign_in(world.acme.member, scripts=scripts)
    page.get_by_role("link", name="Campaigns").first.click()
    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("Cold e-mail").check()
    page.get_by_label("Name", exact=True).fill("Broker Night")
    page.get_by_role("button", name="Create campaign").click()
    page.get_by_label("Search", exact=False).last.fill("priya")
    page.keyboard.press("Enter")
    page.get_by_label("Choose Priya Raman").check()
    page.get_by_role("button", name="Add the chosen people").click()
    page.get_by_role("link", name="Check and start").click()
    picture(page, "campaign-launch")
    page.get_by_role("button", name="Start campaign").click()
    expect(page.get_by_text("Running").first).to_be_visible()
    world.work()
    page.reload()
    expect(page.get_by_text("Priya Raman")).to_be_visible()
    page.get_by_label("Choose Priya Raman").check()
    picture(page, f"campaign-chosen-{scripts}")
    page.get_by_role("button", name="Hold").click()
    expect(page.get_by_text("Held by Ben Bdr")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused since")).to_be_visible()


def test_checks_say_what_is_missing(world: World, sign_in: SignIn, picture: Picture) -> None:
    run = drafted(world.acme, INVITATION, email_channel_id=None)
    run.add(world.acme.contact())
    page = sign_in(world.acme.member)
    page.goto(address(page, f"/campaigns/{run.id}/launch"))
    expect(page.get_by_text("No mailbox is chosen")).to_be_visible()
    expect(page.get_by_role("button", name="Start campaign")).to_be_disabled()
    picture(page, "campaign-launch-stopped")


def test_live_news_changes_rows_in_their_place_and_new_people_wait_to_be_asked_for(
    world: World, sign_in: SignIn, picture: Picture
) -> None:
    people = [world.acme.contact(f"Guest {n}", email=f"g{n}@crowd.example") for n in range(30)]
    run = running(world.acme, INVITATION, *people)
    page = sign_in(world.acme.member, height=700)
    page.goto(address(page, f"/campaigns/{run.id}"))
    expect(page.locator("body[data-live=on]")).to_be_attached()
    order = page.locator("[data-live-row] .person a").all_inner_texts()
    page.get_by_label("Choose Guest 7", exact=True).check()
    page.evaluate("window.scrollTo(0, 300)")
    row = page.locator("[data-live-row]").filter(has=page.get_by_role("link", name="Guest 7", exact=True))
    run.told(only=people[7])
    run.add(*[world.acme.contact(f"Late {n}", email=f"l{n}@crowd.example") for n in range(3)])
    world.work()
    expect(page.get_by_role("button", name="3 new", exact=True)).to_be_visible()
    expect(row.get_by_text("Messaged")).to_be_visible()
    expect(page.locator(".campaign-figures").get_by_text("33 enrolled")).to_be_visible()
    assert page.locator("[data-live-row] .person a").all_inner_texts() == order
    assert page.get_by_label("Choose Guest 7", exact=True).is_checked()
    assert page.evaluate("window.scrollY") == 300
    picture(page, "campaign-three-new")
    page.get_by_role("button", name="3 new", exact=True).click()
    expect(page.get_by_role("link", name="Late 2", exact=True)).to_be_visible()
    assert page.get_by_label("Choose Guest 7", exact=True).is_checked()
    expect(page.get_by_text("1 selected")).to_be_visible()


def test_a_list_without_anybody_fills_by_itself_and_the_state_in_the_head_follows(
    world: World, sign_in: SignIn
) -> None:
    run = running(world.acme, INVITATION)
    page = sign_in(world.acme.member)
    page.goto(address(page, f"/campaigns/{run.id}"))
    expect(page.get_by_text("Nobody is in it yet")).to_be_visible()
    expect(page.locator("body[data-live=on]")).to_be_attached()
    run.add(world.acme.contact())
    expect(page.get_by_role("link", name="Priya Raman")).to_be_visible()
    with world.acme.acting() as session:
        service.pause(run.id, world.acme.member.id)
        session.commit()
    expect(page.locator(".page-header").get_by_text("Paused")).to_be_visible()
    expect(page.locator(".page-header").get_by_role("button", name="Resume")).to_be_visible()
