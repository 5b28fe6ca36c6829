"""Segments as people make and use them: the editor, its preview, the list, the audience of a campaign, putting away."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import select

from loumass.campaigns import enrolling
from loumass.campaigns.enrolling import enroll_from, forecast
from loumass.campaigns.models import Enrollment
from loumass.contacts import segment_counting
from loumass.contacts.models import Contact, ContactTag, Tag
from loumass.contacts.rules.reading import read
from loumass.contacts.segment_models import Segment
from loumass.funnels.models import Node
from tests.campaigns.cast import ask, drafted, send
from tests.world import Tenant, World

IN_DENVER = {
    "rule-0_0-ask": "field",
    "rule-0_0-field": "city",
    "rule-0_0-operator": "is",
    "rule-0_0-value": "Denver",
}
VIPS = {"ask": "tag", "tag": "VIP"}
VIP = {"rule-0_1-ask": "tag", "rule-0_1-tag": "VIP"}
BOTH = {"name": "VIPs of Denver", "description": "", "rule-0-match": "all", **IN_DENVER, **VIP}


def people(tenant: Tenant) -> dict[str, Contact]:
    """Ann and Bob live in Denver, Ann and Cy are VIPs."""
    cities = {"Ann": "Denver", "Bob": "Denver", "Cy": "Boulder"}
    made = tenant.contacts(
        [{"name": name, "email": f"{name}@list.example", "city": city} for name, city in cities.items()]
    )
    with tenant.acting() as session:
        tag = Tag(name="VIP")
        session.add(tag)
        session.flush()
        session.add_all([ContactTag(contact_id=made[at].id, tag_id=tag.id) for at in (0, 2)])
        session.commit()
    return dict(zip(cities, made, strict=True))


def made(tenant: Tenant, form: dict[str, Any]) -> UUID:
    """The id of a segment that somebody saved."""
    answer = tenant.member.post("/segments/new", form)
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["Location"].rpartition("/")[2])


def stored(tenant: Tenant, segment_id: UUID) -> Segment:
    with tenant.acting() as session:
        return session.get_one(Segment, (tenant.id, segment_id))


def names_in(page: str) -> list[str]:
    return [name for name in ("Ann", "Bob", "Cy") if f">{name}<" in page]


def test_a_segment_is_made_question_by_question_without_a_script(world: World) -> None:
    people(world.acme)
    ben = world.acme.member
    page = ben.get("/segments/new").text
    assert 'name="rule-0_0-ask"' in page
    page = ben.post(
        "/segments/new", {"name": "", "rule-0-match": "all", **IN_DENVER, "rule-act": "question:0"}
    ).text
    assert 'name="rule-0_1-ask"' in page
    assert 'value="Denver"' in page
    # Another question in its place keeps what both have and forgets the rest.
    page = ben.post("/segments/new", {**BOTH, "rule-0_0-ask": "tag", "rule-act": "ask:0_0"}).text
    assert 'name="rule-0_0-tag"' in page
    assert 'value="Denver"' not in page
    page = ben.post("/segments/new", {**BOTH, "rule-act": "look"}).text
    assert "City is Denver and tag is VIP." in page
    assert names_in(page) == ["Ann"]
    page = ben.post("/segments/new", {**BOTH, "rule-act": "group:0"}).text
    assert 'name="rule-0_2_0-ask"' in page
    page = ben.post("/segments/new", {**BOTH, "rule-act": "remove:0_0"}).text
    assert 'value="Denver"' not in page
    assert 'value="VIP"' in page
    segment_id = made(world.acme, BOTH)
    assert stored(world.acme, segment_id).rule == {
        "match": "all",
        "rules": [
            {"ask": "field", "field": "city", "operator": "is", "value": "Denver"},
            {"ask": "tag", "tag": "VIP"},
        ],
    }
    assert "City is Denver and tag is VIP." in ben.get(f"/segments/{segment_id}").text
    assert names_in(ben.get(f"/segments/{segment_id}/people").text) == ["Ann"]


def test_what_cannot_be_saved_comes_back_as_it_was_typed(world: World) -> None:
    ben = world.acme.member
    wrong = {**BOTH, "rule-0_1-tag": "", "rule-0_0-operator": "more_than"}
    answer = ben.post("/segments/new", wrong)
    assert answer.status_code == 422
    assert "Type a number" in answer.text
    assert '<a href="#rule-0_1-tag">Type the tag.</a>' in answer.text
    assert 'value="VIPs of Denver"' in answer.text
    assert "Give the segment a name." in ben.post("/segments/new", {**BOTH, "name": " "}).text
    made(world.acme, BOTH)
    assert "There is a segment called vips of denver already." in ben.post(
        "/segments/new", {**BOTH, "name": "vips of denver"}
    ).text  # fmt: skip
    theirs = made(world.globex, BOTH)
    foreign = {
        "name": "Spy",
        "rule-0-match": "all",
        "rule-0_0-ask": "segment",
        "rule-0_0-segment": str(theirs),
    }
    assert "Choose one of your segments." in ben.post("/segments/new", foreign).text
    assert "Choose one of your segments." in ben.post("/segments/preview", foreign).text
    assert ben.get(f"/segments/{theirs}").status_code == 404
    assert ben.get(f"/contacts?segment={theirs}").status_code == 404
    assert world.acme.agent.post("/segments/new", BOTH).status_code == 403
    assert ben.get("/segments/new?rule={").status_code == 422


def test_the_list_counts_without_keeping_anybody_waiting(world: World) -> None:
    people(world.acme)
    segment_id = made(world.acme, BOTH)
    page = world.acme.viewer.get("/segments").text
    assert "VIPs of Denver" in page
    assert 'hx-get="/segments/counts"' in page
    counted = world.acme.viewer.get("/segments/counts").text
    assert re.search(r'<td class="num phone-end">1\s*</td>', counted)
    assert "hx-get" not in counted
    with patch.object(segment_counting, "PAGE_MILLISECONDS", 0):
        assert "still counting" in world.acme.viewer.get("/segments/counts").text
    world.work()
    kept = stored(world.acme, segment_id)
    assert kept.people_count == 1
    assert kept.counted_at
    with patch.object(segment_counting, "PAGE_MILLISECONDS", 0):
        again = world.acme.viewer.get("/segments/counts").text
    assert ">1</span>" in again
    assert "still counting" in again


def test_a_count_that_takes_too_long_is_broken_off_and_the_page_goes_on(world: World) -> None:
    people(world.acme)
    with world.acme.acting() as session:
        from sqlalchemy import func, true

        slow = func.pg_sleep(5).is_not(None) == true()
        assert segment_counting.count_where([Contact.city == "Denver", slow], 50) is None
        assert segment_counting.count_where([Contact.city == "Denver"]) == 2
        assert session.scalars(select(Contact.first_name).where(Contact.city == "Boulder")).one() == "Cy"


def test_what_is_kept_of_a_rule_belongs_to_one_organization_and_to_every_moment(world: World) -> None:
    """A statement is put together once where it says the same at every moment, and anew where it does not."""
    dee = world.globex.contact("Dee D", "dee@list.example", city="Denver", fields={"renewal": "2026-03-06"})
    people(world.acme)
    denver = {"ask": "field", "field": "city", "operator": "is", "value": "denver"}
    soon = {"ask": "field", "field": "renewal", "operator": "in_next", "days": 3}
    asked = [denver, denver | {"not": True}, VIPS, soon]

    def counted(tenant: Tenant) -> list[int | None]:
        with tenant.acting():
            return [segment_counting.count(read(one)) for one in asked]

    assert [counted(world.acme), counted(world.globex)] == [[2, 1, 2, 0], [1, 0, 0, 1]]
    with world.globex.acting() as session:
        session.add(tag := Tag(name="VIP"))
        session.flush()
        session.add(ContactTag(contact_id=dee.id, tag_id=tag.id))
        session.commit()
    world.later(days=5)
    world.globex.contact("Eve E", "eve@list.example", city="DENVER")
    assert [counted(world.acme), counted(world.globex)] == [[2, 1, 2, 0], [2, 0, 1, 0]]


def test_contacts_are_filtered_by_a_segment_and_a_filter_becomes_one(world: World) -> None:
    people(world.acme)
    segment_id = made(world.acme, BOTH)
    ben = world.acme.member
    page = ben.get(f"/contacts?segment={segment_id}").text
    assert names_in(page) == ["Ann"]
    assert "Segment: VIPs of Denver" in page
    assert ben.get(f"/contacts.csv?segment={segment_id}").text.count("list.example") == 1
    with world.acme.acting() as session:
        tag_id = session.scalars(select(Tag.id)).one()
    page = ben.get(f"/contacts?tag={tag_id}&q=cy&suppressed=no&status=Needs+BDR").text
    found = re.search(r'href="(/segments/new\?rule=[^"]+)"', page)
    assert found
    page = ben.get(found[1].replace("&amp;", "&")).text
    for said in (
        'value="cy"',
        'value="VIP"',
        '<option value="Needs BDR" selected>',
        '<option value="1" selected>may be',
    ):
        assert said in page


def test_a_segment_is_an_audience_slice_by_slice(world: World) -> None:
    known = people(world.acme)
    run = drafted(world.acme, [send("hello")])
    either = {**BOTH, "rule-0-match": "any"}
    segment_id = made(world.acme, either)
    page = world.acme.member.get(f"/campaigns/{run.id}/people/new?segment={segment_id}").text
    assert "Add the segment “VIPs of Denver”?" in page
    assert "3 people" in page
    with world.acme.acting() as session, patch.object(enrolling, "SLICE", 2):
        assert forecast(run.id, {"segment": str(segment_id)}).added == 3
        assert enroll_from(run.id, {"segment": str(segment_id)}).is_following
        session.commit()
        # Who is in it is asked anew for each slice.
        session.get_one(Contact, (world.acme.id, known["Bob"].id)).city = "Boulder"
        session.commit()
    with patch.object(enrolling, "SLICE", 2):
        world.work()
    with world.acme.acting() as session:
        inside = set(session.scalars(select(Enrollment.contact_id).where(Enrollment.campaign_id == run.id)))
    assert {known["Ann"].id, known["Cy"].id} <= inside
    answer = world.acme.member.post(f"/campaigns/{run.id}/people", {"segment": str(segment_id)})
    assert answer.status_code == 303
    theirs = made(world.globex, BOTH)
    assert world.acme.member.post(f"/campaigns/{run.id}/people", {"segment": str(theirs)}).status_code == 404


def test_a_segment_that_is_asked_for_is_not_put_away(world: World) -> None:
    segment_id = made(world.acme, BOTH)
    ben, asks = world.acme.member, {"rule-0_0-ask": "segment", "rule-0_0-segment": str(segment_id)}
    outer = made(world.acme, {"name": "Others", "rule-0-match": "all", **asks, "rule-0_0-not": "1"})
    run = drafted(world.acme, [ask("vip", {}, test="replied")])
    with world.acme.acting() as session:
        rule = {"match": "all", "rules": [{"ask": "segment", "segment": str(segment_id)}]}
        session.get_one(Node, (world.acme.id, run.nodes["vip"])).config = {"test": "replied", "rule": rule}
        session.commit()
    refused = ben.post(f"/segments/{segment_id}/archival")
    assert refused.status_code == 409
    assert "the segment Others, the step Vip of Broker Night" in refused.text
    assert "Others</a>" in ben.get(f"/segments/{segment_id}").text
    circle = {**BOTH, "rule-0_0-ask": "segment", "rule-0_0-segment": str(outer)}
    assert "in a circle" in ben.post(f"/segments/{segment_id}/edit", circle).text
    own = {**BOTH, "rule-0_0-ask": "segment", "rule-0_0-segment": str(segment_id)}
    assert ben.post(f"/segments/{segment_id}/edit", own).status_code == 422
    assert ben.post(f"/segments/{outer}/archival").status_code == 303
    assert ben.get(f"/contacts?segment={outer}").status_code == 404
    assert "Others" in ben.get("/segments?show=archived").text
    assert ben.post(f"/segments/{outer}/copy").status_code == 303
    assert ben.post(f"/segments/{outer}/restoration").status_code == 303
    with world.acme.acting() as session:
        live = select(Segment.name).where(Segment.archived_at.is_(None)).order_by(Segment.name_key)
        assert session.scalars(live).all() == ["Others", "Others copy", "VIPs of Denver"]


def test_the_editor_is_drawn_anew_for_any_form(world: World) -> None:
    answer = world.acme.viewer.post("/segments/editor", {**BOTH, "rule-act": "question:0"})
    assert answer.headers["HX-Trigger-After-Swap"] == "rule-changed"
    assert '<select class="form-select rule-ask" id="rule-0_2-ask"' in answer.text
    assert re.search(r'id="rule-0_2-ask"[^>]* autofocus', answer.text)
    odd = world.acme.viewer.post(
        "/segments/editor", {"rule-0-match": "some", "rule-0_0-ask": "shoe", "rule-0_7_1-ask": "tag", "rule-act": "remove:9"}
    )  # fmt: skip
    assert "shoe (not known here)" in odd.text
    run = drafted(world.acme, [send("hello")])
    with world.acme.acting() as session:
        graph_id = session.get_one(Node, (world.acme.id, run.nodes["hello"])).graph_id
    asked = {
        "when-0-match": "any",
        "when-0_0-ask": "opened_here",
        "when-0_0-step": "hello",
        "when-act": "question:0",
    }
    page = world.acme.viewer.post(f"/funnels/{graph_id}/rules/when", asked).text
    assert '<option value="hello" selected>“Hello”</option>' in page
    assert f'hx-post="/funnels/{graph_id}/rules/when"' in page
    assert 'name="when-0_1-ask"' in page
    assert world.acme.viewer.post(f"/funnels/{graph_id}/rules/9", asked).status_code == 404
    assert world.globex.viewer.post(f"/funnels/{graph_id}/rules/when", asked).status_code == 404
