"""Names are asked of the DNS servers that the installation names, and what they say is checked."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx2
import pytest
from pytest_httpserver import HTTPServer

from loumass.config import Misconfigured, _dns_servers
from loumass.core import http, network, resolving
from tests.fakes.dns import FakeDns


@pytest.fixture
def names() -> Iterator[FakeDns]:
    """The DNS server that is asked, for the length of a test."""
    allowed, resolver = network._allowed, resolving._resolver
    with FakeDns() as server:
        resolving.use([server.address])
        yield server
    resolving._resolver = resolver
    network.allow(allowed)


def test_the_installations_server_is_asked_and_every_address_counts(names: FakeDns) -> None:
    names.names["mail.acme.example"] = [["198.51.100.7", "198.51.100.8", "2001:db8::7"]]
    found = resolving.addresses_of("mail.acme.example", 587)
    assert sorted(found) == ["198.51.100.7", "198.51.100.8", "2001:db8::7"]
    assert {kind for _, kind in names.asked} == {"A", "AAAA"}


def test_capitals_and_a_final_dot_are_the_same_name(names: FakeDns) -> None:
    names.names["mail.acme.example"] = [["198.51.100.7"]]
    assert resolving.addresses_of("Mail.ACME.example.", 25) == ["198.51.100.7"]


def test_a_name_of_the_whole_world_is_asked_in_ascii(names: FakeDns) -> None:
    names.names["xn--mnchen-3ya.example"] = [["198.51.100.9"]]
    assert resolving.addresses_of("münchen.example", 25) == ["198.51.100.9"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "mail.localhost", "LOCALHOST."])
def test_this_machine_and_literal_addresses_are_never_asked_for(names: FakeDns, host: str) -> None:
    assert set(resolving.addresses_of(host, 25)) <= {"127.0.0.1", "::1"}
    assert names.asked == []


def test_an_unknown_name_and_one_without_an_address_are_not_found(names: FakeDns) -> None:
    names.names["empty.example"] = [[]]
    for host in ("nobody.example", "empty.example"):
        with pytest.raises(socket.gaierror, match="has no address") as problem:
            resolving.addresses_of(host, 25)
        assert problem.value.errno == socket.EAI_NONAME


@pytest.mark.parametrize("ailment", ["is_broken", "is_silent"])
def test_a_server_that_fails_is_a_passing_fault(
    names: FakeDns, ailment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setattr(names, ailment, True)
    monkeypatch.setattr(resolving._resolver, "lifetime", 0.5)
    with pytest.raises(socket.gaierror) as problem:
        resolving.addresses_of("mail.acme.example", 25)
    assert problem.value.errno == socket.EAI_AGAIN


def test_a_second_server_answers_when_the_first_is_broken(names: FakeDns) -> None:
    with FakeDns({"mail.acme.example": ["198.51.100.7"]}) as second:
        names.is_broken = True
        resolving.use([names.address, second.address])
        assert resolving.addresses_of("mail.acme.example", 25) == ["198.51.100.7"]


def test_one_inner_address_among_outer_ones_is_refused(names: FakeDns) -> None:
    names.names["mixed.example"] = [["8.8.8.8", "10.0.0.1"]]
    with pytest.raises(network.AddressRefused, match=r"10\.0\.0\.1"):
        network.checked_addresses("mixed.example", 443)


def test_a_name_that_changes_after_the_check_changes_nothing(names: FakeDns, httpserver: HTTPServer) -> None:
    """DNS rebinding: what was checked is what is dialled."""
    httpserver.expect_request("/").respond_with_data("inside")
    names.changes("rebound.example", ["8.8.8.8"], ["127.0.0.1"])
    dialled: list[str] = []

    def note(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        dialled.append(address[0])
        raise ConnectionRefusedError

    with pytest.MonkeyPatch.context() as patched, http.client() as client:
        patched.setattr(socket, "create_connection", note)
        with pytest.raises(httpx2.ConnectError):
            client.get(f"http://rebound.example:{httpserver.port}/")
        assert dialled == ["8.8.8.8"]
        with pytest.raises(network.AddressRefused):
            client.get(f"http://rebound.example:{httpserver.port}/")


def test_calls_and_sockets_reach_the_address_that_was_found(names: FakeDns, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("inside")
    names.names["vendor.example"] = [["127.0.0.1"]]
    network.allow([f"vendor.example:{httpserver.port}"])
    with http.client() as client:
        assert client.get(f"http://vendor.example:{httpserver.port}/").text == "inside"
    with network.dial("vendor.example", httpserver.port, 5) as connection:
        assert connection.getpeername() == ("127.0.0.1", httpserver.port)


def test_an_address_that_does_not_answer_gives_way_to_the_next(
    names: FakeDns, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/").respond_with_data("inside")
    # Nobody listens on the second loopback address, which stands first.
    names.names["vendor.example"] = [["127.0.0.2", "127.0.0.1"]]
    network.allow([f"vendor.example:{httpserver.port}"])
    with network.dial("vendor.example", httpserver.port, 5) as connection:
        assert connection.getpeername()[0] == "127.0.0.1"
    with http.client() as client:
        assert client.get(f"http://vendor.example:{httpserver.port}/").text == "inside"


def test_the_setting_takes_addresses_with_and_without_ports() -> None:
    assert _dns_servers("10.0.0.2, [fd00::2]:5353,10.0.0.3:54") == (
        ("10.0.0.2", 53), ("fd00::2", 5353), ("10.0.0.3", 54),
    )  # fmt: skip
    assert _dns_servers("") == ()


@pytest.mark.parametrize("wrong", ["dns.example:53", "10.0.0.2:none", "10.0.0.2:99999", ":53", "10.0.0"])
def test_a_setting_that_is_no_address_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(Misconfigured, match="DNS_RESOLVER"):
        _dns_servers(wrong)
