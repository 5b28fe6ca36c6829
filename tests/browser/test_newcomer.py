"""Somebody who knows nothing of Loumass but what stands on the screen builds a funnel from an empty canvas."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from loumass.funnels import queries, service
from loumass.funnels.checking import problems_of
from loumass.funnels.models import Template
from tests.browser.conftest import OpenPage
from tests.world import PASSWORD, World

pytestmark = pytest.mark.browser
#: Signing in and opening an empty template take 8, the funnel with its two e-mails 13. `docs/builder.md` tells this number.
MOST_ACTIONS = 21


class Newcomer:
    """Presses and types, nothing else, and only where a name can be read. Each press, typing and key is an action."""

    def __init__(self, page: Page) -> None:
        self.page, self.actions = page, 0

    def press(self, role: str, name: str, among: str = "") -> None:
        around = self.page.get_by_role("complementary", name=among) if among else self.page
        self.actions += 1
        around.get_by_role(role, name=name, exact=True).click()  # pyright: ignore[reportArgumentType]

    def key(self, name: str) -> None:
        self.actions += 1
        self.page.keyboard.press(name)

    def write(self, field: str, words: str) -> None:
        """Where the caret is not there yet, the field is pressed first."""
        place = self._field(field)
        expect(place).to_be_visible()
        if not self._has_caret(place):
            self.actions += 1
            place.click()
        self.actions += 1
        self.page.keyboard.type(words)

    def begins_in(self, field: str) -> None:
        """The page put the caret there by itself."""
        expect(self._field(field)).to_be_focused()

    def _field(self, name: str) -> Locator:
        return self.page.get_by_role("textbox", name=name, exact=True).or_(
            self.page.get_by_label(name, exact=True).and_(self.page.locator("input"))
        )

    def _has_caret(self, place: Locator) -> bool:
        return place.evaluate("one => one === document.activeElement")


def test_a_newcomer_builds_two_branches_from_an_empty_canvas(
    world: World, open_page: OpenPage, server: str, picture: Callable[[Page, str], None]
) -> None:
    page = open_page(width=1280, height=800)
    page.goto(server)
    one = Newcomer(page)
    one.begins_in("E-mail")
    one.write("E-mail", world.acme.member.user.email)
    one.write("Password", PASSWORD)
    one.key("Enter")
    one.press("link", "Templates")
    one.press("link", "New template")
    one.begins_in("Name")
    one.write("Name", "Broker night")
    one.key("Enter")
    expect(page.get_by_role("heading", name="What happens first?")).to_be_visible()

    def put(label: str) -> None:
        one.press("button", label, among="Steps to add")

    put("E-mail")
    one.begins_in("Subject")
    one.write("Subject", "A seat for you")
    one.write("Text, block 1", "Will you come on Thursday?")
    for label in ("Wait", "Condition", "Task", "End"):
        put(label)
    # The way that is still open, “no”, is where the next step goes.
    put("E-mail")
    one.begins_in("Subject")
    one.write("Subject", "Still there?")
    one.write("Text, block 1", "The seat is kept until Monday.")
    put("End")
    expect(page.get_by_text("No problems", exact=True)).to_be_visible()
    picture(page, "newcomer")
    assert one.actions <= MOST_ACTIONS
    with world.acme.acting() as session:
        graph_id = session.query(Template).one().draft_graph_id
        graph = service.graph_of(graph_id)
        assert {(graph.node(way.source).name, way.branch, graph.node(way.target).name) for way in graph.edges} == {
            ("E-mail", "next", "Wait"), ("Wait", "next", "Condition"), ("Condition", "yes", "Task"), ("Task", "next", "End"),
            ("Condition", "no", "E-mail 2"), ("E-mail 2", "next", "End 2"),
        }  # fmt: skip
        written = {words.subject: words.text for words in queries.written_in(graph_id).values()}
        assert written.keys() == {"A seat for you", "Still there?"}
        assert "Will you come on Thursday?" in written["A seat for you"]
        assert problems_of(graph_id) == []
