"""Signs of spam, the time a script takes, whether links answer. Pure, but for a server on loopback."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from loumass.content.link_checking import look
from loumass.content.spam_signs import Letter, spam_signs
from loumass.content.speaking_time import spoken
from loumass.core import network

PROSE = "We met at the fair in Denver and you asked how others fill their evenings. I wrote down three ways. "
FINE = Letter(
    "Dinner on Thursday?",
    PROSE * 2 + "Will you come?",
    "<p>x</p><a href='https://acme.example/rsvp'>Save my seat</a>",
)


def codes(letter: Letter) -> set[str]:
    return {sign.code for sign in spam_signs(letter)}


def linked(*links: tuple[str, str], text: str = PROSE * 3) -> Letter:
    anchors = "".join(f'<a href="{href}">{words}</a>' for href, words in links)
    return Letter("Dinner?", text, f"<p>{text}</p>{anchors}", frozenset({"https://us.example/u/1"}))


def test_a_fine_letter_shows_no_sign() -> None:
    assert spam_signs(FINE) == []


@pytest.mark.parametrize(
    ("letter", "code"),
    [
        (Letter("GREAT DINNER TODAY", PROSE), "shouting"),
        (Letter("Dinner", "COME NOW THIS WILL BE GREAT"), "capitals"),
        (Letter("Dinner!! Now!!", PROSE), "exclamations"),
        (linked(*[(f"https://a.example/{n}", "x") for n in range(9)]), "many_links"),
        (linked(*[(f"https://a.example/{n}", "x") for n in range(5)], text="Look at these here"), "link_heavy"),
        (Letter("Dinner", "Look", '<img src="x"><img src="y">'), "image_only"),
        (linked(("https://evil.example/x", "acme.example")), "disguised"),
        (linked(("https://evil.example/x", "https://www.acme.example/login")), "disguised"),
        (Letter("Dinner", "", "<p></p>"), "no_text"),
        (Letter("Dinner", PROSE + "The plan is attached."), "no_attachment"),
        (linked(("https://acme.example/plan.exe", "plan")), "dangerous_file"),
        (Letter("A very long subject that goes on and on until nobody reads it any more", PROSE), "long_subject"),
        (Letter("", PROSE), "no_subject"),
        (Letter("Re: our talk", PROSE), "fake_answer"),
        (Letter("Dinner", PROSE + "Act now, it is risk-free and 100% free. Click here"), "phrases"),
        (linked(("https://bit.ly/x", "x")), "shortener"),
        (linked(("http://93.184.216.34/x", "x")), "bare_ip"),
        (linked(("http://acme.example/x", "x")), "not_encrypted"),
        (Letter("Dinner", PROSE, f"<p>{'x' * 103_000}</p>"), "too_big"),
    ],
)  # fmt: skip
def test_a_sign_is_told_with_its_remedy(letter: Letter, code: str) -> None:
    found = {sign.code: sign for sign in spam_signs(letter)}
    assert code in found
    assert found[code].sentence.endswith(".")
    assert found[code].remedy.endswith(".")


@pytest.mark.parametrize(
    ("letter", "code"),
    [
        (Letter("NASA dinner", PROSE), "shouting"),
        (linked(("https://www.acme.example/x", "acme.example")), "disguised"),
        (linked(("https://acme.example/x", "shop.acme.example")), "disguised"),
        (linked(("https://us.example/u/1", "example.org")), "disguised"),
        (linked(("mailto:a@b.example", "acme.example")), "disguised"),
        (Letter("Dinner", PROSE + "We are resharing what you guaranteedly know."), "phrases"),
        (Letter("Regarding Thursday", PROSE), "fake_answer"),
    ],
)
def test_what_only_looks_like_a_sign_is_none(letter: Letter, code: str) -> None:
    assert code not in codes(letter)


def test_the_gravest_comes_first() -> None:
    found = spam_signs(Letter("FREE MONEY FOR EVERYBODY!!", "Click here"))
    assert [sign.is_grave for sign in found] == sorted((sign.is_grave for sign in found), reverse=True)


@pytest.mark.parametrize(
    ("script", "language", "seconds"),
    [
        ("", "en", 0),
        ("word " * 75, "en", 30),
        ("word " * 75, "pl", 36),
        ("word " * 75, "xx", 30),
        ("One. Two. Three.", "en", 2),
    ],
)
def test_a_script_takes_its_time(script: str, language: str, seconds: int) -> None:
    assert spoken(script, language).seconds == seconds


def test_a_long_script_is_warned_of() -> None:
    assert "Longer than 60 seconds" in spoken("word " * 200).warning
    assert "Few people listen" in spoken("word " * 100).warning
    assert "more than 5 seconds" in spoken("Call me").warning
    assert spoken("word " * 50).warning == ""


def test_links_are_judged_by_what_answers(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_allowed", frozenset({f"{httpserver.host}:{httpserver.port}"}))
    httpserver.expect_request("/fine").respond_with_data("")
    httpserver.expect_request("/gone").respond_with_data("", status=410)
    httpserver.expect_request("/shy", method="HEAD").respond_with_data("", status=405)
    httpserver.expect_request("/shy", method="GET").respond_with_data("page")
    httpserver.expect_request("/closed").respond_with_data("", status=403)
    httpserver.expect_request("/ill").respond_with_data("", status=500)
    httpserver.expect_request("/on").respond_with_data("", status=302, headers={"Location": "/fine"})
    httpserver.expect_request("/round").respond_with_data("", status=302, headers={"Location": "/round"})
    found = {
        path: look(httpserver.url_for(path))
        for path in ("/fine", "/gone", "/shy", "/closed", "/ill", "/on", "/round")
    }
    states = {path: one.state for path, one in found.items()}
    assert states == {
        "/fine": "fine", "/gone": "broken", "/shy": "fine", "/closed": "odd", "/ill": "odd", "/on": "fine", "/round": "odd",
    }  # fmt: skip
    assert found["/on"].sentence.endswith("/fine.")
    assert "leads on more than 5 times" in found["/round"].sentence


@pytest.mark.parametrize(
    ("href", "said"),
    [
        ("http://127.0.0.1:9/x", "private network"),
        ("http://169.254.169.254/latest/meta-data", "private network"),
        ("https://exa mple.example/", "no such name"),
        ("gopher://x.example/", "no address that a browser can open"),
    ],
)
def test_links_that_nobody_can_follow_are_broken(href: str, said: str) -> None:
    found = look(href)
    assert (found.state, said in found.sentence) == ("broken", True), found
