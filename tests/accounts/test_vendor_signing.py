"""Signing in with Google and Microsoft: whom it lets in, and whom never."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from loumass.accounts import vendor_signing
from loumass.accounts.models import User, VendorAccount
from loumass.core import clock
from loumass.core.tenancy import globally
from loumass.providers import openid
from loumass.providers.oauth import Client
from tests.accounts.conftest import Mailbox
from tests.accounts.test_second_factor import set_up
from tests.accounts.test_signing import actions
from tests.channels.connected import loopback
from tests.fakes.openid import CLIENT_ID, CLIENT_SECRET, OTHER_KEY, FakeOpenId
from tests.providers.vendor import browsing
from tests.world import PASSWORD, World

BEN = "ben@acme.example"
GOOGLES = {"email": BEN, "email_verified": True, "hd": "acme.example"}
MICROSOFTS = {"email": BEN, "xms_edov": True}


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenId]:
    client = Client(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, options={"tenant": "common"})
    monkeypatch.setattr(vendor_signing, "_clients", {"google": client, "microsoft": client})
    monkeypatch.setattr(openid, "_kept", openid._Keys())
    with FakeOpenId(clock.now) as fake, loopback(base_urls=fake.base_urls):
        yield fake


def _prove(world: World, email: str = BEN) -> None:
    """Their address was reached by a link once."""
    with globally() as session:
        session.scalars(select(User).where(User.email_key == email)).one().address_proven_at = clock.now()
        session.commit()


def _back(start: Any) -> str:
    """Where the vendor sends the browser back to, from where we sent it."""
    assert start.status_code == 302, start.text
    with browsing() as http:
        answer = http.get(start.location, follow_redirects=False)
    return answer.headers["location"].removeprefix("https://loumass.example")


def _sign_in(browser: FlaskClient, vendor: str = "google"):
    return browser.get(_back(browser.get(f"/sign-in/{vendor}", query_string={"next": "/contacts"})))


def _said(browser: FlaskClient) -> str:
    return browser.get("/login").text


@pytest.mark.parametrize(("name", "claims"), [("google", GOOGLES), ("microsoft", MICROSOFTS)])
def test_an_address_that_the_vendor_answers_for_and_that_we_reached_comes_in(
    world: World, vendor: FakeOpenId, mailbox: Mailbox, name: str, claims: dict[str, Any]
) -> None:
    _prove(world)
    vendor.claims = claims
    browser = world.stranger()
    assert f"/sign-in/{name}" in browser.get("/login").text
    assert _sign_in(browser, name).location == "/contacts"
    assert "Ben Bdr" in browser.get("/profile").text
    assert "signs you in to Loumass from now on" in mailbox.last(BEN)["Subject"]
    assert actions(world.acme) == ["account.connected", "sign_in"]
    # From now on the vendor's own id counts, whatever the address becomes, and nobody asks whether it is proven.
    vendor.claims = {"email": "other@elsewhere.example"}
    assert _sign_in(world.stranger(), name).location == "/contacts"


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("google", GOOGLES | {"email_verified": False}),
        ("google", GOOGLES | {"email_verified": "true"}),
        # Verified once, by whoever had it then: Google does not keep its accounts.
        ("google", {"email": BEN, "email_verified": True}),
        ("google", GOOGLES | {"email": "nobody@acme.example"}),
        # What a directory's admin wrote there: the way that others took over accounts by.
        ("microsoft", {"email": BEN}),
        ("microsoft", MICROSOFTS | {"xms_edov": False}),
        ("microsoft", {"email": "", "preferred_username": BEN, "xms_edov": True}),
    ],
)
def test_an_address_alone_takes_nobodys_account_over(
    world: World, vendor: FakeOpenId, name: str, claims: dict[str, Any]
) -> None:
    _prove(world)
    vendor.claims = claims
    browser = world.stranger()
    assert _sign_in(browser, name).location == "/login"
    assert "does not answer for" in (page := _said(browser)) or "Nobody here has the address" in page
    assert browser.get("/profile").status_code == 302
    with globally() as session:
        assert session.scalars(select(VendorAccount)).all() == []


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("google", {"iss": "https://accounts.evil.example"}), ("google", {"aud": "somebody else"}), ("google", {"azp": "somebody else"}),
        ("google", {"nonce": "another"}), ("google", {"exp": 1}), ("google", {"iat": 9_999_999_999}), ("google", {"sub": ""}),
        ("google", {"sub": None}), ("microsoft", {"iss": "https://login.microsoftonline.com/other/v2.0"}), ("microsoft", {"tid": ""}),
        ("google", "key"),
    ],
)  # fmt: skip
def test_what_the_vendor_did_not_say_to_us_now_is_not_believed(
    world: World, vendor: FakeOpenId, name: str, claims: Any
) -> None:
    _prove(world)
    vendor.claims = GOOGLES if name == "google" else MICROSOFTS
    if claims == "key":
        vendor.key = OTHER_KEY
    else:
        vendor.claims = vendor.claims | claims
    browser = world.stranger()
    assert _sign_in(browser, name).location == "/login"
    assert "could not tell us who you are" in _said(browser)
    assert browser.get("/profile").status_code == 302


def test_an_account_whose_address_nothing_reached_asks_for_its_password_once(
    world: World, vendor: FakeOpenId
) -> None:
    """Whoever signed up with somebody else's address waits for them in vain."""
    vendor.claims = GOOGLES
    browser = world.stranger()
    assert _sign_in(browser).location == "/sign-in/connection"
    assert browser.post("/sign-in/connection", data={"password": "not this one"}).status_code == 422
    assert browser.get("/profile").status_code == 302
    assert browser.post("/sign-in/connection", data={"password": PASSWORD}).location == "/contacts"
    assert _sign_in(world.stranger()).location == "/contacts"


def test_a_return_that_was_not_begun_here_or_is_used_twice_goes_nowhere(
    world: World, vendor: FakeOpenId
) -> None:
    _prove(world)
    vendor.claims = GOOGLES
    browser, other = world.stranger(), world.stranger()
    back = _back(browser.get("/sign-in/google"))
    query = parse_qs(urlsplit(back).query)
    assert query.keys() == {"code", "state"}
    other.get("/sign-in/google")
    for victim, url in (
        (other, back),
        (world.stranger(), back),
        (browser, back.replace("google", "microsoft")),
    ):
        assert victim.get(url).location == "/login"
        assert victim.get("/profile").status_code == 302
    # The state was used up by the wrong return.
    assert browser.get(back).location == "/login"
    assert world.stranger().get("/sign-in/facebook").status_code == 404


def test_connecting_and_disconnecting_ones_own_and_nobody_elses(world: World, vendor: FakeOpenId) -> None:
    ben, ada = world.acme.member, world.acme.admin
    vendor.claims = {"email": "ben.private@hotmail.example"}
    back = _back(ben.post("/profile/accounts/microsoft"))
    # Somebody else who follows the link connects nothing of theirs, nor of Ben's.
    assert world.globex.member.get(back).location == "/login"
    assert ben.get(_back(ben.post("/profile/accounts/microsoft"))).location == "/profile/security"
    assert "ben.private@hotmail.example" in ben.get("/profile/security").text
    assert ada.get(_back(ada.post("/profile/accounts/microsoft"))).location == "/profile/security"
    assert "signs somebody else in here" in ada.get("/profile/security").text
    set_up(ben)
    assert _sign_in(world.stranger(), "microsoft").location == "/login/code"
    assert ben.post("/profile/accounts/microsoft/removal").status_code == 302
    assert _sign_in(world.stranger(), "microsoft").location == "/login"
    assert ben.post("/profile/accounts/microsoft/removal").status_code == 404


def test_without_applications_there_is_no_button(world: World) -> None:
    assert "/sign-in/" not in world.stranger().get("/login").text
    assert world.stranger().get("/sign-in/google").status_code == 404
