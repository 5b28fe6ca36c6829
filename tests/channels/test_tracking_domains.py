"""Names that links go out under: added, proven by DNS and by our own challenge, used only while they are, removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import select, text
from werkzeug import Request, Response

from loumass.accounts.models import Organization
from loumass.channels import tracking_checking, tracking_domains
from loumass.channels.tracking_models import TrackingDomain, TrackingHost
from loumass.channels.tracking_using import base_of, domain_for
from loumass.core import links, network, resolving
from loumass.core.database import engine
from tests.fakes.dns import FakeDns
from tests.world import Tenant, World

GO = "go.acme.example"


class Front:
    """The web server in front of Loumass, and the DNS that leads to it."""

    def __init__(self, world: World, dns: FakeDns, http: HTTPServer) -> None:
        self.world, self.dns, self.http = world, dns, http
        self.is_ours = True
        dns.names["loumass.example"] = [["127.0.0.1"]]
        http.expect_request(re.compile(".*")).respond_with_handler(self._passed_on)

    def _passed_on(self, request: Request) -> Response:
        if not self.is_ours:
            return Response("Parked here", 200)
        answer = self.world.stranger().get(request.path, headers={"Host": request.host})
        return Response(answer.data, answer.status_code)


@pytest.fixture
def front(world: World, httpserver: HTTPServer) -> Iterator[Front]:
    allowed, resolver, before = network._allowed, resolving._resolver, links._public_url
    with FakeDns() as dns:
        resolving.use([dns.address])
        links.use(f"http://loumass.example:{httpserver.port}")
        network.allow({f"{name}:{httpserver.port}" for name in (GO, "go.globex.example")})
        yield Front(world, dns, httpserver)
    resolving._resolver = resolver
    network.allow(allowed)
    links.use(before)


def domain(tenant: Tenant) -> TrackingDomain:
    with tenant.acting() as session:
        return (
            session.scalars(select(TrackingDomain).order_by(TrackingDomain.created_at.desc())).first()
            or _none()
        )


def _none() -> Any:
    raise AssertionError("there is no tracking domain")


def added(tenant: Tenant, name: str = GO) -> UUID:
    answer = tenant.admin.post("/tracking", {"name": name})
    assert answer.status_code == 303, answer.text
    return domain(tenant).id


def checked(tenant: Tenant, domain_id: UUID) -> TrackingDomain:
    assert tenant.admin.post(f"/tracking/{domain_id}/check").status_code == 303
    return domain(tenant)


def test_a_name_is_used_once_it_is_proven_and_no_longer_than_it_is(world: World, front: Front) -> None:
    acme = world.acme
    one = added(acme, "https://Go.Acme.Example/")
    assert "Not verified yet" in acme.viewer.get("/tracking").text
    assert "was not found" in checked(acme, one).reason
    front.dns.aliases[GO] = "somewhere.example"
    assert checked(acme, one).reason == f"{GO} points to somewhere.example. It must point to loumass.example."
    front.dns.aliases[GO] = "loumass.example"
    front.is_ours = False
    assert "is not this installation" in checked(acme, one).reason
    assert domain(acme).state == "pending"
    with acme.acting():
        assert domain_for("maya@acme.example") is None
    front.is_ours = True
    assert (checked(acme, one).state, domain(acme).reason) == ("verified", "")
    with acme.acting():
        assert domain_for("maya@acme.example") == one
    with world.globex.acting():
        assert domain_for("maya@acme.example") is None
    front.is_ours = False
    world.later(hours=25)
    assert (domain(acme).state, "is not this installation" in domain(acme).reason) == ("failing", True)
    with acme.acting():
        assert domain_for("maya@acme.example") is None
    front.is_ours = True
    world.later(hours=2)
    assert domain(acme).state == "verified"


def test_who_proved_a_name_first_keeps_it_until_they_remove_it(world: World, front: Front) -> None:
    front.dns.aliases[GO] = "loumass.example"
    theirs = added(world.globex)
    mine = added(world.acme)
    assert checked(world.acme, mine).state == "verified"
    assert "Another organization" in checked(world.globex, theirs).reason
    assert "Links in mail that was sent" in world.acme.admin.get(f"/tracking/{mine}/removal").text
    assert world.acme.admin.post(f"/tracking/{mine}/removal").status_code == 303
    assert checked(world.globex, theirs).state == "verified"
    assert checked(world.acme, added(world.acme)).state == "pending"
    assert world.acme.admin.post(f"/tracking/{mine}/check").status_code == 404


def test_under_a_tracking_domain_nobody_signs_in(world: World, front: Front) -> None:
    front.dns.aliases[GO] = "loumass.example"
    one = added(world.acme)
    door = world.app.extensions["loumass.hits_door"]

    def get(path: str, host: str = GO) -> Any:
        return world.stranger().get(path, base_url=f"https://{host}/")

    assert get("/login").status_code == 200  # not a tracking domain yet: naming a host takes it from nobody
    checked(world.acme, one)
    door.forget()
    for path in ("/login", "/", "/campaigns", "/hooks/twilio/x", "/sign-up"):
        answer = get(path)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (404, False), path
        assert "used for links in mail" in answer.text
    assert get("/u/nobody").status_code == 404
    assert "used for links in mail" not in get("/u/nobody").text
    assert get("/static/css/tokens.css").status_code == 200
    signed_in = world.acme.admin.browser.get("/campaigns", base_url=f"https://{GO}/")
    assert signed_in.status_code == 404
    assert world.acme.admin.get("/campaigns").status_code == 200
    world.acme.admin.post(f"/tracking/{one}/removal")
    door.forget()
    assert get("/login").status_code == 404


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Write a name"),
        ("acme", "is not a name below your domain"),
        ("acme.example", "is not a name below your domain"),
        ("10.0.0.1", "is not a name below your domain"),
        ("go acme.example", "is not a name below your domain"),
        ("go.acme.example:8080", "is not a name below your domain"),
        ("a" * 64 + ".acme.example", "is not a name"),
    ],
)
def test_what_is_no_name_is_refused_with_a_sentence(world: World, typed: str, says: str) -> None:
    answer = world.acme.admin.post("/tracking", {"name": typed})
    assert answer.status_code == 422
    assert says in answer.text


def test_the_same_name_twice_and_too_many_are_refused(world: World) -> None:
    added(world.acme)
    assert world.acme.admin.post("/tracking", {"name": GO}).status_code == 409
    for n in range(1, tracking_domains.MOST):
        added(world.acme, f"n{n}.acme.example")
    full = world.acme.admin.post("/tracking", {"name": "one.more.example"})
    assert (full.status_code, "names already" in full.text) == (422, True)


def test_a_member_looks_and_an_admin_changes(world: World) -> None:
    assert world.acme.member.get("/tracking").status_code == 200
    assert world.acme.member.post("/tracking", {"name": GO}).status_code == 403
    assert world.acme.member.post("/tracking/defaults", {"is_open_tracked": "y"}).status_code == 403
    assert world.acme.admin.post("/tracking/defaults", {"is_click_tracked": "y"}).status_code == 303
    with world.acme.acting() as session:
        organization = session.get_one(Organization, world.acme.id)
        assert (organization.is_open_tracked, organization.is_click_tracked) == (False, True)
    assert re.search(r'<input[^>]*name="is_click_tracked"[^>]*>', world.acme.viewer.get("/tracking").text)
    assert world.acme.admin.post("/tracking/defaults", {}).status_code == 303
    with world.acme.acting() as session:
        assert session.get_one(Organization, world.acme.id).is_click_tracked is False


def test_the_address_of_a_name_follows_the_installations_port(front: Front) -> None:
    port = front.http.port
    assert base_of(GO, is_secure=False) == f"http://{GO}:{port}"
    links.use("https://loumass.example")
    assert (base_of(GO, is_secure=True), base_of(GO, is_secure=False)) == (f"https://{GO}", f"http://{GO}")


def test_months_are_made_ahead_and_old_ones_forgotten_but_never_young_ones(world: World) -> None:
    with engine().begin() as connection:
        connection.execute(text("SELECT prepare_hit_month('2020-01-01'), prepare_hit_month('2020-01-15')"))
        assert connection.scalar(text("SELECT to_regclass('hit_2020_01')"))
        assert connection.scalar(text("SELECT forget_hit_months()")) == 1
        assert connection.scalar(text("SELECT to_regclass('hit_2020_01')")) is None
        assert connection.scalar(text("SELECT forget_hit_months()")) == 0
        assert (
            connection.scalar(text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'hit'::regclass")) >= 5
        )


def test_a_challenge_is_answered_for_its_host_alone(world: World) -> None:
    def asked(host: str, nonce: str = "abcdefghijklmnop") -> Any:
        return world.stranger().get(f"/.well-known/loumass/{nonce}", base_url=f"https://{host}/")

    assert asked(GO).text == tracking_checking.answer_to(GO, "abcdefghijklmnop")
    assert asked(GO).text != asked("go.other.example").text
    assert asked(GO, "short").status_code == 404
    with world.acme.acting() as session:
        assert session.scalars(select(TrackingHost)).all() == []
