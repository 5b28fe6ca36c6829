"""Why is this waiting, rules and pools as people meet them, in Chromium, on both widths and in both themes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from loumass.campaigns.models import CampaignSender
from loumass.core import clock
from tests.browser.fitting import fits
from tests.campaigns.cast import running, send, step
from tests.messages.limits import branded, did, ruled
from tests.messages.sending import campaign, changed, mailbox, number, people, stream
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 375)])
def test_limits_in_every_light(
    world: World, sign_in: SignIn, picture: Picture, theme: str, width: int
) -> None:
    ruled(
        world.acme, contact_per_day=2, contact_per_week=5, quiet_until=420, quiet_reason="All asked for it in writing.",
        quiet_by_id=world.acme.admin.id, quiet_changed_at=clock.now(),
    )  # fmt: skip
    maya = mailbox(
        world.acme, "mia@acme.example", daily_cap=50, warmup_start=2, warmup_step=5, warmup_ceiling=40,
        warmup_since=date(2026, 3, 1), minimum_gap_seconds=40, gap_jitter=50,
    )  # fmt: skip
    did(world.acme, maya, *(date(2026, 3, day) for day in (1, 2)))
    text = number(world.acme, "+13035550142")
    branded(world.acme, 400, text)
    gone = mailbox(world.acme, "gone@acme.example")
    crowd = people(world.acme, 3, timezone="America/Denver", timezone_source="phone")
    run = running(world.acme, [send("hello"), step("done", "end")], *crowd, email_channel_id=gone.id)
    with world.acme.acting() as session:
        session.execute(insert(CampaignSender), [{"campaign_id": run.id, "channel_id": maya.id}])
        session.commit()
    changed(world.acme, gone, state="paused", stopped_at=clock.now())
    late = world.acme.contact("Priya Raman", phone="+13035550117", timezone="America/Denver")
    run.add(late)
    changed(world.acme, maya, state="paused", stopped_at=clock.now())
    (message_id,) = campaign(world.acme, text, [late], stream(world.acme))
    changed(world.acme, text, state="disconnected", state_reason="The number was given back.")
    page = sign_in(world.acme.admin, theme=theme, width=width)
    home = "/".join(page.url.split("/", 3)[:3])

    def look(path: str, name: str) -> None:
        page.goto(home + path)
        expect(page.locator("main")).to_be_visible()
        assert fits(page)
        picture(page, f"limits-{name}-{theme}-{width}")

    look(f"/messages/{message_id}/waiting", "waiting")
    look("/channels/rules", "rules")
    look(f"/channels/{maya.id}", "channel")
    look(f"/channels/{text.id}", "number")
    look(f"/campaigns/{run.id}/settings", "pool")
    look(f"/contacts/{late.id}", "person")
    page.get_by_role("link", name="Every limit").first.click()
    dialog = page.locator("#why-dialog")
    expect(dialog.get_by_text("Daily cap")).to_be_visible()
    expect(dialog.get_by_text("The number was given back.")).to_be_visible()
    assert fits(page)
    picture(page, f"limits-dialog-{theme}-{width}")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).not_to_be_visible()
    queued = mailbox(world.acme, "slow@acme.example")
    changed(world.acme, queued, state="paused", stopped_at=clock.now())
    campaign(world.acme, queued, crowd, stream(world.acme))
    clock.advance(timedelta(days=2))
    look(f"/channels/{queued.id}/resumption", "resumption")
    look("/channels", "channels")
    look(f"/campaigns/{run.id}", "campaign")
