"""Parts of pages that look again by themselves are given what the whole page has there, and little else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import html as lxml_html

from tests.house.furnished import Furniture, furnish
from tests.world import World

TEMPLATES = Path(__file__).resolve().parents[2] / "loumass" / "templates"
#: What the URL map cannot say: a page for each part; an address is filled in from the furniture.
PAGES = [
    ("numbers", "/dashboard"),
    ("campaigns", "/campaigns"),
    ("tasks", "/tasks"),
    ("told", "/notifications"),
    ("care", "/deliverability"),
    ("domain-checks", "/deliverability/domains/{sending_domain}"),
    ("people", "/inbox/{conversation}?view=everything"),
    ("thread", "/inbox/{conversation}"),
    ("answering", "/inbox/{conversation}/answering"),
    # Beside it stand the funnel and the head of the page.
    ("people", "/campaigns/{campaign}"),
    ("funnel", "/campaigns/{campaign}"),
]
LISTENS = re.compile(r'<[^>]*hx-trigger="[^"]*sse:[^>]*>')
#: A token is another one each time that it is drawn.
TOKEN = re.compile(r'(name="csrf_token"[^>]*value=")[^"]+')


def test_every_part_that_selects_itself_is_known_here() -> None:
    selected = set[str]()
    for path in TEMPLATES.rglob("*.html"):
        for tag in LISTENS.findall(path.read_text(encoding="utf-8")):
            selected |= set(re.findall(r'(?:hx-select|data-live-rows)="#([\w-]+)"', tag))
    assert selected == {part for part, _ in PAGES} - {"funnel"}


@pytest.mark.parametrize(("part", "page"), PAGES)
def test_a_part_is_what_the_whole_page_has_there_without_the_frame(
    world: World, part: str, page: str
) -> None:
    admin, house = world.acme.admin, furnish(world.acme)
    address = page.format_map(_named(house))
    admin.get(address)
    whole, alone = admin.get(address), admin.get(address, headers={"X-Part": part})
    assert (whole.status_code, alone.status_code) == (200, 200)
    assert _element(alone.text, part) == _element(whole.text, part)
    assert 'class="rail"' not in alone.text
    assert "<head>" not in alone.text


def test_no_part_of_a_page_can_be_had_by_whom_the_page_is_not_for(world: World) -> None:
    house = furnish(world.acme)
    for part, page in PAGES:
        asked = page.format_map(_named(house))
        if "{" in page:
            assert world.globex.admin.get(asked, headers={"X-Part": part}).status_code == 404, asked
        assert world.stranger().get(asked, headers={"X-Part": part}).status_code == 302, asked


def _named(house: Furniture) -> dict[str, str]:
    return {name: str(one) for name, one in house.ids.items()}


def _element(page: str, part: str) -> bytes:
    [found] = lxml_html.document_fromstring(TOKEN.sub(r"\1", page)).xpath(f"//*[@id='{part}']")
    found.tail = None
    return lxml_html.tostring(found)
