"""Names that links go out under, and what a campaign's readers did, in Chromium: on every width and in both themes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from loumass.analytics.models import DailyCount
from loumass.channels.tracking_models import TrackingDomain
from loumass.content.models import ContentLink
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.messages.hit_models import HitCount
from tests.browser.fitting import fits
from tests.campaigns.cast import Run, drafted, send, step, wait
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]


def furnish(world: World) -> Run:
    """Three names in all states, and a campaign whose mails were opened by people and machines."""
    run = drafted(world.acme, [send("hello"), wait("pause"), send("again"), step("done", "end")])
    now, common = clock.now(), {"stream_id": run.id, "last_at": clock.now()}
    with world.acme.acting() as session:
        for name, state, reason in (
            ("go.acme.example", "verified", ""),
            ("links.acme-events.example", "failing", "links.acme-events.example points to parked.example. It must point to loumass.example."),
            ("click.acme.example", "pending", "click.acme.example was not found (no such name). A new record can take an hour to be seen everywhere."),
        ):  # fmt: skip
            session.add(
                TrackingDomain(name=name, state=state, reason=reason, checked_at=now - timedelta(hours=2))
            )
        links = [ContentLink(source_id=uuid7(), number=n, href=href) for n, href in enumerate(("https://acme.example/dinner?who={{contact.first_name}}", "https://acme.example/a/rather/long/path/to/the/place/where/we/meet"))]  # fmt: skip
        session.add_all(links)
        session.flush()
        for key, people in (("hello", 40), ("again", 12)):
            for n in range(people):
                _hits(session, run.nodes[key], uuid7(), n, [one.ref for one in links], common)
        for back in range(12):
            day = (now - timedelta(days=back)).date()
            for kind, count in (("message.opened", 3 + back % 5), ("message.clicked", 1 + back % 3)):
                session.add(DailyCount(day=day, kind=kind, campaign_id=run.id, count=count))
        session.commit()
    return run


def _hits(session: Any, node: UUID, message: UUID, n: int, links: list[int], common: dict[str, Any]) -> None:
    human, machine, unknown = n % 3 == 0, n % 3 == 1, n % 3 == 2
    for link in (0, links[n % 2]):
        session.add(HitCount(message_id=message, link=link, node_id=node, human=int(human), machine=int(machine),
                             unknown=int(unknown), first_human_at=common["last_at"] if human else None, **common))  # fmt: skip


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 375)])
def test_names_and_readers_in_every_light(
    world: World, sign_in: SignIn, picture: Picture, theme: str, width: int
) -> None:
    run = furnish(world)
    page = sign_in(world.acme.admin, theme=theme, width=width)
    home = "/".join(page.url.split("/", 3)[:3])
    page.goto(f"{home}/tracking")
    expect(page.get_by_role("heading", name="Tracking", exact=True)).to_be_visible()
    expect(page.get_by_text("It must point to loumass.example.")).to_be_visible()
    assert fits(page)
    picture(page, f"tracking-{theme}-{width}")
    page.get_by_role("textbox", name="Name").fill("acme")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("is not a name below your domain").first).to_be_visible()
    page.get_by_label("Tell who clicked a link").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Tell who clicked a link")).to_be_checked()
    page.goto(f"{home}/campaigns/{run.id}/reading")
    expect(page.get_by_text("Step by step")).to_be_visible()
    assert fits(page)
    picture(page, f"reading-{theme}-{width}")
    page.goto(f"{home}/campaigns/{run.id}/settings")
    expect(page.get_by_label("Tell who clicked a link")).to_have_value("")
    assert fits(page)
    picture(page, f"tracking-settings-{theme}-{width}")
    with world.acme.acting() as session:
        assert len(session.scalars(select(TrackingDomain)).all()) == 3
