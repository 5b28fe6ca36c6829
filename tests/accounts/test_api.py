"""Programs at the door: tokens and what they may, signing in for seven days, rates, repeated requests, other hosts' pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from unittest.mock import patch

from redis.exceptions import ConnectionError as NoConnection
from sqlalchemy import Engine, func, select, text

from loumass.accounts import inviting, rates
from loumass.accounts.jobs import forget_requests
from loumass.accounts.models import Invitation
from loumass.accounts.token_models import ApiToken
from loumass.core import clock
from loumass.core.api import once
from loumass.core.models import ApiAnswer
from loumass.core.tenancy import serving
from tests.api import Program, program_of, token_of
from tests.world import PASSWORD, World


def rows(world: World, what: Any) -> int:
    with world.acme.acting() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


class TestTokens:
    def test_one_is_shown_once_kept_as_a_hash_and_opens_what_it_was_made_for(
        self, world: World, sweeper: Engine
    ) -> None:
        made: Any = world.acme.member.browser.post(
            "/api/v1/tokens", json={"name": "CRM", "scopes": ["contacts.read", "tokens.write"], "days": 30}
        )
        assert made.status_code == 201
        secret, token_id = made.json["token"], made.json["id"]
        crm = Program(world, secret)
        me = crm("GET", "/auth/me")
        assert (me.status_code, me.json["error"]) == (
            403,
            "This token was not made for this: it lacks dashboard.read. Nothing was changed.",
        )
        told = crm.got("/tokens")["items"]
        assert [(one["name"], one["token"], one["ending"]) for one in told] == [("CRM", None, secret[-4:])]
        with sweeper.connect() as connection:
            kept = connection.scalar(text("SELECT string_agg(t::text, '') FROM api_token t"))
            assert kept
            assert secret not in kept
            actions = connection.scalars(text("SELECT action FROM audit_entry ORDER BY happened_at")).all()
        assert "token.made" in actions
        more = crm("POST", "/tokens", {"name": "More", "scopes": ["contacts.write"]})
        assert (more.status_code, "may not do contacts.write" in more.json["detail"]) == (422, True)
        assert program_of(world.acme.viewer)("GET", "/tokens").status_code == 403
        assert program_of(world.globex.admin)("DELETE", f"/tokens/{token_id}").status_code == 404
        assert crm.did("DELETE", f"/tokens/{token_id}")["count"] == 1
        assert crm("GET", "/tokens").status_code == 401

    def test_it_ends_by_itself_with_its_person_and_never_opens_more_than_the_person_may(
        self, world: World
    ) -> None:
        short, long = program_of(world.acme.member, days=1), program_of(world.acme.member)
        assert {one["name"] for one in short.got("/tokens")["items"]} == {"A program"}
        with world.acme.acting() as session:
            before = session.scalars(select(ApiToken.last_used_at).order_by(ApiToken.id)).all()
        clock.advance(timedelta(seconds=59))
        short.got("/tokens")
        with world.acme.acting() as session:
            assert session.scalars(select(ApiToken.last_used_at).order_by(ApiToken.id)).all() == before
        clock.advance(timedelta(days=1))
        assert (short("GET", "/tokens").status_code, long("GET", "/tokens").status_code) == (401, 200)
        admin = program_of(world.acme.admin)
        assert (
            admin.did("PUT", f"/members/{world.acme.member.id}/role", {"role": "viewer"})["role"] == "viewer"
        )
        assert (long("GET", "/tokens").status_code, long("GET", "/auth/me").status_code) == (403, 200)
        admin.did("DELETE", f"/members/{world.acme.member.id}")
        assert long("GET", "/auth/me").status_code == 401
        for nonsense in ("lm_", "lm_" + "a" * 54, "lm_é", long.token[:-1], long.token + "A", "x.y.z", ""):
            assert Program(world, nonsense)("GET", "/auth/me").status_code == 401

    def test_a_cookie_beside_it_opens_nothing(self, world: World) -> None:
        wrong: Any = world.acme.admin.get("/api/v1/auth/me", headers={"Authorization": "Bearer lm_nothing"})
        assert (wrong.status_code, wrong.json["title"]) == (401, "Sign in first")


class TestSigningIn:
    def test_it_holds_for_seven_days_can_be_renewed_and_ends(self, world: World) -> None:
        body = {"email": world.acme.member.user.email, "password": PASSWORD}
        client: Any = world.stranger()
        wrong = client.post("/api/auth/login", json=body | {"password": "not this"})
        assert (wrong.status_code, wrong.json["error"]) == (
            401,
            "The e-mail address or the password is not right.",
        )
        given = client.post("/api/auth/login", json=body)
        assert given.json["expires_at"].startswith("2026-03-10T16:00:00")
        assert "Set-Cookie" not in given.headers
        first = Program(world, given.json["token"])
        assert first.got("/api/auth/me")["user"]["email"] == body["email"]
        clock.advance(timedelta(days=6))
        second = Program(world, first.did("POST", "/api/auth/refresh")["token"])
        clock.advance(timedelta(days=2))
        assert (first("GET", "/auth/me").status_code, second("GET", "/auth/me").status_code) == (401, 200)
        assert second.did("POST", "/api/auth/logout")["done"] == "You are signed out."
        assert second("GET", "/auth/me").status_code == 401
        third = Program(world, client.post("/api/auth/login", json=body).json["token"])
        for days in (6, 6, 6, 6):
            clock.advance(timedelta(days=days))
            third = Program(world, third.did("POST", "/api/auth/refresh")["token"])
        changed = third(
            "POST", "/users/password", {"current": PASSWORD, "password": "quite another sentence"}
        )
        assert changed.status_code == 200
        assert third("GET", "/auth/me").status_code == 401, "a new password ends what was signed in"
        elsewhere = body | {"password": "quite another sentence", "organization_id": str(world.globex.id)}
        assert client.post("/api/auth/login", json=elsewhere).status_code == 422

    def test_whoever_registers_is_the_admin_of_something_new(self, world: World) -> None:
        body = {
            "name": "Nadia",
            "email": "nadia@lakeside.example",
            "organization": "Lakeside",
            "password": "a long enough sentence",
        }
        made: Any = world.stranger().post("/api/auth/register", json=body)
        assert made.status_code == 201
        me = Program(world, made.json["token"]).got("/auth/me")
        assert (me["organization"]["name"], me["role"]) == ("Lakeside", "admin")
        assert world.stranger().post("/api/auth/register", json=body).status_code == 409

    def test_many_tries_are_refused(self, world: World) -> None:
        from loumass.accounts.limits import limiter

        limiter.enabled = True
        try:
            codes = [
                world.stranger()
                .post("/api/v1/auth/login", json={"email": "ada@acme.example", "password": "x"})
                .status_code
                for _ in range(11)
            ]
        finally:
            limiter.enabled = False
            limiter.reset()
        assert codes == [401] * 10 + [429]


class TestRates:
    def test_each_token_has_its_own_and_is_told_where_it_stands(self, world: World) -> None:
        one, other = program_of(world.acme.admin), program_of(world.acme.admin)
        with few(world):
            seen = [one("GET", "/organization") for _ in range(3)]
            assert [answer.status_code for answer in seen] == [200, 200, 429]
            assert [answer.headers["RateLimit-Remaining"] for answer in seen] == ["1", "0", "0"]
            refused = seen[-1]
            assert refused.json["detail"].startswith("That is more than 2 requests in a minute.")
            assert 0 < int(refused.headers["Retry-After"]) <= 60
            assert other("GET", "/organization").status_code == 200
            assert one("DELETE", f"/invitations/{world.acme.id}").status_code == 404, (
                "what changes is counted apart"
            )
            with patch.object(world.app.extensions["loumass.redis"], "pipeline", side_effect=NoConnection):
                rates._here.storage.reset()
                assert [one("GET", "/organization").status_code for _ in range(3)] == [200, 200, 429]


@contextmanager
def few(world: World) -> Iterator[None]:
    """Two requests in a minute."""
    usual = world.app.extensions["loumass.settings"]
    world.app.extensions["loumass.redis"].flushdb()
    world.app.extensions["loumass.settings"] = replace(usual, api_reads_per_minute=2, api_writes_per_minute=2)
    yield
    world.app.extensions["loumass.settings"] = usual


class TestRepeating:
    BODY: ClassVar = {"email": "new@acme.example", "role": "agent"}

    def test_the_same_key_is_answered_as_before_and_done_once(self, world: World) -> None:
        admin, key = program_of(world.acme.admin), {"Idempotency-Key": "one"}
        first, again = (admin("POST", "/invitations", self.BODY, headers=key) for _ in range(2))
        assert (first.status_code, again.status_code, first.json) == (201, 201, again.json)
        assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (
            None,
            "true",
        )
        assert (rows(world, Invitation), rows(world, ApiAnswer)) == (1, 1)
        other = admin("POST", "/invitations", self.BODY | {"role": "viewer"}, headers=key)
        assert (other.status_code, "another request" in other.json["detail"]) == (422, True)
        colleague = program_of(world.acme.admin)
        assert colleague("POST", "/invitations", self.BODY, headers=key).json["link"] != first.json["link"]
        assert admin("POST", "/invitations", self.BODY, headers={"Idempotency-Key": "ö"}).status_code == 400
        clock.advance(timedelta(hours=24, seconds=1))
        late = admin("POST", "/invitations", self.BODY, headers=key)
        assert late.json["link"] != first.json["link"], "a day later it is a new request"
        with serving(world.acme.id):
            assert forget_requests.function() is False
        assert rows(world, ApiAnswer) == 1, "the colleague's is forgotten, this one's is from now"

    def test_what_was_refused_may_be_sent_again(self, world: World) -> None:
        admin, key = program_of(world.acme.admin), {"Idempotency-Key": "two"}
        mine = {"email": world.acme.member.user.email}
        assert admin("POST", "/invitations", mine, headers=key).status_code == 409
        assert rows(world, ApiAnswer) == 0
        assert admin("POST", "/invitations", self.BODY, headers=key).status_code == 201

    def test_a_crash_keeps_work_and_answer_or_neither(self, world: World) -> None:
        admin, key = program_of(world.acme.admin), {"Idempotency-Key": "three"}
        with patch.object(once, "_keep", side_effect=KeyboardInterrupt), _crashing():
            admin("POST", "/invitations", self.BODY, headers=key)
        assert (rows(world, Invitation), rows(world, ApiAnswer)) == (0, 0)
        made = admin("POST", "/invitations", self.BODY, headers=key)
        assert admin("POST", "/invitations", self.BODY, headers=key).json == made.json

    def test_of_two_at_the_same_time_one_is_done(self, world: World) -> None:
        admin, key = program_of(world.acme.admin), {"Idempotency-Key": "four"}
        twin, invite = Program(world, admin.token), inviting.invite
        theirs: list[Any] = []

        def meanwhile(*given: Any) -> Any:
            if not theirs:
                theirs.append(None)
                theirs[0] = _beside(lambda: twin("POST", "/invitations", self.BODY, headers=key))
            return invite(*given)

        with patch.object(inviting, "invite", meanwhile):
            mine = admin("POST", "/invitations", self.BODY, headers=key)
        assert (mine.json, mine.headers["Idempotency-Replayed"]) == (theirs[0].json, "true")
        assert rows(world, Invitation) == 1


@contextmanager
def _crashing() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        return
    raise AssertionError("it went on")


def _beside(call: Any) -> Any:
    """What `call` gives on a thread of its own, with a session of its own."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


class TestOtherHosts:
    def test_pages_of_named_hosts_may_ask_before_they_send_and_no_others(self, world: World) -> None:
        asks = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        told = world.stranger().options("/api/v1/invitations", headers=asks)
        assert (told.status_code, told.headers["Access-Control-Allow-Origin"]) == (200, "https://app.example")
        assert "Authorization" in told.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in told.headers
        evil = world.stranger().options(
            "/api/v1/invitations", headers=asks | {"Origin": "https://evil.example"}
        )
        assert "Access-Control-Allow-Origin" not in evil.headers
        page = world.acme.admin.get("/dashboard", headers={"Origin": "https://app.example"})
        assert "Access-Control-Allow-Origin" not in page.headers
        wrong = Program(world, token_of(world.acme.admin))("PATCH", "/organization")
        assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, PUT")
