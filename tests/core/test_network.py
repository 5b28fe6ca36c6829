"""The guard against SSRF: all addresses are checked, private ones only by the installation's list."""

from __future__ import annotations

import socket

import httpx2
import pytest
from pytest_httpserver import HTTPServer

from loumass.core import http, network


@pytest.fixture(autouse=True)
def _nothing_allowed():
    before = network._allowed
    network.allow(())
    yield
    network.allow(before)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::",
     "::7f00:1", "fec0::1", "64:ff9b:1::7f00:1", "192.0.0.8", "2001:db8::1", "3fff::1", "::ffff:10.0.0.1"],
)  # fmt: skip
def test_an_inner_address_is_not_public(address: str) -> None:
    assert not network.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_an_outer_address_is(address: str) -> None:
    assert network.is_public(address)


def test_one_inner_address_among_outer_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(0, 0, 0, "", (ip, 443)) for ip in ("8.8.8.8", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(network.AddressRefused, match="ALLOWED_PRIVATE_HOSTS"):
        network.checked_addresses("rebound.example", 443)


def test_the_client_reaches_loopback_only_when_the_installation_allows_it(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("inside")
    with http.client() as client, pytest.raises(network.AddressRefused):
        client.get(httpserver.url_for("/"))
    network.allow([f"{httpserver.host}:{httpserver.port}"])
    with http.client() as client:
        assert client.get(httpserver.url_for("/")).text == "inside"


def test_a_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(
        "", status=302, headers={"Location": "http://127.0.0.1:1/"}
    )
    network.allow([f"{httpserver.host}:{httpserver.port}"])
    with http.client() as client:
        assert client.get(httpserver.url_for("/")).status_code == 302


def test_an_unknown_host_is_a_connect_error() -> None:
    with http.client() as client, pytest.raises(httpx2.ConnectError):
        client.get("http://does-not-exist.invalid/")
