"""Pages full of long names, by keyboard: each stop is seen, menus stay inside the window, and what is cut has a title."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from loumass.inbox.desk.models import ConversationLabel, Label
from loumass.inbox.models import Snippet
from tests.browser.fitting import fits, hidden_rings, lost_menus, untitled
from tests.house import furniture
from tests.house.furnished import furnish
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
LONG = "Waiting for the venue to confirm the second evening"


@pytest.fixture
def addresses(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pages on which much can be pressed."""
    monkeypatch.setattr(furniture, "MARK", "Wolfeschlegelsteinhausenbergerdorff")
    house = furnish(world.acme)
    with world.acme.acting() as session:
        label = Label(name=LONG, name_key=LONG.casefold(), colour="amber")
        session.add(label)
        session.flush()
        session.add(ConversationLabel(conversation_id=house.conversation, label_id=label.id))
        session.add(Snippet(created_by_id=world.acme.admin.id, name=LONG * 2, shortcut="venue", text="Soon"))
        session.commit()
    return [
        f"/inbox/{house.conversation}", f"/contacts/{house.contact}", f"/campaigns/{house.running_campaign}",
        f"/campaigns/{house.running_campaign}/figures", f"/campaigns/{house.campaign}/settings", f"/imports/{house.contact_import}",
        f"/content/{house.content}", "/contacts", "/tasks", "/audit", "/figures", "/dashboard", "/channels", "/inbox", "/inbox/labels",
        "/members", "/notifications", "/deliverability",
    ]  # fmt: skip


@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [1280, 320])
def test_whoever_tabs_through_a_page_sees_where_they_are(
    addresses: list[str], world: World, server: str, sign_in: SignIn, width: int
) -> None:
    page = sign_in(world.acme.admin, width=width)
    wrong = dict[str, list[str]]()
    for address in addresses:
        page.goto(server + address)
        found = [*hidden_rings(page), *lost_menus(page), *untitled(page)]
        if found or not fits(page):
            wrong[address] = found or ["scrolls sideways"]
    assert not wrong, "\n".join(f"{address}\n  " + "\n  ".join(found) for address, found in wrong.items())


@pytest.mark.parametrize("width", [768, 320])
def test_the_stops_of_an_answer_are_in_the_order_in_which_they_stand(
    addresses: list[str], world: World, server: str, sign_in: SignIn, width: int
) -> None:
    page = sign_in(world.acme.admin, width=width, height=700)
    page.goto(server + addresses[0])
    box = page.locator(".composer [role=textbox]")
    expect(box).to_be_visible()
    height = box.bounding_box()
    page.locator(".composer-copies > summary").focus()
    page.keyboard.press("Tab")
    expect(box).to_be_focused()
    assert box.bounding_box() == height, "nothing jumps"
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Bold")).to_be_focused()
    snippets = page.locator(".composer summary[aria-label=Snippets]")
    for opener in (snippets, page.get_by_title("More ways to send")):
        opener.focus()
        page.keyboard.press("Enter")
        items = opener.locator("xpath=..").locator(".menu-item")
        page.keyboard.press("ArrowDown")
        expect(items.first).to_be_focused()
        page.keyboard.press("Escape")
        expect(opener).to_be_focused()
        expect(items.first).to_be_hidden()


def test_a_label_is_taken_off_however_long_its_name_is(
    addresses: list[str], world: World, server: str, sign_in: SignIn
) -> None:
    page = sign_in(world.acme.admin, width=320)
    page.goto(server + addresses[0])
    page.get_by_label(f"Take off {LONG}").click()
    expect(page.locator(".thread-marks").get_by_text(LONG)).to_have_count(0)
