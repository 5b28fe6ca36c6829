"""Where somebody is signed in, and ending that."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from loumass.accounts.coming_from import browser_of
from tests.accounts.test_signing import actions, sign_in
from tests.world import PASSWORD, World

_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
_SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
_EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (_FIREFOX, "Firefox on Linux"),
        (_SAFARI, "Safari on iPhone"),
        (_EDGE, "Edge on Windows"),
        ("curl/8.5", "curl"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_are_told_in_words(said: str, words: str) -> None:
    assert browser_of(said) == words


def _in(world: World, agent: str, place: str) -> FlaskClient:
    browser = world.stranger()
    browser.environ_base.update(HTTP_USER_AGENT=agent, REMOTE_ADDR=place)
    sign_in(browser, "ben@acme.example")
    return browser


def test_sessions_are_listed_with_place_and_browser_and_each_can_be_ended(world: World) -> None:
    office, phone = _in(world, _FIREFOX, "203.0.113.7"), _in(world, _SAFARI, "198.51.100.4")
    world.later(minutes=20)
    page = office.get("/profile/security").text
    assert "Firefox on Linux" in page
    assert "198.51.100.4" in page
    # The last seen comes first, and is this one.
    assert page.index("This one") < page.index("Safari on iPhone")
    ids = re.findall(r"/profile/sessions/([0-9a-f-]{36})/end", page)
    assert len(ids) == 3
    assert world.globex.member.post(f"/profile/sessions/{ids[1]}/end").status_code == 404
    phone_id = re.findall(r"/profile/sessions/([0-9a-f-]{36})/end", phone.get("/profile/security").text)[0]
    assert office.post(f"/profile/sessions/{phone_id}/end").status_code == 302
    assert phone.get("/profile").status_code == 302
    assert office.post(f"/profile/sessions/{phone_id}/end").status_code == 404
    assert office.get("/profile").status_code == 200


def _cookie_of(browser: FlaskClient) -> dict[str, Any]:
    """What a copy of the cookie says."""
    with browser.session_transaction() as session:
        return dict(session)


def test_all_others_end_at_once_also_by_a_new_password_and_signing_out_ends_the_row(world: World) -> None:
    one, two, three = (_in(world, _FIREFOX, f"203.0.113.{n}") for n in (1, 2, 3))
    stolen = _cookie_of(two)
    assert one.post("/profile/sessions/end").status_code == 302
    assert [each.get("/profile").status_code for each in (one, two, three)] == [200, 302, 302]
    four = _in(world, _SAFARI, "203.0.113.4")
    new = {"password-current": PASSWORD, "password-password": "seven grey herons"}
    assert four.post("/profile/password", data=new).status_code == 302
    assert [each.get("/profile").status_code for each in (one, four)] == [302, 200]
    kept = _cookie_of(four)
    assert four.post("/logout").status_code == 302
    # A cookie that somebody copied before opens nothing afterwards.
    for cookie in (stolen, kept):
        thief = world.stranger()
        with thief.session_transaction() as session:
            session.update(cookie)
        assert thief.get("/profile").status_code == 302
    assert "sessions.ended" in actions(world.acme)
