"""Versions: what is published, what changed since, and who is told."""

from __future__ import annotations

from lxml import html

from tests.funnels.made import INVITATION, Made, form_of
from tests.world import World


class TestVersions:
    def test_publishing_tells_the_number_and_keeps_the_version(self, world: World, cold: Made):
        answer = world.acme.member.post(f"{cold.url}/versions", follow_redirects=True)
        assert "Version 1 is published." in answer.text
        page = world.acme.member.get(cold.url).text
        assert "Version 1" in page
        assert "in use" in page

    def test_the_page_offers_what_comes_next(self, world: World):
        made, member = Made(world.acme, is_published=True), world.acme.member
        page = member.get(made.graph).text
        assert f'href="/campaigns/new?template={made.id}"' in page
        assert "Publish version" not in page
        assert "draft is newer" not in member.get("/templates").text
        url = made.at("last")
        typed = form_of(member.get(url).text, url) | {"text": "Another goodbye"}
        assert member.post(url, typed).status_code == 302
        page = member.get(made.graph).text
        assert "Draft, newer than version 1" in page
        assert "Publish version 2" in page
        assert "New campaign from version 1" in page
        assert "draft is newer" in member.get("/templates").text
        member.post(f"{made.url}/versions")
        assert "Publish version" not in member.get(made.graph).text

    def test_saving_without_a_change_leaves_nothing_to_publish(self, world: World):
        made, member = Made(world.acme, is_published=True), world.acme.member
        url = made.at("last")
        member.post(url, form_of(member.get(url).text, url))
        answer = member.post(f"{made.url}/versions", follow_redirects=True)
        assert "Nothing has changed since the newest version" in answer.text
        assert "Publish version" not in member.get(made.graph).text

    def test_the_list_tells_what_each_sends(self, world: World):
        Made(world.acme, INVITATION)
        assert "4 e-mails, 2 texts" in world.acme.member.get("/templates").text

    def test_a_draft_with_problems_is_not_published_and_says_why(self, world: World, cold: Made):
        world.acme.member.post(f"{cold.graph}/steps", {"kind": "email_send", "name": "Extra"})
        answer = world.acme.member.post(f"{cold.url}/versions", follow_redirects=True)
        assert "3 problems keep Five-touch cold e-mail from being published." in answer.text

    def test_a_version_is_shown_but_never_changes(self, world: World):
        made = Made(world.acme, is_published=True)
        page = world.acme.member.get(f"/funnels/{made.published}").text
        assert "This is version 1, as it was published. It never changes." in page
        assert "Add a step" not in page
        answer = world.acme.member.post(f"/funnels/{made.published}/steps", {"kind": "wait"})
        assert answer.status_code == 409
        last = made.step("last", made.published)
        answer = world.acme.member.post(
            f"/funnels/{made.published}/steps/{last.id}", {"name": "x", "subject": "x"}
        )
        assert answer.status_code == 409

    def test_the_words_of_a_version_cannot_be_changed_by_another_door(self, world: World):
        made = Made(world.acme, is_published=True)
        content = made.step("last", made.published).content_id
        answer = world.acme.member.post(
            f"/content/{content}", {"name": "x", "subject": "Changed", "text": "Changed"}
        )
        assert answer.status_code == 409
        assert "These are the words of one step of a funnel." in answer.text
        assert world.acme.member.post(f"/content/{content}/archive").status_code == 409
        page = html.document_fromstring(world.acme.member.get(f"/content/{content}").text)
        assert not [button for button in page.cssselect("button") if button.text_content().strip() == "Save"]

    def test_duplicating_opens_the_copy(self, world: World, cold: Made):
        answer = world.acme.member.post(f"{cold.url}/copies", follow_redirects=True)
        assert "Five-touch cold e-mail copy" in answer.text

    def test_renaming(self, world: World, cold: Made):
        assert (
            world.acme.member.post(cold.url, {"name": "Five touches", "description": ""}).status_code == 302
        )
        assert "Five touches" in world.acme.member.get(cold.url).text
        assert world.acme.member.post(cold.url, {"name": "x" * 200, "description": ""}).status_code == 422
