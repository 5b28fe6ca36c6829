"""Templates as files: out, in, and what a strange file says."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from loumass.funnels.csv_format import read, written
from tests.funnels.made import COLD, INVITATION, NO_SHOW, Made
from tests.world import World


class TestFiles:
    def test_a_downloaded_template_can_be_uploaded(self, world: World):
        made = Made(world.acme, INVITATION)
        file = world.acme.member.get(f"{made.url}/file.csv")
        assert file.mimetype == "text/csv"
        assert (
            file.headers["Content-Disposition"] == "attachment; filename=event-invitation-with-rsvp-adtv.csv"
        )
        answer = world.globex.member.post(
            "/templates/import", {"file": (io.BytesIO(file.data), "template.csv")}, follow_redirects=True
        )
        assert "Event invitation with RSVP (ADTV) is here as a draft." in answer.text
        assert read(file.text).steps == INVITATION.steps

    def test_a_version_can_be_downloaded_but_not_another_templates(self, world: World):
        made, other = Made(world.acme, is_published=True), Made(world.acme, NO_SHOW, is_published=True)
        assert world.acme.member.get(f"{made.url}/file.csv?version={made.published}").status_code == 200
        assert world.acme.member.get(f"{made.url}/file.csv?version={other.published}").status_code == 404

    @pytest.mark.parametrize(
        ("file", "sentence"),
        [
            (b"", "lacks the columns"),
            (b"\xff\xfe\x00", "not UTF-8"),
            (written(COLD).replace("email_send", "pigeon").encode(), "of the kind &#39;pigeon&#39;"),
            (written(replace(COLD, name="x" * 121)).encode(), "longer than 120 characters"),
        ],
    )
    def test_a_wrong_file_is_refused_whole(self, world: World, file: bytes, sentence: str):
        answer = world.acme.member.post("/templates/import", {"file": (io.BytesIO(file), "x.csv")})
        assert answer.status_code == 422
        assert sentence in answer.text
        assert "What should people walk through?" in world.acme.member.get("/templates").text

    def test_no_file_at_all(self, world: World):
        answer = world.acme.member.post("/templates/import", {})
        assert answer.status_code == 422
        assert "Choose the CSV file" in answer.text
