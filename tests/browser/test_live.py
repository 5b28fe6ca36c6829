"""News as people see it in Chromium: a reply that comes while they type, counts, and one notice on the desktop for all tabs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from loumass.contacts.models import Contact
from loumass.core.tenancy import get_or_404
from loumass.inbox.desk import notifying
from loumass.inbox.desk.models import Notification
from tests.inbox.desk import PRIYA, channel_of, replied
from tests.messages.letters import brings, email, rows, written
from tests.waiting import until
from tests.world import World

pytestmark = pytest.mark.browser
COUNT = "#rail-inbox-notifications"
#: Every number that stood there, were it for a moment.
SEEN = """
    (place) => {
        window.seen = [];
        new MutationObserver(() => window.seen.push(place.textContent.trim())).observe(place, { childList: true, subtree: true });
    }
"""
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]
#: What a person would see beside the clock, kept for all tabs of the browser.
NOTICES = """
    window.Notification = class {
        static permission = "granted";
        static requestPermission = async () => "granted";
        constructor(title, { body, tag }) {
            localStorage.setItem("shown", JSON.stringify([...JSON.parse(localStorage.getItem("shown") ?? "[]"), [title, body, tag]]));
        }
    };
"""
COUNTED = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/live/counts')).length"


def test_a_reply_comes_while_one_types_and_is_shown_once_on_the_desktop(
    world: World, server: str, sign_in: SignIn, picture: Picture
) -> None:
    talk = replied(world, "Which room is it?")
    assert talk.contact_id is not None
    with world.acme.acting() as session:
        get_or_404(Contact, talk.contact_id).owner_id = world.acme.agent.id
        session.commit()
    page = sign_in(world.acme.agent)
    page.context.add_init_script(NOTICES)
    page.goto(f"{server}/notifications")
    page.get_by_role("button", name="Show on the desktop").click()
    expect(page.get_by_text("Shown on the desktop.")).to_be_visible()
    picture(page, "live-notifications")
    other = page.context.new_page()
    other.goto(f"{server}/contacts")
    page.goto(f"{server}/inbox/{talk.id}")
    for tab in (page, other):
        expect(tab.locator("body[data-live=on]")).to_be_attached()
    answer = page.get_by_label("Answer to Priya Raman")
    answer.click()
    page.keyboard.type("Half a sentence")
    brings(
        world.acme,
        channel_of(world, talk),
        email(PRIYA, "One more thing: parking?", message_id="<second@foothill.example>"),
    )
    expect(page.locator("#thread")).to_contain_text("One more thing: parking?")
    expect(answer).to_have_text("Half a sentence")
    expect(answer).to_be_focused()
    expect(page.locator("#rail-inbox-notifications .rail-count")).to_have_count(0)
    shown = "JSON.parse(localStorage.getItem('shown') ?? '[]')"
    until(
        lambda: len(page.evaluate(shown)) == 1, "the answer is shown before there is something else to show"
    )
    # About somebody else: who looks at Priya has not seen it.
    elsewhere = written(
        world.acme, channel_of(world, talk), world.acme.contact("Omar Haddad", "omar@foothill.example")
    )
    with world.acme.acting() as session:
        notifying.tell(
            "mention", [world.acme.agent.id], elsewhere.conversation_id, actor_id=world.acme.admin.id
        )
        session.commit()
    for tab in (page, other):
        tab.bring_to_front()
        expect(tab.locator("#rail-inbox-notifications .rail-count")).to_have_text("1")
        expect(tab.locator("#rail-inbox-index .rail-count")).to_have_text("1")
    until(lambda: len(page.evaluate(shown)) >= 2, "both notices are shown")
    said = page.evaluate(shown)
    assert [one[0] for one in said] == [
        "Priya Raman wrote",
        "Ada Admin mentioned you in a note about Omar Haddad",
    ], said
    assert len({one[2] for one in said}) == 2


def test_a_notice_about_whom_one_looks_at_is_never_counted_there_and_not_for_long_elsewhere(
    world: World, server: str, sign_in: SignIn
) -> None:
    talk, agent = replied(world), world.acme.agent
    page = sign_in(agent)
    other = page.context.new_page()
    other.goto(f"{server}/contacts")
    page.goto(f"{server}/inbox/{talk.id}")
    for tab in (page, other):
        expect(tab.locator("body[data-live=on]")).to_be_attached()
        tab.locator(COUNT).evaluate(SEEN)
    # Nothing else happens: no other news has the thread look again.
    with world.acme.acting() as session:
        notifying.tell("turn", [agent.id], talk.id)
        session.commit()
    until(
        lambda: all(one.read_at for one in rows(world.acme, Notification, user_id=agent.id)),
        "whoever looks has read it",
    )
    for tab in (page, other):
        until(lambda tab=tab: tab.evaluate(COUNTED), "it counted")
    expect(page.locator(f"{COUNT} .rail-count")).to_have_count(0)
    assert "1" not in page.evaluate("window.seen")
    expect(other.locator(f"{COUNT} .rail-count")).to_have_count(0)


def test_what_one_is_told_before_the_stream_is_open_is_counted_once_it_is(
    world: World, server: str, sign_in: SignIn
) -> None:
    talk, agent = replied(world), world.acme.agent
    page = sign_in(agent)
    expect(page.locator("body[data-live=on]")).to_be_attached()
    under_way: list[Route] = []

    def hold(route: Route) -> None:
        under_way.append(route)

    page.route("**/live?**", hold)
    page.goto(f"{server}/contacts")
    while not under_way:
        page.wait_for_timeout(20)
    with world.acme.acting() as session:
        notifying.tell("turn", [agent.id], talk.id)
        session.commit()
    expect(page.locator(f"{COUNT} .rail-count")).to_have_count(0)
    under_way.pop().continue_()
    expect(page.locator(f"{COUNT} .rail-count")).to_have_text("1")
