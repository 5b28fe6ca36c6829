"""Where a request comes from, in words: for lists of sessions and for the audit."""

from __future__ import annotations

from typing import NamedTuple

#: The first that a User-Agent names is taken: most say that they are like the ones below.
_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("SamsungBrowser/", "Samsung"),
    ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"), ("python", "a Python program"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
UNKNOWN = "Unknown browser"


class Place(NamedTuple):
    """A network address and a browser."""

    address: str
    browser: str


def browser_of(user_agent: str) -> str:
    """ "Firefox on Linux"."""
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser is None and system is None:
        return UNKNOWN
    return f"{browser or 'A browser'} on {system}" if system else browser or UNKNOWN


def _first(marks: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for mark, name in marks if mark in user_agent), None)
