"""A step on its page: settings, words, ways out, moving and taking out."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from uuid import UUID

from lxml import html
from sqlalchemy import select

from loumass.content.models import Content, ContentVersion
from loumass.funnels import exchange, models, queries, service
from loumass.funnels.csv_format import WrittenStep, WrittenTemplate, read
from loumass.funnels.seeds import EXAMPLES
from tests.funnels.made import NO_SHOW, Made, form_of
from tests.messages.limits import resting
from tests.world import World


class TestStep:
    def test_saving_a_page_as_it_came_changes_nothing(self, world: World):
        for example in EXAMPLES:
            made = Made(world.acme, example)
            for step in example.steps:
                url = made.at(step.key)
                answer = world.acme.member.post(url, form_of(world.acme.member.get(url).text, url))
                assert answer.status_code == 302, step.name
            with world.acme.acting() as session:
                template = session.get_one(models.Template, (world.acme.id, made.id))
                now = exchange.written_template(template, made.draft)
                assert bare(now) == bare(example)
                versions = select(ContentVersion.number).join(
                    Content, Content.id == ContentVersion.content_id
                )
                assert set(session.scalars(versions.where(Content.graph_id == made.draft))) == {1}

    def test_settings_words_and_ways_are_saved(self, world: World, cold: Made):
        url = cold.at("question")
        typed = form_of(world.acme.member.get(url).text, url)
        typed |= {
            "name": "Hello",
            "subject": "Hi {{contact.first_name}}",
            "text": "One\r\ntwo",
            "way-failed": "new:end",
        }
        assert world.acme.member.post(url, typed).status_code == 302
        page = world.acme.member.get(url).text
        assert "“Hi ‹first name›”" in page
        with world.acme.acting():
            graph = service.graph_of(cold.draft)
            node = graph.node(cold.found("question").id)
            assert node.name == "Hello"
            assert queries.written_in(cold.draft)[node.content_id or UUID(int=0)].text == "One\ntwo"
            assert graph.node(graph.ways_out(node.id)["failed"]).kind == "end"

    def test_a_wait_is_told_in_words_with_a_real_date(self, world: World, cold: Made):
        page = html.document_fromstring(world.acme.member.get(cold.at("wait-1")).text)
        words = " ".join(page.cssselect(".funnel-in-words")[0].text_content().split())
        assert words.startswith("In words 3 days after it was sent, Tue to Thu, 8 to 11:30 their time.")
        assert words.endswith("Sent now, it goes on Tue 10 Mar, 8:00 (America/Denver).")
        # The same that skips days off, where Tuesday is one; the setting leaves and comes back with the template's file.
        resting(world.acme, date(2026, 3, 10))
        url = cold.at("wait-1")
        typed = form_of(world.acme.member.get(url).text, url) | {"set-days_off": "skip"}
        assert world.acme.member.post(url, typed).status_code == 302
        words = " ".join(world.acme.member.get(url).text.split())
        assert "Tue to Thu, 8 to 11:30 their time, no holidays" in words
        assert "it goes on Wed 11 Mar, 8:00 (America/Denver). Tue 10 Mar is Thanksgiving Day." in words
        file = world.acme.member.get(f"{cold.url}/file.csv")
        world.acme.member.post("/templates/import", {"file": (io.BytesIO(file.data), "template.csv")})
        kept = [step.settings.get("days_off") for step in read(file.text).steps if step.kind == "wait"]
        assert kept.count("skip") == 1
        with world.acme.acting() as session:
            found = session.scalars(select(models.Node).where(models.Node.key == "wait-1"))
            assert [one.config["days_off"] for one in found] == ["skip", "skip"]

    def test_what_cannot_be_saved_comes_back_as_it_was_typed(self, world: World, cold: Made):
        url = cold.at("wait-1")
        typed = form_of(world.acme.member.get(url).text, url) | {"set-amount": "soon", "name": "My pause"}
        answer = world.acme.member.post(url, typed)
        assert answer.status_code == 422
        assert "How many is not a whole number." in answer.text
        assert 'value="soon"' in answer.text
        assert 'value="My pause"' in answer.text
        assert cold.step("wait-1").name == "Wait 3 days"

    def test_an_unknown_merge_tag_is_refused_with_a_suggestion(self, world: World, cold: Made):
        url = cold.at("last")
        typed = form_of(world.acme.member.get(url).text, url) | {"text": "Hi\n{{contact.frist_name}}"}
        answer = world.acme.member.post(url, typed)
        assert answer.status_code == 422
        assert (
            "Line 2, column 1: There is no merge tag contact.frist_name. Did you mean contact.first_name?"
            in answer.text
        )

    def test_no_day_of_the_week_is_a_problem_and_not_an_accident(self, world: World, cold: Made):
        url = cold.at("wait-1")
        typed = form_of(world.acme.member.get(url).text, url)
        typed.pop("set-weekdays")
        assert world.acme.member.post(url, typed).status_code == 302
        assert "waits for days and hours that never come." in world.acme.member.get(url).text

    def test_a_condition_that_may_wait_offers_timeout_instead_of_no(self, world: World, cold: Made):
        place = f"{cold.step('question').id}/next"
        world.acme.member.post(f"{cold.graph}/steps", {"kind": "condition", "name": "Asks", "place": place})
        url = cold.at("asks")
        typed = form_of(world.acme.member.get(url).text, url) | {"set-wait_up_to": "2"}
        world.acme.member.post(url, typed)
        with world.acme.acting():
            graph = service.graph_of(cold.draft)
            ways = graph.ways_out(cold.found("asks").id)
            assert {branch: graph.node(target).key for branch, target in ways.items()} == {
                "yes": "wait-1",
                "timeout": "wait-1",
            }

    def test_two_people_who_edit_notice_each_other_and_nothing_typed_is_lost(self, world: World, cold: Made):
        url = cold.at("last")
        mine = form_of(world.acme.member.get(url).text, url) | {"subject": "Mine"}
        theirs = form_of(world.acme.admin.get(url).text, url) | {"subject": "Theirs"}
        assert world.acme.admin.post(url, theirs).status_code == 302
        answer = world.acme.member.post(url, mine)
        assert answer.status_code == 409
        assert "Somebody else changed this funnel" in answer.text
        again = form_of(answer.text, url)
        assert again["subject"] == "Mine"
        assert world.acme.member.post(url, again).status_code == 302

    def test_words_of_the_library_are_copied(self, world: World, cold: Made):
        with world.acme.acting() as session:
            shared = Content(name="House greeting", medium="email", version_number=1)
            session.add(shared)
            session.flush()
            session.add(
                ContentVersion(content_id=shared.id, number=1, subject="Shared subject", text="Shared text")
            )
            session.commit()
        url = cold.at("last")
        page = world.acme.member.get(url).text
        assert "House greeting" in page
        world.acme.member.post(url, form_of(page, url) | {"library": str(shared.id)})
        assert getattr(cold.says("last"), "subject", "") == "Shared subject"

    def test_settings_that_cannot_be_read_can_be_mended(self, world: World):
        odd = WrittenStep(
            "w", "wait", "Odd", {"weekdays": 5, "amount": "soon", "unit": ["x"], "surprise": {}}
        )
        made = Made(
            world.acme, WrittenTemplate("Odd", steps=(odd, WrittenStep("e", "end", "End")), start="w")
        )
        url = made.at("w")
        page = world.acme.member.get(url)
        assert page.status_code == 200
        assert "How many is not a whole number." in page.text
        assert "surprise is not a setting of this step." in page.text
        typed = form_of(page.text, url) | {"set-amount": "2", "set-unit": "days", "set-weekdays": ["0"]}
        assert world.acme.member.post(url, typed).status_code == 302
        assert made.step("w").config["amount"] == 2
        assert "surprise" not in made.step("w").config

    def test_a_step_of_an_unknown_kind_can_only_be_taken_out(self, world: World, cold: Made):
        with world.acme.acting() as session:
            cold.found("last").kind = "pigeon"
            session.commit()
        assert "pigeon, which does not exist here" in world.acme.member.get(cold.outline).text
        asked = world.acme.member.get(cold.at("last"))
        assert asked.location == f"{cold.at('last')}/removal"
        assert world.acme.member.post(cold.at("last"), {"name": "x"}).status_code == 409
        assert world.acme.member.post(f"{cold.at('last')}/removal", {}).status_code == 302

    def test_the_words_can_be_previewed_as_they_are_typed(self, world: World, cold: Made):
        page = html.document_fromstring(world.acme.member.get(cold.at("last")).text)
        (button,) = page.cssselect("button[formtarget=preview]")
        answer = world.acme.member.post(
            button.get("formaction", ""), {"subject": "Hi {{contact.first_name}}", "text": "x"}
        )
        assert "Hi Ada" in answer.text

    def test_texts_show_what_they_cost(self, world: World):
        made = Made(world.acme, NO_SHOW)
        page = world.acme.member.get(made.at("sorry")).text
        assert re.search(
            r"\d segments?, \d+ characters \(GSM-7\), \d+ left in .*, as an invented person would get it",
            page,
        )


def bare(template: WrittenTemplate) -> WrittenTemplate:
    """Without what the form makes explicit: only the settings that the example names itself."""
    originals = {
        step.key: step.settings
        for example in EXAMPLES
        for step in example.steps
        if example.name == template.name
    }
    steps = [
        replace(step, settings={name: step.settings.get(name) for name in originals[step.key]})
        for step in template.steps
    ]
    return replace(template, steps=tuple(steps), ways=tuple(sorted(template.ways, key=repr)))


def test_a_rule_of_several_questions_is_built_and_saved_without_scripts(world: World, cold: Made):
    """A condition that asks a group in a group, act by act, as a browser without scripts sends it."""
    made = Made(world.acme, replace(NO_SHOW, name="Ruled"))
    url, member = made.at("replied-1"), world.acme.member
    typed = form_of(member.get(url).text, url) | {"set-test": "rule", "set-wait_up_to": ""}
    page = member.post(url, typed | {"set-rule-act": "group:0"}).text
    typed = form_of(page, url) | {"set-rule-0_0-ask": "tag"}
    page = member.post(url, typed | {"set-rule-act": "ask:0_0"}).text
    typed = form_of(page, url) | {"set-rule-0_0-tag": "Vip", "set-rule-0_1_0-ask": "status_here"}
    page = member.post(url, typed | {"set-rule-act": "ask:0_1_0"}).text
    typed = form_of(page, url) | {"set-rule-0_1_0-status": "Attended"}
    assert member.post(url, typed).status_code == 302
    with world.acme.acting():
        config = made.found("replied-1").config
    assert config["rule"] == {"match": "all", "rules": [
        {"ask": "tag", "tag": "Vip"}, {"match": "any", "rules": [{"ask": "status_here", "status": "Attended"}]},
    ]}  # fmt: skip
    assert "tag is Vip and status is Attended?" in member.get(url).text.replace("Tag", "tag")
    wrong = member.post(url, typed | {"set-rule-0_0-tag": ""})
    assert wrong.status_code == 422
    assert "cannot be asked" in wrong.text
