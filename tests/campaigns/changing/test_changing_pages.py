"""The pages of a change: begun on the funnel, drawn in a draft, reviewed in people, applied, listed, compared, taken back."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select

from loumass.campaigns.changing.drafts import open_change
from loumass.campaigns.creating import Details, create
from loumass.campaigns.models import Campaign, CampaignChange
from loumass.contacts.models import ContactTag, Tag
from loumass.content.composing import Draft
from loumass.funnels import contents, editing, templates
from tests.campaigns.cast import Planned, Run, drafted, running, send, step, wait
from tests.campaigns.changing.edits import Drafted, edited, learn, nobody_is_lost
from tests.world import World


def funnel() -> list[Planned]:
    return [
        send("hello"),
        wait("pause", amount=20, unit="days", after="entered"),
        send("again"),
        step("end", "end"),
    ]


@pytest.fixture
def run(world: World) -> Run:
    priya = world.acme.contact()
    made = running(world.acme, funnel(), priya, world.acme.contact("Marcus Bell", "marcus@bell.example"))
    made.told("sent", only=priya)
    return made


def draft_of(run: Run) -> CampaignChange | None:
    with run.tenant.acting():
        return open_change(run.id)


def test_a_change_from_its_first_click_to_its_last(world: World, run: Run) -> None:
    ben, page = world.acme.member, f"/campaigns/{run.id}"
    funnel_page = ben.get(f"/funnels/{run.now().graph_id}").text
    assert "Change this funnel" in funnel_page
    begun = ben.post(f"{page}/change")
    draft = draft_of(run)
    assert draft is not None
    assert begun.location.endswith(f"/funnels/{draft.graph_id}")
    drawn = ben.get(begun.location).text
    assert "Draft of change" in drawn
    assert "Review change" in drawn
    assert "Open the draft of change" in ben.get(f"/funnels/{run.now().graph_id}").text
    assert "There is a draft of change, by Ben Bdr" in ben.get(page).text
    with edited(run) as graph:
        graph.remove("pause")
        graph.put("Nudge", "email_send", after="hello", says="Still there?")
        graph.say("hello", "Hello again {{contact.first_name}}")
    review = ben.get(f"{page}/change")
    assert "Nudge added, Pause taken out, Hello changed" in review.text
    pause, hello = run.nodes["pause"], run.nodes["hello"]
    assert f'href="{page}?at={pause}">1 person</a> stands there' in review.text
    assert "1 message</a> is queued with the words as they were" in review.text
    assert '<ins><span class="visually-hidden">Added: </span> again</ins>' in review.text
    again = {f"removed-{pause}": "move", f"target-{pause}": hello}
    counted = ben.post(f"{page}/change/review", again).text
    assert "Hello comes again" in counted
    had = re.search(r'href="([^"]*had=[^"]*)"', counted)
    assert had is not None
    assert "Priya Raman" in ben.get(had[1].replace("&amp;", "&")).text
    assert parse_qs(urlsplit(had[1].replace("&amp;", "&")).query)["among"] == [str(pause)]
    for wrong in (
        {f"removed-{pause}": "move"},
        {f"removed-{pause}": "fly"},
        {f"wait-{pause}": "spread", f"hours-{pause}": "0"},
    ):
        assert ben.post(f"{page}/change/apply", wrong).status_code == 422
    answer = ben.post(f"{page}/change/apply", {f"removed-{pause}": "finish", f"queued-{hello}": "anew"})
    assert answer.location.endswith(f"{page}/versions")
    versions = ben.get(answer.location).text
    assert (
        "Version 2 is what people walk now. 1 person finishes on the old version, 1 queued message was written anew."
        in versions
    )
    assert "Undo this change" in versions
    learn(run)
    nobody_is_lost(run)
    people = ben.get(page).text
    assert "Not in the drawing" in people
    assert re.search(rf'href="{page}\?version=1"><b>1 more</b> on version 1</a>', people)
    finishing = ben.get(f"{page}?version=1").text
    assert "Finish on" in finishing
    assert ("Priya Raman" in finishing, "Marcus Bell" in finishing) == (True, False)
    assert "Nobody matches" in ben.get(f"{page}?version=7").text
    counts = ben.get(f"/api/v1/campaigns/{run.id}/funnel-counts").get_json()
    assert counts["older"] == [{"number": 1, "people": 1}]
    assert "20 days after coming here on Tue 3 Mar" in people
    assert ">Again</td>" in people, "what comes next for her is told by the version that she walks"
    old = next(
        one for one in re.findall(r"/funnels/[0-9a-f-]+", versions) if str(run.now().graph_id) not in one
    )
    assert "This is version 1, as it was until version 2 took its place" in ben.get(old).text
    assert "Nudge added" in ben.get(f"{page}/versions/compare?from=1&to=2").text
    assert "Pause added" in ben.get(f"{page}/versions/compare?from=2&to=1").text
    assert ben.get(f"{page}/versions/compare?from=2&to=9").status_code == 404
    asked = ben.get(f"{page}/versions/undo").text
    assert "It is called version 3" in asked
    assert (
        "Version 2 is taken back"
        in ben.post(f"{page}/versions/undo", {"number": 2}, follow_redirects=True).text
    )
    assert ben.post(f"{page}/versions/undo", {"number": 2}).status_code == 409
    assert run.now().version == 3
    nobody_is_lost(run)


def test_what_may_be_changed_and_by_whom(world: World, run: Run) -> None:
    new = drafted(world.acme, funnel())
    assert "Its steps can be changed directly" in world.acme.member.post(f"/campaigns/{new.id}/change").text
    assert world.acme.viewer.post(f"/campaigns/{run.id}/change").status_code == 403
    assert "Change this funnel" not in world.acme.viewer.get(f"/funnels/{run.now().graph_id}").text
    with world.acme.acting() as session:
        session.get_one(Campaign, (world.acme.id, new.id)).state = "scheduled"
        session.commit()
    assert world.acme.member.post(f"/campaigns/{new.id}/change").status_code == 303, "also before it starts"
    with edited(new) as graph:
        graph.remove("pause")
    assert "Nobody is inside yet" in world.acme.member.get(f"/campaigns/{new.id}/change").text
    assert world.acme.member.post(f"/campaigns/{new.id}/change/apply").status_code == 303
    assert world.acme.member.post(f"/campaigns/{new.id}/change").status_code == 303
    assert world.acme.member.post(f"/campaigns/{new.id}/change").status_code == 409, "one draft at a time"


def test_a_draft_is_given_up_and_held_against_what_was_applied_meanwhile(world: World, run: Run) -> None:
    ben, page = world.acme.member, f"/campaigns/{run.id}"
    with edited(run) as graph:
        graph.remove("pause")
    ben.post(f"{page}/change/apply")
    with edited(run) as graph:
        graph.remove("again")
    ben.post(f"{page}/versions/undo", {"number": 2})
    assert "Version 3 was applied since this draft was made from version 2" in ben.get(f"{page}/change").text
    assert ben.post(f"{page}/change/apply").status_code == 409
    assert "Pause and Again taken out" in ben.post(f"{page}/change/base", follow_redirects=True).text
    assert "is lost" in ben.get(f"{page}/change/discard").text
    assert "goes on as it was" in ben.post(f"{page}/change/discard", follow_redirects=True).text
    assert ben.get(f"{page}/change").location.endswith("/versions")
    assert ben.post(f"{page}/change/apply").status_code == 409
    stranger = ben.post(f"{page}/change", {"from": str(UUID(int=7))})
    assert stranger.status_code == 404
    brought = ben.post(f"{page}/change", {"from": _frozen(run)})
    assert brought.location.endswith(f"{page}/change"), (
        "an earlier version is brought back through the same review"
    )


def _frozen(run: Run) -> UUID:
    with run.tenant.acting() as session:
        found = session.scalars(select(CampaignChange.before_graph_id).order_by(CampaignChange.number)).all()
    assert found[1] is not None
    return found[1]


def test_a_campaign_is_brought_to_a_new_version_of_its_template(world: World) -> None:
    ben = world.acme.member
    template_id, draft_id = _template(world)
    with world.acme.acting() as session:
        campaign = create(template_id, Details(name="Night"))
        campaign.state = "running"
        session.commit()
    run = Run(world.acme, campaign.id, {}, None, None)  # pyright: ignore[reportArgumentType]  nobody is written to
    with edited(run) as graph:
        graph.say("hello", "Our own words")
    ben.post(f"/campaigns/{run.id}/change/apply")
    with world.acme.acting() as session:
        graph = Drafted(session, draft_id)
        graph.put("Later", "email_send", after="hello", says="Later")
        session.commit()
    ben.post(f"/templates/{template_id}/versions")
    page = ben.get(f"/templates/{template_id}/campaigns").text
    assert "Version 1" in page
    assert "and changed since" in page
    assert "Bring to version 2" in page
    assert "Later added" in ben.get(f"/templates/{template_id}/versions/compare").text
    assert ben.get(f"/templates/{template_id}/versions/compare?from=9").status_code == 404
    version = re.search(r'name="from" value="([^"]+)"', page)
    assert version is not None
    review = ben.post(f"/campaigns/{run.id}/change", {"from": version[1]}, follow_redirects=True).text
    assert "Later added, Hello changed" in review
    assert "Our own words" not in review, "what it says in its own way stays: only where Hello leads is new"
    assert ben.post(f"/campaigns/{run.id}/change/apply").status_code == 303
    assert "Bring to" not in ben.get(f"/templates/{template_id}/campaigns").text


def _template(world: World) -> tuple[UUID, UUID]:
    with world.acme.acting() as session:
        template = templates.create("Invitation")
        hello = editing.add_step(template.draft_graph_id, "email_send", "Hello")
        contents.write(hello, Draft(subject="Hi", text="Hello"), None)
        editing.add_step(template.draft_graph_id, "end", "End", way=editing.Way(hello.id, "next"))
        templates.publish(template.id)
        session.commit()
        return template.id, template.draft_graph_id


def test_moving_the_event_times_anew_and_lists_who_was_told_the_old_date(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", "marcus@bell.example")
    steps = [
        send("hello", "See you on {{campaign.event_date}}"),
        wait("before", mode="event", days=1),
        send("soon"),
        step("end", "end"),
    ]
    event = {
        "event_at": datetime.fromisoformat("2026-04-02T01:00:00+00:00"),
        "event_type": "in_person",
        "event_timezone": "America/Denver",
    }
    run = running(world.acme, steps, priya, marcus, **event)
    run.told("sent", only=priya)
    assert run.due(priya).isoformat() == "2026-03-31T15:00:00+00:00"
    form = {
        "name": "Broker Night", "event_type": "in_person", "event_local": "2026-04-09T19:00", "event_timezone": "America/Denver",
        "email_channel": run.email.id, "sms_channel": run.sms.id, "owner": world.acme.member.id,
    }  # fmt: skip
    ben = world.acme.member
    moved = ben.post(f"/campaigns/{run.id}/settings", form)
    assert moved.location.endswith(f"/campaigns/{run.id}/told")
    world.work()
    assert run.due(priya).isoformat() == "2026-04-08T15:00:00+00:00"
    assert (run.messages(marcus)[0].merge_values or {})["campaign.event_date"] == "Thursday, 9 April 2026"
    page = ben.get(moved.location).text
    assert "1 person was told something else" in page
    assert "Wednesday, 1 April 2026" in page
    assert "Marcus Bell" not in page
    ben.post(f"/campaigns/{run.id}/told/tag", {"tags": "old date"})
    with world.acme.acting() as session:
        tagged = (
            select(ContactTag.contact_id).join(Tag, Tag.id == ContactTag.tag_id).where(Tag.name == "old date")
        )
        assert session.scalars(tagged).all() == [priya.id]
    other = drafted(
        world.acme,
        [send("correction", "It moved to {{campaign.event_date}}"), step("end", "end")],
        name="Correction",
    )
    assert (
        "1 person added to Correction"
        in ben.post(f"/campaigns/{run.id}/told/campaign", {"campaign": other.id}, follow_redirects=True).text
    )
    assert ben.post(f"/campaigns/{run.id}/told/campaign", {"campaign": "nobody"}).status_code == 422
    run.told("sent", only=marcus)
    assert "Marcus Bell" not in ben.get(f"/campaigns/{run.id}/told").text, "he was told the new date"
