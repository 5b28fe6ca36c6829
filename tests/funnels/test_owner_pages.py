"""Whose graph it is: templates, campaigns, and other organizations."""

from __future__ import annotations

from uuid import UUID

from loumass.content.models import Content, ContentVersion
from loumass.funnels import owners, service
from loumass.funnels.owners import Owner
from tests.funnels.made import Made, form_of
from tests.world import World


class TestOwners:
    def test_a_campaigns_graph_is_edited_on_the_same_pages(self, world: World, cold: Made):
        with world.acme.acting() as session:
            clone = service.clone_graph(cold.draft)
            session.commit()

        def denver(graph_id: UUID) -> Owner | None:
            tabs = (("People", "/campaigns/1"), ("Funnel", f"/funnels/{clone}"))
            dead = {"email": "no mailbox is connected."}
            return (
                Owner(
                    "Denver Broker Night",
                    "Campaigns",
                    "/campaigns",
                    "/campaigns/1",
                    tabs=tabs,
                    dead_media=dead,
                )
                if graph_id == clone
                else None
            )

        owners.OWNERS.append(denver)
        try:
            page = world.acme.member.get(f"/funnels/{clone}/outline").text
            assert "Denver Broker Night" in page
            assert "Publish version" not in page
            assert "cannot send its e-mail: no mailbox is connected." in page
            last = cold.step("last", clone)
            url = f"/funnels/{clone}/steps/{last.id}"
            typed = form_of(world.acme.member.get(url).text, url) | {"subject": "Only here"}
            assert world.acme.member.post(url, typed).status_code == 302
            assert getattr(cold.says("last"), "subject", "") == "My last e-mail about this"
            with world.acme.acting() as session:
                service.freeze(clone)
                session.commit()
            typed = form_of(world.acme.member.get(url).text, url) | {
                "subject": "Later still",
                "name": "Renamed",
            }
            # Browsers send nothing of settings that cannot be changed.
            typed = {name: value for name, value in typed.items() if not name.startswith("set-")}
            assert world.acme.member.post(url, typed).status_code == 302
            assert cold.step("last", clone).name == "5. Last e-mail"
            assert "Later still" in world.acme.member.get(url).text
            assert world.acme.member.post(f"{url}/removal", {}).status_code == 409
        finally:
            owners.OWNERS.remove(denver)


class TestGlobex:
    """What is Acme's does not exist for Globex."""

    def test_every_page_of_acmes_is_unknown(self, world: World, cold: Made):
        step = cold.at("last")
        for url in (cold.url, f"{cold.url}/file.csv", cold.graph, step, f"{step}/removal"):
            assert world.globex.admin.get(url).status_code == 404, url
        posts = {
            cold.url: {"name": "x"}, f"{cold.url}/copies": {}, f"{cold.url}/archive": {}, f"{cold.url}/restored": {},
            f"{cold.url}/versions": {}, f"{cold.graph}/steps": {"kind": "wait"}, step: {"name": "x"},
            f"{cold.graph}/start": {"node_id": str(cold.step("last").id)}, f"{step}/removal": {},
        }  # fmt: skip
        for url, typed in posts.items():
            assert world.globex.admin.post(url, typed).status_code == 404, url

    def test_a_library_of_acmes_cannot_be_taken(self, world: World, cold: Made):
        with world.acme.acting() as session:
            shared = Content(name="Secret", medium="email", version_number=1)
            session.add(shared)
            session.flush()
            session.add(
                ContentVersion(content_id=shared.id, number=1, subject="Secret subject", text="Secret")
            )
            session.commit()
        theirs = Made(world.globex)
        url = theirs.at("last")
        world.globex.member.post(
            url, form_of(world.globex.member.get(url).text, url) | {"library": str(shared.id)}
        )
        assert getattr(theirs.says("last"), "subject", "") == "My last e-mail about this"
