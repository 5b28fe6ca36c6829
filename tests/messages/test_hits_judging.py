"""Human, machine or nobody knows: pure, so every rule has its case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loumass.messages.hit_networks import LIST, network_of, read
from loumass.messages.hits_judging import CLASSES, REASONS, Class, Reason, Seen, judged, reasons

SENT = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def hit(seconds: float, link: int = 0, **also: Any) -> Seen:
    return Seen(SENT + timedelta(seconds=seconds), link, **{"ip_hash": b"a", "agent": CHROME, **also})


LONE: list[tuple[str, Seen, Reason]] = [
    ("a reader an hour later", hit(3_600), "person"),
    ("a click an hour later", hit(3_600, 1), "person"),
    ("Outlook on a desk", hit(3_600, agent=OUTLOOK), "person"),
    ("a click within ten seconds", hit(4, 1), "too_soon"),
    ("an opening within a minute", hit(40), "soon"),
    ("a click within a minute, whatever the agent", hit(30, 1), "soon"),
    ("Apple's prefetching proxies by network", hit(3_600, network="prefetch/apple"), "network"),
    ("Apple's prefetching proxies by name", hit(3_600, agent="Mozilla/5.0"), "says_so"),
    ("Gmail's picture proxy by name", hit(3_600, agent=GMAIL), "proxy"),
    ("Gmail's picture proxy by network", hit(3_600, network="proxy/google"), "proxy"),
    ("a scanner's network with Chrome's name", hit(3_600, 1, network="scanner/proofpoint"), "network"),
    ("a rented computer soon after", hit(240, 1, network="cloud/microsoft"), "too_soon"),
    ("a rented computer next day", hit(90_000, 1, network="cloud/microsoft"), "rented"),
    ("a HEAD", hit(3_600, 1, is_head=True), "says_so"),
    ("a browser that only prepares", hit(3_600, 1, is_prefetch=True), "says_so"),
    ("nobody's name", hit(3_600, 1, agent=""), "says_so"),
    ("a program that says so", hit(3_600, 1, agent="python-requests/2.32"), "says_so"),
    (
        "a messenger's preview",
        hit(3_600, 1, agent="Mozilla/5.0 Chrome/130 Slackbot-LinkExpanding 1.0"),
        "says_so",
    ),
    ("something that never was seen", hit(3_600, 1, agent="Frobnicator 3"), "strange"),
]


@pytest.mark.parametrize(("one", "expected"), [case[1:] for case in LONE], ids=[case[0] for case in LONE])
def test_a_lone_hit(one: Seen, expected: Reason) -> None:
    assert reasons([one], SENT) == [expected]
    assert judged([one], SENT) == [REASONS[expected][0]]


def test_every_reason_has_its_case() -> None:
    assert {case[2] for case in LONE} | {"together", "near"} == set(REASONS)
    assert {who for who, _ in REASONS.values()} == set(CLASSES)


def test_what_a_hit_says_of_itself_weighs_more_than_its_company() -> None:
    storm = [hit(3_600, 1), hit(3_601, 2, is_head=True), hit(3_630, 3), hit(3_630, 3, ip_hash=b"b")]
    assert reasons(storm, SENT) == ["together", "says_so", "near", "person"]


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        pytest.param([hit(3_600, 1), hit(3_601, 2)], ["machine", "machine"], id="two links at once"),
        pytest.param([hit(3_600, 1), hit(3_604, 2), hit(3_609, 3)], ["machine"] * 3, id="three within seconds"),
        pytest.param([hit(3_600, 1), hit(3_620, 2)], ["human", "human"], id="two links in their time"),
        pytest.param([hit(3_600), hit(3_601, 1)], ["human", "human"], id="an opening and its click, later"),
        pytest.param([hit(80), hit(80.5, 1)], ["machine", "machine"], id="picture and only link together, at once"),
        pytest.param([hit(70), hit(90, 1)], ["human", "human"], id="a quick reader"),
        pytest.param([hit(3_600, 1, is_head=True), hit(3_605, 1)], ["machine", "machine"], id="HEAD, then GET"),
        pytest.param(
            [hit(3_600, 1, is_head=True), hit(3_605, 1, ip_hash=b"b")], ["machine", "human"], id="HEAD of another"
        ),
        pytest.param([hit(3_600), hit(3_660), hit(3_700)], ["human"] * 3, id="opened again and again"),
        pytest.param(
            [hit(30, link, ip_hash=bytes([link])) for link in range(4)], ["machine"] * 4, id="a storm from many addresses"
        ),
        pytest.param(
            [hit(30, 1), hit(30, 2), hit(7_200, 1, ip_hash=b"p")], ["machine", "machine", "human"], id="the reader after it"
        ),
    ],
)  # fmt: skip
def test_hits_tell_on_each_other(hits: list[Seen], expected: list[Class]) -> None:
    assert judged(hits, SENT) == expected


def test_the_list_of_networks_can_be_read_and_the_most_exact_range_wins() -> None:
    assert len(read(LIST.read_text())) > 50
    assert network_of("17.58.1.2") == "prefetch/apple"
    assert network_of("66.249.66.1") == "scanner/google"
    assert network_of("66.249.84.10") == "proxy/google"
    assert network_of("::ffff:104.47.5.6") == "scanner/microsoft"
    assert network_of("2620:149:a::1") == "prefetch/apple"
    assert [network_of(one) for one in ("203.0.113.9", "2001:db8::1", "", "unix:", "fe80::1%eth0")] == [
        ""
    ] * 5
    with pytest.raises(ValueError, match="host bits"):
        read("10.0.0.1/8 proxy/nobody")
