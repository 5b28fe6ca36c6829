"""How people come in, by visible labels only, without scripts; and what the pages look like, at every width, in both themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from loumass.campaigns.trigger_models import Trigger
from tests.browser.fitting import fits
from tests.campaigns.cast import running, send, step, wait
from tests.campaigns.triggered import tagged, when
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]


def test_a_tag_is_made_a_way_in(world: World, sign_in: SignIn, picture: Picture) -> None:
    priya = world.acme.contact()
    first = running(world.acme, [send("hello"), step("end", "end")], name="Denver Broker Night")
    run = running(world.acme, [send("hello"), wait("pause"), step("end", "end")], name="Welcome to Foothill")
    page = sign_in(world.acme.member, scripts=False)
    page.goto(page.url.partition("/dashboard")[0].rstrip("/").split("/login")[0] + f"/campaigns/{run.id}")
    page.get_by_role("link", name="How people come in").click()
    page.get_by_role("link", name="Add a trigger").click()
    expect(page.get_by_text("Comes with commerce").first).to_be_visible()
    page.get_by_role("link", name="A tag is added").click()
    page.get_by_role("button", name="Add trigger").click()
    expect(page.get_by_text("Write which tag it is.").first).to_be_visible()
    page.get_by_label("Tag", exact=True).fill("Lead")
    page.get_by_role("button", name="Add trigger").click()
    expect(page.get_by_role("link", name="When the tag Lead is added")).to_be_visible()
    tagged(world.acme, "Lead", priya)
    page.goto(page.url.removesuffix("/triggers"))
    expect(page.get_by_text("By hand or import, or when the tag Lead is added", exact=False)).to_be_visible()
    expect(page.get_by_text("Priya Raman")).to_be_visible()
    page.get_by_role("link", name="How people come in").click()
    page.get_by_role("button", name="Switch off: When the tag Lead is added").click()
    expect(page.get_by_text("Off. Nobody comes in by it.", exact=True)).to_be_visible()
    address = page.url
    when(run, "called", title="Website form", existing="fill", tag="", then="")
    when(run, "date_field", field="company", days=30, side="before", yearly="no")
    when(
        run,
        "outcome",
        campaign=str(first.id),
        when="status",
        status="No Show",
        looks_at="message",
        repeats="every",
        pause=30,
    )
    with world.acme.acting() as session:
        session.execute(
            update(Trigger)
            .where(Trigger.kind == "outcome")
            .values(problem="3 people came round in a circle.", problem_at=Trigger.created_at)
        )
        session.commit()
    for width, theme in ((1280, "light"), (375, "dark")):
        page = sign_in(world.acme.member, width=width, theme=theme)
        for name, path in (
            ("triggers", ""), ("trigger-kinds", "/new"), ("trigger-outcome", "/new?kind=outcome"), ("trigger-date", "/new?kind=date_field"),
        ):  # fmt: skip
            page.goto(address + path)
            assert fits(page)
            picture(page, f"{name}-{theme}-{width}")
            if name == "trigger-outcome":
                assert page.get_by_label("Campaign", exact=True).inner_text().split("\n") == [
                    "Choose a campaign",
                    "Denver Broker Night",
                ]
        page.goto(address.removesuffix("/triggers") + "/settings")
        assert fits(page)
        picture(page, f"trigger-settings-{theme}-{width}")
        page.goto(address.removesuffix("/triggers"))
        assert fits(page)
        picture(page, f"trigger-campaign-{theme}-{width}")
