"""What pages load besides themselves is kept by browsers, and changes its address when it changes."""

from __future__ import annotations

import re

from loumass import static_files
from tests.world import World


def test_what_a_page_loads_is_kept_for_a_year(world: World):
    page = world.acme.member.get("/campaigns").text
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    assert len(addresses) > 5
    for address in addresses:
        answer = world.stranger().get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (
            200,
            "public, max-age=31536000, immutable",
        )


def test_an_address_of_an_earlier_release_or_of_none_is_answered_and_asked_again(world: World):
    for address in ("/static/0123456789ab/css/tokens.css", "/static/css/tokens.css"):
        answer = world.stranger().get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, no-cache")
        assert "--" in answer.text


def test_what_is_not_there_is_not_kept(world: World):
    for address in (
        f"/static/{static_files.digest()}/none.css",
        "/static/none.css",
        "/static/0123456789ab/../../app.py",
    ):
        answer = world.stranger().get(address)
        assert answer.status_code == 404
        assert "immutable" not in answer.headers["Cache-Control"]
