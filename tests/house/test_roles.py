"""Every way in, for every role: who lacks the permission is refused and changes nothing; looking changes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from loumass.accounts.permissions import may
from loumass.core import live
from loumass.core.api import PREFIX as API
from tests.house.furnished import furnish
from tests.house.url_map import attacks, everything, guard_of, permission_of, send, ways_in
from tests.world import World

#: What anybody may do who is signed in: it concerns nobody but themselves.
ONES_OWN = {
    "account.change_address", "account.change_password", "account.logout", "account.profile", "account.visit",
    "account.begin_second_factor", "account.confirm_second_factor", "account.renew_recovery_codes",
    "account.take_second_factor_off", "account.connect_account", "account.disconnect_account", "account.end_session",
    "account.end_other_sessions",
    "accounts_api.change_address", "accounts_api.change_password", "accounts_api.change_profile", "accounts_api.leave",
    "accounts_api.logout", "accounts_api.refresh", "accounts_api.begin_second_factor", "accounts_api.confirm_second_factor",
    "accounts_api.renew_recovery_codes", "accounts_api.take_second_factor_off", "accounts_api.disconnect_account",
    "accounts_api.end_session", "accounts_api.end_sessions",
}  # fmt: skip
#: Ways in without a login. A new one belongs here only after somebody has thought about who may call it.
PUBLIC = {
    "open_api.login", "open_api.openapi", "open_api.register",
    "accounts.forgotten", "accounts.invitation", "accounts.login", "accounts.reset", "accounts.sign_up",
    "accounts.second_factor", "accounts.start_vendor_sign_in", "accounts.finish_vendor_sign_in", "accounts.prove_account",
    "media.show", "unsubscribing.ask", "unsubscribing.back", "unsubscribing.out", "wishes.ask", "wishes.pause", "wishes.save",
}  # fmt: skip
HOOKS = {
    "health.health",
    "health.metrics",
    "calls.arrive",
    "hooks.arrive",
    "hooks.arrive_without_token",
    "hooks.twilio_inbound",
}
#: Posted by mail programs and by programs that sign in: without a cookie.
WITHOUT_TOKEN = {"unsubscribing.back", "unsubscribing.out", "open_api.login", "open_api.register"}
#: Posted because a text is long; they answer and keep nothing.
ONLY_COMPUTE = {
    "contacts_api.preview_rule",
    "content_api.check_words",
    "content.count_segments",
    "content.show_preview",
    "graphs.edit_rule",
    "segments.edit_rule",
    "segments.preview",
}
#: A single file of a conversation, opened from it; and figures of a simulation, which name nobody.
NO_EXPORT = {
    "inbox.download",
    "inbox_api.download_file",
    "simulations.download",
    "campaigns_api.export_simulation",
}


@pytest.fixture(autouse=True)
def _short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.05)


def test_a_role_that_lacks_the_permission_is_refused_everywhere(world: World, ledger: Engine) -> None:
    house = furnish(world.acme)
    before, let_in, refused = everything(ledger), [], 0
    for rule, attack in attacks(world.app, house):
        for role, person in world.acme.people.items():
            if not may(role, permission_of(world.app, rule)):
                refused += 1
                if send(person, attack).status_code != 403:
                    let_in.append((role, attack.method, str(rule)))
    assert let_in == []
    assert refused > 200
    assert everything(ledger) == before


def test_a_viewer_can_change_nothing_but_themselves(world: World) -> None:
    writes = {
        rule.endpoint
        for rule, method in ways_in(world.app.url_map)
        if method != "GET" and may("viewer", permission_of(world.app, rule))
    }
    assert writes == ONES_OWN | ONLY_COMPUTE


def test_a_permission_to_read_writes_nothing(world: World) -> None:
    writes = {
        rule.endpoint
        for rule, method in ways_in(world.app.url_map)
        if method != "GET" and permission_of(world.app, rule).endswith(".read")
    }
    assert writes == ONLY_COMPUTE


def test_looking_at_everything_changes_nothing(world: World, ledger: Engine) -> None:
    house = furnish(world.acme)
    before, seen = everything(ledger), 0
    for _, attack in attacks(world.app, house):
        if attack.method == "GET":
            answer = send(world.acme.viewer, attack)
            assert answer.status_code in (200, 302, 403), (attack.url, answer.status_code)
            seen += answer.status_code == 200
    assert seen > 15
    after = everything(ledger)
    with ledger.connect() as connection:
        noted = set(connection.scalars(text("SELECT action FROM audit_entry")))
    assert {action.rpartition(".")[2] for action in noted} == {"exported"}
    assert after | {"audit_entry": ""} == before | {"audit_entry": ""}


def test_what_is_taken_away_as_a_file_is_noted(world: World, ledger: Engine) -> None:
    house = furnish(world.acme)
    count = text("SELECT count(*) FROM audit_entry WHERE organization_id = :acme")
    files, silent = set(), set()
    for rule, attack in attacks(world.app, house):
        if attack.method != "GET":
            continue
        with ledger.connect() as connection:
            before = connection.scalar(count, {"acme": world.acme.id})
        answer = send(world.acme.admin, attack)
        answer.get_data()
        if "attachment" not in answer.headers.get("Content-Disposition", ""):
            continue
        files.add(rule.endpoint)
        with ledger.connect() as connection:
            if connection.scalar(count, {"acme": world.acme.id}) == before:
                silent.add(rule.endpoint)
    assert len(files) > 5
    assert silent == NO_EXPORT


def test_a_form_without_our_token_is_refused_everywhere(world: World, ledger: Engine) -> None:
    house = furnish(world.acme)
    before, let_in = everything(ledger), []
    world.app.config["WTF_CSRF_ENABLED"] = True
    try:
        for rule, attack in attacks(world.app, house):
            if attack.by_sign_in:
                continue  # by a program, which has no cookie
            if attack.method != "GET" and send(world.acme.admin, attack).status_code != 400:
                let_in.append(rule.endpoint)
        for rule, method in ways_in(world.app.url_map, "public"):
            url = rule.build(dict.fromkeys(rule.arguments, "x"), append_unknown=False)
            assert url
            if method != "GET" and world.stranger().post(url[1]).status_code != 400:
                let_in.append(rule.endpoint)
    finally:
        world.app.config["WTF_CSRF_ENABLED"] = False
    assert set(let_in) == WITHOUT_TOKEN
    assert everything(ledger) == before


def test_every_way_in_is_behind_a_guard_or_known_to_be_public(world: World) -> None:
    by_guard: dict[str | None, set[str]] = {}
    for rule in world.app.url_map.iter_rules():
        by_guard.setdefault(guard_of(rule), set()).add(rule.endpoint)
    assert by_guard.pop("public") == PUBLIC
    assert by_guard.pop("hook") == HOOKS
    assert by_guard.pop(None) == {"static"}
    assert set(by_guard) == {"member", "api"}


def test_a_stranger_is_led_to_the_login_everywhere(world: World, ledger: Engine) -> None:
    house = furnish(world.acme)
    before = everything(ledger)
    for _, attack in attacks(world.app, house):
        answer = world.stranger().open(attack.url, method=attack.method, **attack.sent)
        if attack.method == "GET" and not attack.url.startswith(API):
            assert answer.status_code == 302, attack.url
            assert answer.location.startswith("/login")
        else:
            assert answer.status_code == 401, attack.url
    assert everything(ledger) == before
