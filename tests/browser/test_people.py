"""Lists and people as a BDR meets them in Chromium: with and without scripts, on a phone, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from loumass.contacts.models import ContactImport
from loumass.core.tenancy import acting_for
from tests.browser.fitting import fits
from tests.contacts.lists import bring_in, people, upload
from tests.house.furnished import furnish
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]
LEADS = "Name,Email Address,Email,Cell\nPriya Raman,priya@foothill.example,office@foothill.example,(303) 555-0164\nRay Dunn,ray@@dunn,,\n"


def list_in(folder: Path, content: str, name: str = "leads.csv") -> Path:
    """Returns a file with that content."""
    file = folder / name
    file.write_text(content)
    return file


def test_changing_a_column_changes_the_forecast_at_once(
    world: World, sign_in: SignIn, server: str, picture: Picture, tmp_path: Path
) -> None:
    page = sign_in(world.acme.member)
    page.goto(server + "/imports/new")
    page.get_by_label("File with the people").set_input_files(list_in(tmp_path, LEADS))
    expect(page.get_by_role("heading", name="Match columns")).to_be_visible()
    expect(page.get_by_text("1 new contact", exact=False)).to_be_visible()
    expect(page.get_by_role("cell", name="+1 303 555 0164")).to_be_visible()
    page.get_by_label("Email Address goes to", exact=True).select_option("ignore")
    page.get_by_label("Email goes to", exact=True).select_option("email")
    expect(page.get_by_role("cell", name="office@foothill.example").first).to_be_visible()
    page.get_by_label("Email goes to", exact=True).select_option("ignore")
    page.get_by_label("Cell goes to", exact=True).select_option("ignore")
    expect(page.get_by_text("Choose the column that holds the e-mail address")).to_be_visible()
    picture(page, "import-columns")


def test_the_whole_way_goes_without_a_script(
    world: World, sign_in: SignIn, server: str, tmp_path: Path
) -> None:
    page = sign_in(world.acme.member, scripts=False)
    page.goto(server + "/imports/new")
    page.get_by_label("File with the people").set_input_files(list_in(tmp_path, LEADS))
    page.get_by_role("button", name="Go on to the columns").click()
    page.get_by_role("button", name="Import 2 rows").click()
    world.work()
    expect(page.get_by_role("heading", name="1 of 2 rows went in")).to_be_visible()
    assert [email for _, email, _ in people(world.acme)] == ["priya@foothill.example"]


def test_a_file_that_is_no_table_says_why_and_takes_the_next(
    world: World, sign_in: SignIn, server: str, tmp_path: Path
) -> None:
    page = sign_in(world.acme.member)
    page.goto(server + "/imports/new")
    page.get_by_label("File with the people").set_input_files(list_in(tmp_path, "%PDF-1.7"))
    expect(page.get_by_text("This is a PDF, not a table.")).to_be_visible()
    page.get_by_label("File with the people").set_input_files(list_in(tmp_path, LEADS, "again.csv"))
    expect(page.get_by_role("heading", name="again.csv")).to_be_visible()


def test_the_progress_page_leads_to_the_result_by_itself(world: World, sign_in: SignIn, server: str) -> None:
    import_id = upload(world.acme, LEADS)
    page = sign_in(world.acme.member)
    page.goto(server + f"/imports/{import_id}")
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_text("0 of 2 rows")).to_be_visible()
    world.work()
    expect(page.get_by_role("heading", name="1 of 2 rows went in")).to_be_visible()
    with acting_for(world.acme.id) as session:
        assert session.query(ContactImport).one().state == "done"


def test_chosen_people_are_tagged_from_the_bar(
    world: World, sign_in: SignIn, server: str, picture: Picture
) -> None:
    furnish(world.acme)
    bring_in(world, world.acme, "Name,Email\n" + "".join(f"Person {n},p{n}@x.example\n" for n in range(60)))
    page = sign_in(world.acme.member)
    page.goto(server + "/contacts")
    page.get_by_label("Choose Person 1", exact=True).check()
    page.get_by_label("Choose Person 2", exact=True).check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    picture(page, "people-chosen")
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_label("Tags").fill("vip")
    page.get_by_role("button", name="Tag 2 people").click()
    expect(page.get_by_text("2 people tagged “vip”.")).to_be_visible()


def test_the_search_narrows_the_list_while_typing(world: World, sign_in: SignIn, server: str) -> None:
    bring_in(world, world.acme, "Name,Email\nPriya Raman,priya@x.example\nTom Okafor,tom@x.example\n")
    page = sign_in(world.acme.member)
    page.goto(server + "/contacts")
    page.get_by_placeholder("Name, e-mail, company, phone").fill("tom")
    expect(page.get_by_role("link", name="Priya Raman")).to_be_hidden()
    expect(page.get_by_role("link", name="Tom Okafor")).to_be_visible()
    page.wait_for_url("**/contacts?*q=tom*")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 375)])
def test_no_page_of_people_scrolls_sideways(
    world: World, sign_in: SignIn, server: str, picture: Picture, theme: str, width: int
) -> None:
    house = furnish(world.acme)
    result = bring_in(world, world.acme, LEADS, tags=["march"], source="Fair")
    page = sign_in(world.acme.admin, width=width, theme=theme)
    paths = {
        "people": "/contacts",
        "person-form": f"/contacts/{house.contact}/edit",
        "twins": f"/contacts/{house.contact}/merge",
        "merge": f"/contacts/{house.contact}/merge?other={house.other_contact}",
        "erase": f"/contacts/{house.contact}/erasure",
        "imports": "/imports",
        "import-new": "/imports/new",
        "import-match": f"/imports/{upload(world.acme, LEADS)}",
        "import-result": f"/imports/{result.row.id}",
        "suppression": "/suppression",
    }
    for name, path in paths.items():
        answer = page.goto(server + path)
        assert answer
        assert answer.ok, path
        assert fits(page), path
        picture(page, f"{name}-{theme}-{width}")
