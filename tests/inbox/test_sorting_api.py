"""The judge of one's own by the API: what is gone is said to be, and nothing stumbles over its key."""

from __future__ import annotations

from tests.api import program_of
from tests.world import World

JUDGE = {"url": "http://127.0.0.1:9/", "api_key": "a key"}


def test_a_judge_that_was_taken_away_is_gone(world: World) -> None:
    ask = program_of(world.acme.admin)
    assert ask("PUT", "/sorting/judge", JUDGE).json["is_well"] is False
    assert ask("GET", "/sorting").json["has_judge"] is True
    assert ask("DELETE", "/sorting/judge").status_code == 200
    assert ask("GET", "/sorting").json["has_judge"] is False
    for refused in (
        ask("POST", "/sorting/judge/test"),
        ask("PUT", "/sorting/judge", {"url": JUDGE["url"]}),
    ):
        assert refused.status_code == 409
        assert "Enter it again" in refused.json["error"]
