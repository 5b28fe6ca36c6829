"""Whether a domain takes mail: what DNS says, and what it proves when it says nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from loumass.core import mail_servers, resolving
from loumass.core.mail_servers import standing_of, standings_of
from tests.fakes.dns import FakeDns


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDns]:
    monkeypatch.setattr(resolving, "_resolver", resolving._resolver)
    monkeypatch.setattr(resolving, "TRY_SECONDS", 0.2)
    monkeypatch.setattr(resolving, "MOST_SECONDS", 0.3)
    with FakeDns() as server:
        resolving.use([server.address])
        yield server


@pytest.mark.parametrize(
    ("records", "addresses", "expected"),
    [
        ({"MX": ["10 mx.acme.co."]}, [], "accepts"),
        ({"MX": ["0 ."]}, ["198.51.100.7"], "refuses"),
        ({"MX": ["10 localhost."]}, [], "refuses"),
        ({"MX": ["0 .", "10 mx.acme.co."]}, [], "accepts"),
        ({}, ["198.51.100.7"], "address_only"),
        ({}, ["2001:db8::7"], "address_only"),
        ({"TXT": ["v=spf1 -all"]}, [], "missing"),
        ({}, None, "missing"),
    ],
)
def test_what_dns_says(
    names: FakeDns, records: dict[str, list[str]], addresses: list[str] | None, expected: str
) -> None:
    for kind, found in records.items():
        names.records["acme.co", kind] = found
    if addresses:
        names.names["acme.co"] = [addresses]
    assert standing_of("acme.co") == expected


def test_no_answer_proves_nothing(names: FakeDns) -> None:
    names.records["acme.co", "MX"] = ["10 mx.acme.co."]
    names.is_broken = True
    assert standing_of("acme.co") == "unknown"
    names.is_broken, names.is_silent = False, True
    assert standing_of("acme.co") == "unknown"


@pytest.mark.parametrize("name", ["a..co", "x" * 64 + ".co", "\udcff.co"])
def test_a_name_that_cannot_be_asked_for_is_unknown(names: FakeDns, name: str) -> None:
    assert standing_of(name) == "unknown"
    assert names.asked == []


def test_many_are_asked_together_and_the_clock_ends_it_between_batches(
    names: FakeDns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_servers, "BATCH", 3)
    domains = [f"d{number}.co" for number in range(7)]
    for domain in domains:
        names.records[domain, "MX"] = ["10 mx.acme.co."]
    assert standings_of(domains, time.monotonic() - 1) == dict.fromkeys(domains[:3], "accepts")
    assert standings_of(domains, time.monotonic() + 60) == dict.fromkeys(domains, "accepts")
    assert standings_of([], time.monotonic()) == {}
