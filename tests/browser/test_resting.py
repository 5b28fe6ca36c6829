"""What somebody is at stays while the page changes around them: an open menu, a dialog, words they type. Answers are held back on their way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from loumass.channels.models import Channel
from loumass.inbox.models import Draft
from loumass.messages.models import Conversation
from tests.browser.test_inbox import furnish
from tests.inbox.desk import PRIYA, outgoing
from tests.messages.letters import brings, email, one, rows
from tests.waiting import until
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
LABEL = "New label"


class HeldBack:
    """The answers to one address: the server has done what it was asked, the page learns of it by `let_go`."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._under_way: list[Callable[[], None]] = []
        page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        self._under_way.append(lambda: route.fulfill(response=answer))

    def arrived(self) -> None:
        """Wait until the server has answered."""
        while not self._under_way:
            self._page.wait_for_timeout(20)

    def let_go(self) -> None:
        """Let the page have its answers."""
        while self._under_way:
            self._under_way.pop(0)()


@pytest.fixture
def priyas(world: World, server: str, sign_in: SignIn) -> Page:
    """Priya's thread, as Ann sees it, with its stream open."""
    furnish(world)
    page = sign_in(world.acme.agent)
    page.goto(f"{server}/inbox/{one(world.acme, Conversation, medium='email').id}")
    page.wait_for_load_state("load")
    expect(page.locator("body[data-live=on]")).to_be_attached()
    return page


def send(page: Page, words: str, how: str = "Send and keep open") -> HeldBack:
    """Type and send; its answer is under way."""
    answers = HeldBack(page, "**/replies")
    box(page).fill(words)
    if how == "Send and keep open":
        page.get_by_title("More ways to send").click()
    page.get_by_role("button", name=how).click()
    answers.arrived()
    return answers


def box(page: Page) -> Locator:
    return page.get_by_label("Answer to Priya Raman")


@pytest.mark.parametrize("how", ["Send and keep open", "Send and close"])
def test_a_menu_that_is_opened_while_the_answer_is_under_way_stays(
    world: World, priyas: Page, how: str
) -> None:
    page = priyas
    answers = send(page, "Gladly", how)
    expect(page.locator("#thread").get_by_text("Gladly", exact=True)).to_be_visible()
    page.get_by_label("Labels").click()
    page.get_by_label(LABEL).press_sequentially("VI")
    answers.let_go()
    page.get_by_label(LABEL).press_sequentially("P")
    expect(page.get_by_label(LABEL)).to_have_value("VIP")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".thread-marks").get_by_text("VIP")).to_be_visible()
    expect(page.locator("#thread").get_by_text("Gladly", exact=True)).to_have_count(1)
    expect(box(page)).to_have_text("")
    assert [message.reply_text for message in outgoing(world)] == ["Gladly"]


def test_the_page_goes_on_when_the_menu_closes(world: World, priyas: Page) -> None:
    page = priyas
    answers = send(page, "Gladly", "Send and close")
    page.get_by_label("Labels").click()
    expect(page.get_by_label(LABEL)).to_be_visible()
    answers.let_go()
    page.get_by_label(LABEL).press_sequentially("VIP")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Tom Okafor", level=2)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Priya Raman", level=2)).to_be_visible()


def test_words_that_follow_the_answer_stay_in_the_box_and_are_the_next_one(
    world: World, priyas: Page
) -> None:
    page = priyas
    answers = send(page, "Gladly")
    page.keyboard.press("Escape")
    box(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" And one more: ")
    answers.let_go()
    expect(box(page)).to_have_text("And one more:")
    expect(box(page)).to_be_focused()
    page.keyboard.type("parking")
    expect(box(page)).to_have_text("And one more: parking")
    page.keyboard.press("Control+Enter")
    answers.arrived()
    answers.let_go()
    expect(page.get_by_role("heading", name="Tom Okafor", level=2)).to_be_visible()
    assert sorted(message.reply_text for message in outgoing(world)) == ["And one more: parking", "Gladly"]


def test_words_for_somebody_whose_page_is_left_are_their_draft(world: World, priyas: Page) -> None:
    page = priyas
    answers = send(page, "Gladly", "Send and close")
    box(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" PS: parking")
    answers.let_go()
    expect(page.get_by_role("heading", name="Tom Okafor", level=2)).to_be_visible()
    until(lambda: [draft.text for draft in rows(world.acme, Draft)] == ["PS: parking"], "her draft has them")


def test_words_that_are_not_kept_yet_survive_what_is_done_beside_them(world: World, priyas: Page) -> None:
    page = priyas
    box(page).fill("Half a sen")
    page.get_by_label("Labels").click()
    page.get_by_label(LABEL).fill("VIP")
    page.keyboard.press("Enter")
    expect(page.locator(".thread-marks").get_by_text("VIP")).to_be_visible()
    expect(box(page)).to_have_text("Half a sen")


def test_what_is_left_out_of_an_answer_stays_left_out_when_the_thread_changes(
    world: World, priyas: Page
) -> None:
    page = priyas
    leave_out = page.get_by_label("Leave it out of this answer")
    page.get_by_label("Quoted below the answer").click()
    leave_out.check()
    brings(world.acme, one(world.acme, Channel, medium="email"), email(PRIYA, "Is there parking?"))
    expect(page.locator("#thread")).to_contain_text("Is there parking?")
    expect(leave_out).to_be_checked()
    expect(leave_out).to_be_visible()
    send(page, "Gladly").let_go()
    expect(page.locator("#thread")).to_contain_text("Gladly")
    page.get_by_label("Quoted below the answer").click()
    expect(leave_out).not_to_be_checked()
    assert "Is there parking?" not in outgoing(world)[-1].text


def test_words_on_their_way_survive_a_page_that_was_drawn_without_them(world: World, priyas: Page) -> None:
    page, under_way = priyas, list[Route]()

    def hold(route: Route) -> None:
        under_way.append(route)

    page.route("**/draft", hold, times=1)
    box(page).fill("Half a sen")
    while not under_way:
        page.wait_for_timeout(20)
    page.get_by_label("Labels").click()
    page.get_by_label(LABEL).fill("VIP")
    page.keyboard.press("Enter")
    expect(page.locator(".thread-marks").get_by_text("VIP")).to_be_visible()
    expect(box(page)).to_have_text("Half a sen")
    under_way[0].continue_()
    until(
        lambda: [draft.text for draft in rows(world.acme, Draft)] == ["Half a sen"],
        "they are kept as a draft",
    )


def test_a_search_goes_on_while_the_list_changes(world: World, priyas: Page) -> None:
    page = priyas
    page.get_by_role("link", name="Tom Okafor").click()
    expect(page.get_by_role("heading", name="Tom Okafor", level=2)).to_be_visible()
    search = page.get_by_label("Search people, addresses, subjects and messages")
    search.press_sequentially("par")
    brings(world.acme, one(world.acme, Channel, medium="email"), email(PRIYA, "Is there parking?"))
    expect(page.locator("#people").get_by_text("Is there parking?")).to_be_visible()
    expect(search).to_be_focused()
    page.keyboard.type("king")
    expect(search).to_have_value("parking")
    page.keyboard.press("Enter")
    expect(page.locator("#people").get_by_role("link", name="Priya Raman")).to_be_visible()


def test_news_wait_for_a_menu_of_their_part_and_come_when_it_closes(world: World, priyas: Page) -> None:
    page = priyas
    page.locator("#thread .reply-kind summary").click()
    page.locator("#people").get_by_label("Filter").evaluate("one => one.parentElement.open = true")
    brings(world.acme, one(world.acme, Channel, medium="email"), email(PRIYA, "Is there parking?"))
    expect(page.locator("#rail-inbox-index")).to_contain_text("3")
    expect(page.locator("#people details.menu[open], #thread details.menu[open]")).to_have_count(2)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    for part in ("#people", "#thread"):
        expect(
            page.locator(part).get_by_text("Is there parking?").locator("visible=true").first
        ).to_be_visible()


def test_the_page_behind_the_palette_waits_for_it(world: World, priyas: Page) -> None:
    page = priyas
    answers = send(page, "Gladly", "Send and close")
    page.keyboard.press("Control+k")
    page.keyboard.type("note")
    answers.let_go()
    brings(world.acme, one(world.acme, Channel, medium="email"), email(PRIYA, "Is there parking?"))
    expect(page.get_by_role("option", name="Note N")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Tom Okafor", level=2)).to_be_visible()
