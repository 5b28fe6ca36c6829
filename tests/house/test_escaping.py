"""Whatever people call their things, no page runs it: every page is looked at with names that try."""

from __future__ import annotations

import pytest

from loumass.accounts.models import User
from loumass.core import live
from loumass.core.tenancy import acting_for
from tests.house import furniture
from tests.house.furnished import furnish
from tests.house.url_map import attacks, send
from tests.world import World

NASTY = """Quagga"'><img src=x onerror=boom(1)>{{7*7}}"""
#: What any of it looks like when a page let it through.
LET_THROUGH = ("<img src=x", "onerror=boom(1)>", "Quagga\"'", "Quagga49")


def test_names_are_shown_and_never_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(furniture, "MARK", NASTY)
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.05)
    house = furnish(world.acme)
    with acting_for(world.acme.id) as session:
        for person in world.acme.people.values():
            session.get_one(User, person.id).name = NASTY
        session.commit()
    ran, shown = [], 0
    for rule, attack in attacks(world.app, house):
        if attack.method != "GET":
            continue
        answer = send(world.acme.admin, attack)
        page = answer.get_data(as_text=True)
        assert answer.status_code < 500, attack.url
        if answer.mimetype == "text/html" and rule.endpoint != "inbox.body":
            shown += "&lt;img src=x" in page
            ran += [(attack.url, sign) for sign in LET_THROUGH if sign in page]
        if rule.endpoint == "inbox.body":
            assert "onerror" not in page
    assert ran == []
    assert shown > 25


def test_a_name_cannot_break_out_of_a_file_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(furniture, "MARK", 'Quagga"; filename=evil.exe')
    house = furnish(world.acme)
    named = 0
    for _, attack in attacks(world.app, house):
        if attack.method == "GET" and "live" not in attack.url:
            header = send(world.acme.admin, attack).headers.get("Content-Disposition", "")
            named += bool(header)
            assert not header.endswith("filename=evil.exe"), attack.url
            assert "; filename=evil" not in header.replace('\\"', ""), attack.url
    assert named > 5
