"""Templates and their steps on pages that work without JavaScript."""

from __future__ import annotations

from lxml import html

from loumass.funnels import service
from loumass.funnels.seeds import EXAMPLES
from tests.funnels.made import COLD, Made, form_of
from tests.world import World


class TestList:
    def test_it_leads_the_newcomer_to_examples(self, world: World):
        page = world.acme.member.get("/templates").text
        assert "What should people walk through?" in page
        answer = world.acme.member.post("/templates/examples", follow_redirects=True)
        for example in EXAMPLES:
            assert example.name in answer.text
        assert "Version 1" in answer.text

    def test_it_searches_names(self, world: World, cold: Made):
        assert COLD.name in world.acme.member.get("/templates?q=touch").text
        assert "No template has that in its name" in world.acme.member.get("/templates?q=100%").text

    def test_archived_ones_are_apart_and_come_back(self, world: World, cold: Made):
        told = world.acme.member.post(f"{cold.url}/archive", follow_redirects=True).text
        assert "is archived. Campaigns made from it go on." in told
        assert f"{cold.url}/restored" in told
        assert COLD.name not in html.document_fromstring(told).get_element_by_id("templates").text_content()
        assert COLD.name in world.acme.member.get("/templates?show=archived").text
        world.acme.member.post(f"{cold.url}/restored")
        assert COLD.name in world.acme.member.get("/templates").text

    def test_a_viewer_may_look_but_not_touch(self, world: World, cold: Made):
        page = world.acme.viewer.get(cold.outline)
        assert page.status_code == 200
        assert "Add a step" not in page.text
        assert "Publish version" not in page.text
        assert "disabled" in world.acme.viewer.get(cold.at("last")).text
        assert world.acme.viewer.post(f"{cold.graph}/steps", {"kind": "wait"}).status_code == 403
        assert world.acme.viewer.post(f"{cold.url}/versions").status_code == 403


class TestNew:
    def test_it_opens_empty_with_a_place_for_the_first_step(self, world: World):
        answer = world.acme.member.post(
            "/templates", {"name": " Spring  mailing ", "description": "For May"}, follow_redirects=True
        )
        assert "Spring mailing" in answer.text
        answer = world.acme.member.get(f"{answer.request.path}/outline")
        assert "As the first step" in answer.text
        assert "The funnel has no steps." in answer.text

    def test_without_a_name_what_was_typed_is_kept(self, world: World):
        answer = world.acme.member.post("/templates", {"name": " ", "description": "For May"})
        assert answer.status_code == 422
        assert "Give the template a name" in answer.text
        assert "For May" in answer.text


class TestGraph:
    def test_it_draws_every_step_as_a_link_and_lists_it(self, world: World, cold: Made):
        document = html.document_fromstring(world.acme.member.get(cold.outline).text)
        cards = document.cssselect("svg.funnel a")
        assert len(cards) == len(COLD.steps)
        assert cards[0].get("aria-label") == "First contact: A stage begins here"
        assert len(document.cssselect(".outline-text")) == len(COLD.steps)
        assert "No problems. 15 steps" in " ".join(document.text_content().split())

    def test_a_step_is_added_where_it_was_asked_for(self, world: World, cold: Made):
        place = f"{cold.step('last').id}/failed"
        answer = world.acme.member.post(
            f"{cold.graph}/steps",
            {"kind": "set_status", "name": "Nobody there", "place": place, "revision": cold.revision()},
        )
        assert answer.status_code == 302
        with world.acme.acting():
            graph = service.graph_of(cold.draft)
            assert graph.node(graph.ways_out(cold.found("last").id)["failed"]).name == "Nobody there"

    def test_problems_are_listed_with_links_to_their_steps(self, world: World, cold: Made):
        world.acme.member.post(f"{cold.graph}/steps", {"kind": "email_send", "name": "Extra"})
        page = world.acme.member.get(cold.outline).text
        assert "Nobody can come to Extra." in page
        assert "Extra has nothing to say." in page
        assert "Extra leads nowhere." in page
        problems = html.document_fromstring(page).get_element_by_id("problems")
        assert problems.cssselect("h2")[0].text_content().strip() == "3 problems"
        assert all(link.get("href") == f"{cold.at('extra')}#step" for link in problems.cssselect("a"))

    def test_the_beginning_can_be_moved(self, world: World, cold: Made):
        world.acme.member.post(f"{cold.graph}/start", {"node_id": str(cold.step("question").id)})
        with world.acme.acting():
            assert service.graph_of(cold.draft).start == cold.found("question").id

    def test_taking_a_step_out_asks_first(self, world: World, cold: Made):
        url = f"{cold.at('wait-1')}/removal"
        question = world.acme.member.get(url).text
        assert "Take out Wait 3 days?" in question
        assert "Take out step" in question
        assert world.acme.member.post(url, form_of(question, url)).status_code == 302
        with world.acme.acting():
            assert "wait-1" not in {node.key for node in service.graph_of(cold.draft).nodes}
