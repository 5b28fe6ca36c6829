"""Funnels built in a real Chromium: with the mouse, and with the keyboard alone; what is stored is what was drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, Position, expect

from loumass.funnels import queries, service
from tests.browser.conftest import SignIn
from tests.browser.fitting import fits
from tests.funnels.made import INVITATION, Made
from tests.world import World

pytestmark = pytest.mark.browser
Picture = Callable[[Page, str], None]
#: The funnel of both tests: (step, branch, step), people begin at the first.
WANTED = {
    ("Hello", "next", "Wait"), ("Wait", "next", "Stage"), ("Stage", "next", "Condition"), ("Condition", "yes", "Set status"),
    ("Set status", "next", "End"), ("Condition", "no", "Split"), ("Split", "a", "Text"), ("Split", "b", "Tag"),
    ("Text", "next", "End 2"), ("Tag", "next", "End 2"),
}  # fmt: skip


@pytest.fixture
def empty(world: World) -> UUID:
    """The draft of a template without steps."""
    with world.acme.acting() as session:
        template = service.create("Broker night")
        session.commit()
    return template.draft_graph_id


def drawn(world: World, graph_id: UUID) -> set[tuple[str, str, str]]:
    """The ways that are stored, by the names of steps."""
    with world.acme.acting():
        graph = service.graph_of(graph_id)
        return {(graph.node(w.source).name, w.branch, graph.node(w.target).name) for w in graph.edges}


def begin(world: World, graph_id: UUID) -> str:
    with world.acme.acting():
        graph = service.graph_of(graph_id)
        return graph.node(graph.start).name if graph.start else ""


def saved(page: Page) -> None:
    expect(page.locator("#builder-state")).to_contain_text(re.compile("^Saved"))


def step(page: Page, name: str) -> Locator:
    return page.locator("[data-step]").filter(has=page.get_by_text(name, exact=True))


def exit_of(page: Page, name: str, branch: str) -> Locator:
    return (
        page.locator(".react-flow__node")
        .filter(has=page.get_by_text(name, exact=True))
        .locator(f'[data-handleid="{branch}"]')
    )


def pull(page: Page, name: str, branch: str, to: str) -> None:
    """Drag a way out of a step onto another one."""
    exit_of(page, name, branch).hover()
    page.mouse.down()
    box = step(page, to).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 30, steps=6)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 2, steps=4)
    page.mouse.up()


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name=re.compile("^Step "))


def kind(page: Page, label: str) -> Locator:
    return page.get_by_role("complementary", name="Steps to add").get_by_role(
        "button", name=label, exact=True
    )


def test_ten_steps_are_built_with_the_mouse(
    world: World, sign_in: SignIn, server: str, picture: Picture, empty: UUID
) -> None:
    with world.acme.acting() as session:
        other = service.create("Broker night again").draft_graph_id
        session.commit()
    page = sign_in(world.acme.member, width=1440, height=1100)
    page.goto(f"{server}/funnels/{empty}")
    canvas = page.locator(".builder-canvas")
    expect(page.get_by_role("heading", name="What happens first?")).to_be_visible()
    kind(page, "E-mail").drag_to(canvas, target_position={"x": 420, "y": 160})
    form = panel(page)
    form.get_by_label("Name", exact=True).fill("Hello")
    form.get_by_label("Subject").fill("A seat for you")
    form.get_by_text("Plain text", exact=True).click()
    form.get_by_label("Text", exact=True).fill("Will you come?")
    step(page, "Hello").click()
    for label in ("Wait", "Condition", "Set status", "End"):
        kind(page, label).click()
        expect(step(page, label)).to_be_focused()
    # Into the middle of a way, over the way itself.
    condition = step(page, "Condition").bounding_box()
    frame = canvas.bounding_box()
    assert condition
    assert frame
    spot: Position = {
        "x": condition["x"] + condition["width"] / 2 - frame["x"],
        "y": condition["y"] - 18 - frame["y"],
    }
    kind(page, "Stage").drag_to(canvas, target_position=spot)
    expect(step(page, "Stage")).to_be_visible()
    # Dropped beside and connected by hand.
    page.get_by_role("button", name="Arrange the steps").click()
    for label, x, y in (("Split", 620, 600), ("Text", 500, 730), ("Tag", 740, 730)):
        kind(page, label).drag_to(canvas, target_position={"x": x, "y": y})
        expect(step(page, label)).to_be_visible()
    page.keyboard.press("Escape")
    pull(page, "Condition", "no", "Split")
    pull(page, "Split", "a", "Text")
    pull(page, "Split", "b", "Tag")
    step(page, "Text").click()
    kind(page, "End").click()
    expect(step(page, "End 2")).to_be_visible()
    # Press the dot, then the step.
    exit_of(page, "Tag", "next").click()
    expect(page.get_by_text("Press the step that")).to_be_visible()
    step(page, "End 2").click()
    saved(page)
    page.get_by_role("button", name="Arrange the steps").click()
    saved(page)
    picture(page, "builder-mouse")
    assert drawn(world, empty) == WANTED
    assert begin(world, empty) == "Hello"
    with world.acme.acting():
        graph = service.graph_of(empty)
        assert [draft.subject for draft in queries.written_in(empty).values()] == ["A seat for you"]
        assert len(graph.nodes) == 10
        assert None not in {x for place in queries.places_in(empty).values() for x in place}
    page.keyboard.press("Escape")
    # What one did wrong is undone; a deleted step leaves its neighbours joined.
    step(page, "Stage").click()
    page.get_by_role("button", name="Delete step").click()
    saved(page)
    page.get_by_role("button", name="Undo: Stage deleted.").click()
    expect(step(page, "Stage")).to_be_visible()
    saved(page)
    expect(page.get_by_role("button", name="Undo: Stage deleted.")).to_have_count(0)
    assert drawn(world, empty) == WANTED
    _lead_elsewhere(page, "Split", to="End")
    undo = page.get_by_role("button", name="Undo: Condition leads to End.")
    expect(undo).to_be_visible()
    saved(page)
    assert drawn(world, empty) == WANTED - {("Condition", "no", "Split")} | {("Condition", "no", "End")}
    undo.click()
    expect(undo).to_have_count(0)
    saved(page)
    _not_on_sundays(page)
    with world.acme.acting():
        assert [
            one.config.get("weekdays") for one in service.graph_of(empty).nodes if one.kind == "wait"
        ] == [[0, 1, 2, 3, 4, 5]]
    _copy_all_into(page, f"{server}/funnels/{other}")
    assert drawn(world, other) == drawn(world, empty) == WANTED
    with world.acme.acting():
        ours, theirs = (queries.written_in(one) for one in (empty, other))
        assert [words.subject for words in theirs.values()] == ["A seat for you"]
        assert ours.keys().isdisjoint(theirs)


def _not_on_sundays(page: Page) -> None:
    """A day is taken out of a wait by the keyboard."""
    step(page, "Wait").click()
    sunday = panel(page).get_by_role("checkbox", name="Sun")
    expect(sunday).to_be_checked()
    sunday.press("Space")
    expect(page.get_by_role("button", name="Undo: Wait changed.")).to_be_visible()
    saved(page)


def _lead_elsewhere(page: Page, before: str, to: str) -> None:
    """The end of the way that leads to a step is dragged onto another one."""
    page.keyboard.press("Escape")
    led, wanted = step(page, before).bounding_box(), step(page, to).bounding_box()
    assert led
    assert wanted
    page.mouse.move(led["x"] + led["width"] / 2, led["y"] - 10)
    page.mouse.down()
    page.mouse.move(wanted["x"] + wanted["width"] / 2, wanted["y"] - 20, steps=6)
    page.mouse.move(wanted["x"] + wanted["width"] / 2, wanted["y"] + 2, steps=4)
    page.mouse.up()


def _copy_all_into(page: Page, address: str) -> None:
    """A box is drawn around all steps; they are copied, and pasted into another template."""
    page.get_by_role("button", name="Fit the whole funnel").click()
    boxes = [box for one in page.locator("[data-step]").all() if (box := one.bounding_box())]
    page.keyboard.down("Shift")
    page.mouse.move(min(box["x"] for box in boxes) - 12, min(box["y"] for box in boxes) - 6)
    page.mouse.down()
    page.mouse.move(
        max(box["x"] + box["width"] for box in boxes) + 12,
        max(box["y"] + box["height"] for box in boxes) + 8,
        steps=8,
    )
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.get_by_role("toolbar", name="Chosen steps")).to_contain_text("10 steps")
    page.keyboard.press("ControlOrMeta+c")
    expect(page.locator("#live")).to_contain_text("10 steps copied.")
    page.goto(address)
    expect(page.get_by_role("heading", name="What happens first?")).to_be_visible()
    page.keyboard.press("ControlOrMeta+v")
    expect(page.locator("#live")).to_contain_text("10 steps pasted.")
    saved(page)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def put(page: Page, words: str, name: str) -> None:
    """A, then the first letters of a kind, Enter: the new step has the focus."""
    press(page, "a")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type(words)
    press(page, "Enter")
    expect(step(page, name)).to_be_focused()


def test_ten_steps_are_built_with_the_keyboard_alone(
    world: World, sign_in: SignIn, server: str, picture: Picture, empty: UUID
) -> None:
    page = sign_in(world.acme.member, width=1280, height=800, theme="dark")
    page.goto(f"{server}/funnels/{empty}")
    expect(page.get_by_role("heading", name="What happens first?")).to_be_visible()
    put(page, "e-mail", "E-mail")
    press(page, "F2")
    page.keyboard.type("Hello")
    press(page, "Enter")
    expect(step(page, "Hello")).to_be_focused()
    for words in ("Wait", "Stage", "Condition", "Set status", "End"):
        put(page, words, words)
    # Back to the fork: up along the ways; its other way is still open.
    press(page, "ArrowUp", "ArrowUp")
    expect(step(page, "Condition")).to_be_focused()
    put(page, "Split", "Split")
    put(page, "Text", "Text")
    put(page, "End", "End 2")
    press(page, "ArrowUp", "ArrowUp")
    expect(step(page, "Split")).to_be_focused()
    put(page, "Tag", "Tag")
    press(page, "c")
    expect(page.get_by_role("dialog", name="Connect Tag to…")).to_be_visible()
    page.get_by_label("Leads to").select_option(label="End 2")
    press(page, "Enter")
    expect(page.locator("#live")).to_contain_text("Tag leads to End 2.")
    # The panel and back.
    press(page, "Enter")
    expect(panel(page).get_by_label("Name", exact=True)).to_be_focused()
    press(page, "Escape")
    expect(step(page, "Tag")).to_be_focused()
    press(page, "Delete")
    expect(page.locator("#live")).to_contain_text("Tag deleted.")
    press(page, "Control+z")
    expect(page.locator("#live")).to_contain_text("Undone: Tag deleted.")
    saved(page)
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys of the builder")).to_be_visible()
    press(page, "Escape", "l")
    saved(page)
    press(page, "o")
    tree = page.get_by_role("tree")
    expect(tree.get_by_role("treeitem")).to_have_count(11)
    picture(page, "builder-keyboard-dark")
    press(page, "Escape")
    expect(tree).to_have_count(0)
    expect(step(page, "End 2")).to_be_focused()
    assert drawn(world, empty) == WANTED
    assert begin(world, empty) == "Hello"


def test_two_people_lose_nothing_and_a_phone_has_sheets(
    world: World, sign_in: SignIn, server: str, picture: Picture
) -> None:
    made = Made(world.acme, INVITATION)
    page = sign_in(world.acme.member, width=375, height=720, theme="light")
    page.goto(f"{server}/funnels/{made.draft}")
    expect(step(page, "Inviting")).to_be_visible()
    assert fits(page)
    told: Any = world.acme.admin.get(f"/api/v1/funnels/{made.draft}").json

    def theirs(name: str) -> None:
        now: Any = world.acme.admin.get(f"/api/v1/funnels/{made.draft}").json
        nodes = [
            {key: node[key] for key in ("id", "kind", "config", "x", "y", "content_id")}
            | {"name": name if node["key"] == told["nodes"][1]["key"] else node["name"]}
            for node in now["nodes"]
        ]
        body = {"revision": now["revision"], "start": now["start"], "nodes": nodes, "edges": now["edges"]}
        world.app.config["WTF_CSRF_ENABLED"] = False
        assert world.acme.admin.browser.put(f"/api/v1/funnels/{made.draft}", json=body).status_code == 200
        world.app.config["WTF_CSRF_ENABLED"] = True

    first, second = told["nodes"][0]["name"], told["nodes"][1]["name"]
    # Different steps: both changes are kept, unasked.
    theirs("By Ada")
    step(page, first).click()
    panel(page).get_by_label("Name", exact=True).fill("By Ben")
    page.get_by_role("button", name="Close the step").click()
    expect(step(page, "By Ada")).to_be_visible()
    expect(step(page, "By Ben")).to_be_visible()
    saved(page)
    picture(page, "builder-phone")
    # The same step: whose name stays is asked.
    theirs("By Ada again")
    step(page, "By Ada").focus()
    press(page, "F2")
    page.keyboard.type("By Ben too")
    press(page, "Enter")
    question = page.get_by_role("dialog", name="Somebody else changed the same")
    expect(question).to_contain_text("By Ada again")
    picture(page, "builder-phone-conflict")
    question.get_by_role("button", name="Keep all mine").click()
    saved(page)
    assert second != "By Ben too"
    assert {made.step(node["key"]).name for node in told["nodes"][:2]} == {"By Ben", "By Ben too"}
    page.get_by_role("button", name="Add a step", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert fits(page)
