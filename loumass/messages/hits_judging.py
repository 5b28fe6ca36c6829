"""Human, machine or nobody knows: judged from all the hits of one message together. Pure.

What tells them apart, in order of weight: what the visitor says of itself, whose network it comes from, a HEAD before
the GET, several links at once, and how soon after the sending. Agents lie (filters come with an ordinary Chrome's), so
the agent alone makes nobody human.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from loumass.messages.hit_models import PIXEL

Class = Literal["human", "machine", "unknown"]
CLASSES: tuple[Class, ...] = ("human", "machine", "unknown")
Reason = Literal[
    "says_so",
    "network",
    "too_soon",
    "together",
    "near",
    "proxy",
    "rented",
    "strange",
    "soon",
    "person",
]
#: What says who it was -> who it was, and in words.
REASONS: Mapping[Reason, tuple[Class, str]] = {
    "says_so": ("machine", "It says itself that nobody looks"),
    "network": ("machine", "It comes from a mail filter's network, or one that fetches ahead"),
    "too_soon": ("machine", "It came sooner after the sending than anybody reads"),
    "together": ("machine", "It came with others, quicker than any hand"),
    "near": ("machine", "A machine was at the same address within a minute"),
    "proxy": ("unknown", "A mail provider fetched the picture, perhaps for a reader"),
    "rented": ("unknown", "It comes from a rented computer"),
    "strange": ("unknown", "Nobody knows the program that it comes from"),
    "soon": ("unknown", "It came within a minute of the sending"),
    "person": ("human", "Nothing speaks for a machine"),
}

#: Nobody reads within so little of the sending: a click that soon is a filter's, one a little later may be.
TOO_SOON, SOON = timedelta(seconds=10), timedelta(seconds=60)
#: Two links within the first, or three things within the second: no hand is that quick.
AT_ONCE, WITHIN = timedelta(seconds=2), timedelta(seconds=10)
#: A filter that fetches the only link fetches the picture with it.
TOGETHER, WHILE_NEW = timedelta(seconds=1), timedelta(minutes=2)
#: What a filter's address does around is the filter's too.
NEAR = timedelta(minutes=1)
#: A rented computer that comes so soon after the sending is a filter's.
CLOUD_SOON = timedelta(minutes=10)

_MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|scan|preview|prefetch|monitor|fetch|http|curl|wget|python|java/|okhttp|go-|perl|ruby|axios|"
    r"headless|phantom|selenium|puppeteer|playwright|barracuda|proofpoint|mimecast|safelinks|zscaler|symantec|"
    r"facebookexternalhit|whatsapp|slack|skype|telegram|discord|linkedin|embedly",
    re.IGNORECASE,
)
_PROXIES = re.compile(r"GoogleImageProxy|YahooMailProxy", re.IGNORECASE)
#: What Apple's proxies call themselves.
_APPLE = "Mozilla/5.0"
_PEOPLES = re.compile(
    r"\AMozilla/\d.*(?:Chrome|Safari|Firefox|Gecko|Edg|Trident|MSIE|AppleWebKit)|Outlook|Thunderbird|MacOutlook",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one hit."""

    at: datetime
    link: int
    ip_hash: bytes = b""
    network: str = ""
    agent: str = ""
    is_head: bool = False
    is_prefetch: bool = False


def judged(hits: Sequence[Seen], sent_at: datetime | None) -> list[Class]:
    """The class of each of `hits` (all of one message, the oldest first)."""
    return [REASONS[why][0] for why in reasons(hits, sent_at)]


def reasons(hits: Sequence[Seen], sent_at: datetime | None) -> list[Reason]:
    """What says of each of `hits` (all of one message, the oldest first) who it was: of itself, else of its company."""
    found: list[Reason] = [_by_itself(hit, sent_at) for hit in hits]
    for place in _storm(hits, sent_at):
        if _is_open(found[place]):
            found[place] = "together"
    guilty: dict[bytes, list[datetime]] = defaultdict(list)
    for hit, why in zip(hits, found, strict=True):
        if not _is_open(why) and hit.ip_hash and not hit.network.startswith(("prefetch", "proxy")):
            guilty[hit.ip_hash].append(hit.at)
    for place, hit in enumerate(hits):
        if _is_open(found[place]) and _is_near(hit, guilty):
            found[place] = "near"
    return found


def _is_open(why: Reason) -> bool:
    """Whether it may have been a person yet."""
    return REASONS[why][0] != "machine"


def _by_itself(hit: Seen, sent_at: datetime | None) -> Reason:
    age = hit.at - sent_at if sent_at else None
    kind = hit.network.partition("/")[0]
    if _says_so(hit):
        return "says_so"
    if kind in ("scanner", "prefetch"):
        return "network"
    if age is not None and _is_too_soon(kind, age):
        return "too_soon"
    return _not_proven(hit, kind, age)


def _not_proven(hit: Seen, kind: str, age: timedelta | None) -> Reason:
    if kind == "proxy" or _PROXIES.search(hit.agent):
        return "proxy"
    if kind == "cloud":
        return "rented"
    if not _PEOPLES.search(hit.agent):
        return "strange"
    return "soon" if age is not None and age < SOON else "person"


def _says_so(hit: Seen) -> bool:
    """Whether the visitor itself says that nobody looks."""
    if hit.is_head or hit.is_prefetch or not hit.agent.strip():
        return True
    if hit.link == PIXEL and hit.agent.strip() == _APPLE:
        return True
    return bool(_MACHINES.search(hit.agent)) and not _PROXIES.search(hit.agent)


def _is_too_soon(kind: str, age: timedelta) -> bool:
    return age < TOO_SOON if kind != "cloud" else age < CLOUD_SOON


def _storm(hits: Sequence[Seen], sent_at: datetime | None) -> set[int]:
    """The places of those who came together as no person does, from wherever."""
    found: set[int] = set()
    ends = 0
    for place, hit in enumerate(hits):
        ends = max(ends, place)
        while ends < len(hits) and hits[ends].at - hit.at <= WITHIN:
            ends += 1
        if ends - place > 1:
            found |= _together(hits, place, ends, sent_at)
    return found


def _together(hits: Sequence[Seen], begins: int, ends: int, sent_at: datetime | None) -> set[int]:
    first = hits[begins]
    near = range(begins, min(ends, begins + _MOST_NEAR))
    at_once = [place for place in near if hits[place].at - first.at <= AT_ONCE]
    links = {hits[place].link for place in at_once} - {PIXEL}
    if len(links) >= 2:
        return set(at_once)
    if len({hits[place].link for place in near} - {PIXEL}) >= 3:
        return set(near)
    if sent_at is None or first.at - sent_at > WHILE_NEW:
        return set()
    # The picture and the only link within a second, while the mail is new.
    quick = [place for place in at_once if hits[place].at - first.at <= TOGETHER]
    return set(quick) if {hits[place].link == PIXEL for place in quick} == {True, False} else set()


#: Of those who came within seconds, so many are compared: a storm is long proven by then.
_MOST_NEAR = 50


def _is_near(hit: Seen, guilty: dict[bytes, list[datetime]]) -> bool:
    return any(abs(hit.at - at) <= NEAR for at in guilty.get(hit.ip_hash, ())[:_MOST_NEAR])
