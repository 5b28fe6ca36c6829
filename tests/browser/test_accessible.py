"""axe (https://github.com/dequelabs/axe-core) finds nothing serious on any page, light and dark, on a desk and on a phone.

The pages come from the URL map, as in tests/house: a new one is looked at by itself. One document in one Chromium takes the
body of each in turn, under all style sheets: loading each anew would cost ten times as much. What scripts draw by themselves
is looked at where it is drawn, at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from loumass.accounts import vendor_signing
from loumass.core import live
from loumass.providers.oauth import Client
from tests.house.furnished import Furniture, furnish
from tests.house.url_map import attacks, send
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
STATIC = Path(__file__).resolve().parents[2] / "loumass" / "static"
AXE = Path(__file__).parent / "axe" / "axe.min.js"
WIDTHS, THEMES = (1440, 375), ("light", "dark")
#: Looked at at the same time, by different workers.
PARTS = 4
#: Pages without a login, with what they are asked for.
PUBLIC = ("/login", "/sign-up", "/forgotten", "/invitation/gone", "/reset/gone", "/nothing-here")
#: Answers that are no whole page, by the element that a whole one has.
_WHOLE = "<main"
_FRAME = ".rail, .phone-tabs, .toasts, dialog"
_SWAP = """
    ([html, elsewhere]) => {
        const read = new DOMParser().parseFromString(html, "text/html");
        document.documentElement.lang = read.documentElement.lang;
        document.title = read.title;
        // The frame keeps its place: axe walks through all that is in a page, also where it does not look.
        if (elsewhere) read.querySelectorAll(elsewhere).forEach(one => one.replaceChildren());
        // Of hundreds of time zones and endpoints a few are looked at, and of a thousand same pages the frame once.
        [...read.querySelectorAll("main details")].slice(30).forEach(one => one.remove());
        read.querySelectorAll("select").forEach(one => [...one.options].slice(4).forEach(option => option.remove()));
        document.body.replaceWith(document.adoptNode(read.body));
        window.scrollTo(0, 0);
    }
"""
_STILL = """
    () => {
        const still = new CSSStyleSheet();
        still.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important }");
        document.adoptedStyleSheets = [still];
    }
"""
# Colours are all that differs between light and dark, so nothing else is asked for a second time.
_LOOK = """
    async ([theme, isOnlyColour, elsewhere]) => {
        document.documentElement.dataset.bsTheme = theme;
        const which = isOnlyColour
            ? { type: "rule", values: ["color-contrast"] }
            : { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] };
        const found = await axe.run(elsewhere ? { exclude: elsewhere.split(", ").map(one => [one]) } : document, { runOnly: which, resultTypes: ["violations"], iframes: false, elementRef: false, preload: false, performanceTimer: false });
        return found.violations
            .filter(one => ["serious", "critical"].includes(one.impact))
            // A step that is drawn is cut to fit its card; its name says all of it.
            .map(one => ({ ...one, nodes: one.nodes.filter(node => one.id !== "label-content-name-mismatch" || !node.html.startsWith('<a class="funnel-step')) }))
            .flatMap(one => one.nodes.slice(0, 3).map(node => `${one.id}: ${node.target.join(" ")} ${node.html.slice(0, 160)}`));
    }
"""


@pytest.fixture(autouse=True)
def _open_house(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.05)
    client = Client(client_id="1.apps.example", client_secret="a secret")
    monkeypatch.setattr(vendor_signing, "_clients", {"google": client, "microsoft": client})


def _pages(world: World, house: Furniture, part: int) -> Iterator[tuple[str, str]]:
    """(address, HTML) of the pages of one part that are whole ones."""
    asked = [attack for _, attack in attacks(world.app, house) if attack.method == "GET"]
    for attack in asked[part::PARTS]:
        answer = send(world.acme.admin, attack)
        page = answer.get_data()
        if answer.mimetype == "text/html" and _WHOLE.encode() in page:
            yield attack.url, page.decode()
    for address in PUBLIC[part::PARTS]:
        yield address, world.stranger().get(address).get_data(as_text=True)


def _seen(page: Page, html: str, *, has_frame: bool) -> list[str]:
    """What is wrong with a page, on each width and in each theme."""
    elsewhere = "" if has_frame else _FRAME
    page.evaluate(_SWAP, [html, elsewhere])
    found = list[str]()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            wrong: list[Any] = page.evaluate(_LOOK, [theme, theme != THEMES[0], elsewhere])
            found += [f"{width} {theme} {one}" for one in wrong]
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_serious_on_any_page(world: World, sign_in: SignIn, part: int) -> None:
    house = furnish(world.acme)
    page = sign_in(world.acme.admin, width=1440)
    for sheet in sorted([*STATIC.glob("css/**/*.css"), *STATIC.glob("islands/*.css")]):
        page.add_style_tag(url=f"/static/{sheet.relative_to(STATIC).as_posix()}")
    # What is on its way from one colour to another has neither.
    page.evaluate(_STILL)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    wrong, looked_at = dict[str, list[str]](), 0
    for address, html in _pages(world, house, part):
        found = _seen(page, html, has_frame=looked_at % 40 == 0)
        looked_at += 1
        if found:
            wrong[address] = found
    if wrong:
        pytest.fail("\n".join(f"{address}\n  " + "\n  ".join(found) for address, found in wrong.items()))
    assert looked_at > 80 // PARTS
