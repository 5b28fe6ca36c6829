"""The list of people: found, filtered, paged, tagged, enrolled, deleted, exported."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from loumass.campaigns.models import Enrollment
from loumass.contacts import listing
from loumass.contacts.models import Contact, ContactTag
from loumass.contacts.suppression import suppress
from loumass.core.tenancy import get
from tests.contacts.lists import bring_in, people
from tests.house.furnished import furnish
from tests.world import Tenant, World


def three(tenant: Tenant) -> list[Contact]:
    return [
        tenant.contact(
            "Priya Raman", email="priya@foothill.example", phone="+13035550164", company="Foothill & Main"
        ),
        tenant.contact("Tom Okafor", email="tom@cherry.example", company="Cherry Creek"),
        tenant.contact("Elena Vasquez", email=None, phone="+17205550198", company="Sixteenth Street"),
    ]


def names(world: World, query: str = "") -> list[str]:
    page = world.acme.viewer.get(f"/contacts{query}").text
    found = {
        name: page.find(f'title="{name}"')
        for name in ("Elena Vasquez", "Priya Raman", "Tom Okafor", "Zanzibar Raman")
    }
    return sorted((name for name, at in found.items() if at >= 0), key=lambda name: found[name])


def test_everybody_by_name(world: World) -> None:
    three(world.acme)
    assert names(world) == ["Elena Vasquez", "Priya Raman", "Tom Okafor"]
    assert names(world, "?sort=-name") == ["Tom Okafor", "Priya Raman", "Elena Vasquez"]


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("pri", "Priya Raman"),
        ("RAMAN", "Priya Raman"),
        ("priya ra", "Priya Raman"),
        ("cherry", "Tom Okafor"),
        ("tom@ch", "Tom Okafor"),
        ("720-555", "Elena Vasquez"),
        ("+1 (720) 555-0198", "Elena Vasquez"),
    ],
)
def test_a_search_finds_name_company_address_and_number(world: World, words: str, who: str) -> None:
    three(world.acme)
    assert names(world, f"?q={words.replace('+', '%2B').replace('&', '%26')}") == [who]


@pytest.mark.parametrize("medium", ["sms", "voicemail"])
def test_who_may_not_be_called_or_texted_is_found(world: World, medium: str) -> None:
    three(world.acme)
    with world.acme.acting() as session:
        suppress(medium, ["+13035550164"], "by_hand")
        session.commit()
    assert names(world, f"?suppressed={medium}") == ["Priya Raman"]
    assert names(world, "?suppressed=any") == ["Priya Raman"]
    assert names(world, "?suppressed=email") == []
    assert names(world, "?suppressed=no") == ["Elena Vasquez", "Tom Okafor"]


def test_everybody_is_counted_and_many_matches_only_begun(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_COUNTED", 2)
    bring_in(world, world.acme, "Name,Email\n" + "".join(f"Pat {n},p{n}@x.example\n" for n in range(3)))
    assert '<span class="page-count">3</span>' in world.acme.viewer.get("/contacts").text
    assert "2+ people match" in world.acme.viewer.get("/contacts?q=pat").text


def test_nobody_matches_is_said(world: World) -> None:
    three(world.acme)
    assert "Nobody matches" in world.acme.viewer.get("/contacts?q=zzz").text


def test_an_empty_organization_is_told_how_to_begin(world: World) -> None:
    page = world.acme.member.get("/contacts").text
    assert "Who do you want to write to?" in page
    assert "Choose a file" in page


def test_filters_by_tag_import_and_suppression(world: World) -> None:
    priya, tom, _ = three(world.acme)
    result = bring_in(world, world.acme, "Email\ntom@cherry.example\n", tags=["march"])
    with world.acme.acting() as session:
        tag = session.scalars(select(ContactTag.tag_id)).one()
        suppress("email", ["priya@foothill.example"], "unsubscribed")
        session.commit()
    assert names(world, f"?tag={tag}") == ["Tom Okafor"]
    assert names(world, f"?import={result.row.id}") == ["Tom Okafor"]
    assert names(world, "?suppressed=email") == ["Priya Raman"]
    assert names(world, "?suppressed=no") == ["Elena Vasquez", "Tom Okafor"]
    assert names(world, "?tag=nonsense") == ["Elena Vasquez", "Priya Raman", "Tom Okafor"]
    page = world.acme.viewer.get("/contacts").text
    assert "<s>priya@foothill.example</s>" in page
    assert "Not written to: unsubscribed" in page
    assert priya.id != tom.id


def test_filters_by_campaign_status_and_activity(world: World) -> None:
    three(world.acme)
    house = furnish(world.acme)
    assert names(world, f"?campaign={house.campaign}") == ["Zanzibar Raman"]
    assert names(world, "?status=No+Activity") == ["Zanzibar Raman"]
    assert names(world, "?status=Attended") == []
    assert names(world, "?activity=enrolled&since=30") == ["Zanzibar Raman"]
    assert names(world, "?activity=replied") == []
    assert "No Activity" in world.acme.viewer.get("/contacts").text


def test_pages_follow_each_other_without_skipping(world: World) -> None:
    bring_in(world, world.acme, "Name,Email\n" + "".join(f"Same Name,p{n}@x.example\n" for n in range(120)))
    seen: list[str] = []
    path: str | None = "/contacts"
    while path:
        page = world.acme.viewer.get(path).text
        seen += [
            f"p{n}@x.example"
            for n in range(120)
            if f">p{n}@x.example<" in page.replace(" ", "").replace("\n", "")
        ]
        after = page.partition('rel="next" href="')[2].partition('"')[0]
        path = after.replace("&amp;", "&") or None
    assert len(seen) == len(set(seen)) == 120


def test_chosen_people_are_tagged(world: World) -> None:
    priya, tom, _ = three(world.acme)
    ben = world.acme.member
    chosen = {"ids": [str(priya.id), str(tom.id)]}
    assert "Tag 2 people" in ben.post("/contacts/tagging", chosen).text
    assert ben.post("/contacts/tagging", chosen | {"tags": " "}).status_code == 422
    assert ben.post("/contacts/tagging", chosen | {"tags": "vip, VIP, denver"}).status_code == 303
    assert "2 people tagged “VIP, denver”" in ben.get("/contacts").text
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).select_from(ContactTag)) == 4


def test_everybody_who_matches_is_tagged(world: World) -> None:
    three(world.acme)
    world.acme.member.post("/contacts/tagging?q=cherry", {"everything": "1", "tags": "creek"})
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).select_from(ContactTag)) == 1


def test_chosen_people_enter_a_campaign(world: World) -> None:
    priya, tom, _ = three(world.acme)
    house = furnish(world.acme)
    ids = [str(priya.id), str(tom.id), str(house.contact)]
    asked = world.acme.member.post("/contacts/enrollment", {"ids": ids}).text
    assert "Add 3 people to a campaign" in asked
    assert "Zanzibar campaign" in asked
    answer = world.acme.member.post("/contacts/enrollment", {"ids": ids, "campaign_id": str(house.campaign)})
    assert answer.status_code == 303
    assert (
        "2 people entered Zanzibar campaign. Left out: 1 already inside."
        in world.acme.member.get("/contacts").text
    )


def test_everybody_of_an_import_enters_a_campaign(world: World) -> None:
    house = furnish(world.acme)
    inside = select(func.count(Enrollment.id)).where(Enrollment.campaign_id == house.campaign)
    with world.acme.acting() as session:
        before = session.scalar(inside) or 0
    result = bring_in(world, world.acme, "Email\n" + "".join(f"p{n}@x.example\n" for n in range(3)))
    asked = world.acme.member.get(f"/contacts/enrollment?import={result.row.id}").text
    assert "Add 3 people to a campaign" in asked
    world.acme.member.post(
        f"/contacts/enrollment?import={result.row.id}",
        {"everything": "1", "campaign_id": str(house.campaign)},
    )
    with world.acme.acting() as session:
        assert session.scalar(inside) == before + 3


def test_deleting_asks_takes_them_out_and_can_be_undone(world: World) -> None:
    house = furnish(world.acme)
    ben = world.acme.member
    form = {"ids": [str(house.contact)]}
    everybody = len(people(world.acme))
    assert "Delete 1 person?" in ben.post("/contacts/deletion", form).text
    assert len(people(world.acme)) == everybody
    ben.post("/contacts/deletion", form | {"is_sure": "1"})
    world.work()
    assert len(people(world.acme)) == everybody - 1
    with world.acme.acting():
        enrollment = get(Enrollment, house.enrollment)
        assert enrollment
        assert (enrollment.state, enrollment.reason) == ("ended", "deleted")
    page = ben.get("/contacts").text
    undo = page.partition('action="/contacts/restoration')[2].partition('"')[0]
    ben.post(f"/contacts/restoration{undo.replace('&amp;', '&')}", {})
    assert len(people(world.acme)) == everybody


def test_the_list_leaves_as_harmless_csv(world: World) -> None:
    world.acme.contact("=cmd Raman", phone="+13035550164")
    world.acme.contact("Tom Okafor", email="tom@cherry.example")
    text = world.acme.member.get("/contacts.csv?q=%3Dcmd").get_data().decode("utf-8-sig").splitlines()
    assert len(text) == 2
    assert text[1].startswith(",priya@foothill.example,'+13035550164,'=cmd,Raman,")
    assert world.acme.viewer.get("/contacts.csv").status_code == 403


def test_an_agent_tags_but_does_not_delete_or_enroll(world: World) -> None:
    priya = world.acme.contact()
    ids = {"ids": [str(priya.id)]}
    ann = world.acme.agent
    assert ann.post("/contacts/tagging", ids | {"tags": "x"}).status_code == 303
    assert ann.post("/contacts/deletion", ids).status_code == 403
    assert ann.post("/contacts/enrollment", ids).status_code == 403


def test_the_number_of_statements_does_not_grow_with_the_page(world: World) -> None:
    from sqlalchemy import event

    from loumass.core import database

    def statements() -> int:
        seen: list[str] = []
        listener = lambda *arguments: seen.append(arguments[2])  # noqa: E731
        event.listen(database.engine(), "before_cursor_execute", listener)
        try:
            world.acme.viewer.get("/contacts")
        finally:
            event.remove(database.engine(), "before_cursor_execute", listener)
        return len(seen)

    three(world.acme)
    few = statements()
    bring_in(
        world, world.acme, "Name,Email,Tags\n" + "".join(f"N{n},p{n}@x.example,t{n}\n" for n in range(40))
    )
    assert statements() == few
