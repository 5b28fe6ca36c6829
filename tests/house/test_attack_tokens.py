"""Every endpoint, asked by programs that may not: with tokens of somebody else, that are over, or made for less."""

from __future__ import annotations

import base64
from datetime import timedelta

from sqlalchemy import Engine

from loumass.accounts.tokens import PREFIX
from loumass.core import clock
from loumass.core.api import ENDPOINTS, ROOT
from tests.api import Program, program_of, signed_in, token_of
from tests.house.attack_fixtures import Attack, fill_in
from tests.house.furnished import MARK, furnish
from tests.house.url_map import guard_of, is_other_name, permission_of, rows_of
from tests.world import Person, World


def lesser(person: Person) -> dict[bool, Program]:
    """Programs with a token for one thing: for looking at the dashboard, and (True) for anything but that."""
    return {False: program_of(person, "dashboard.read"), True: program_of(person, "contacts.read")}


def sent(program: Program, attack: Attack) -> int:
    options = {"data": attack.file, "content_type": attack.kind_of_file} if attack.file is not None else {}
    answer = program(attack.method, attack.url, attack.body, query_string=attack.query, **options)
    assert MARK not in answer.get_data(as_text=True), attack.url
    return answer.status_code


def test_no_token_reaches_what_it_was_not_made_for(world: World, ledger: Engine) -> None:
    house = furnish(world.acme)
    short = token_of(world.acme.admin, days=1)
    clock.advance(timedelta(days=1, seconds=1))
    over = {"over": Program(world, short), "nobody's": Program(world, PREFIX + "a" * 54)}
    stolen = token_of(world.globex.admin)
    raw = base64.urlsafe_b64decode(stolen.removeprefix(PREFIX) + "==")
    moved = base64.urlsafe_b64encode(world.acme.id.bytes + raw[16:]).decode().rstrip("=")
    over["moved to another organization"] = Program(world, PREFIX + moved)
    over["signed by somebody else"] = Program(world, signed_in(world.globex.admin)[:-6] + "AAAAAA")
    globex, few = Program(world, stolen), lesser(world.acme.admin)
    before, wrong, tried = rows_of(ledger, world.acme.id), list[str](), 0
    for rule in world.app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}:
            if guard_of(rule) != "api":
                continue
            attack = fill_in(rule, method, house)
            tried += 1
            if attack.names_acme and sent(globex, attack) not in (403, 404):
                wrong.append(f"Globex: {method} {rule}")
            if is_other_name(rule):
                continue  # the very same view, which is asked by its first name
            wrong += [f"{name}: {method} {rule}" for name, one in over.items() if sent(one, attack) != 401]
            permission = permission_of(world.app, rule)
            if sent(few[permission == "dashboard.read"], attack) != 403 and permission != "contacts.read":
                wrong.append(f"made for less: {method} {rule}")
    assert wrong == []
    assert tried > 200
    after = rows_of(ledger, world.acme.id)
    assert {name for name, digest in after.items() if digest != before[name]} == {"api_token"}, (
        "only its use is noted"
    )


def test_every_other_name_leads_to_the_same_view_with_the_same_arguments(world: World) -> None:
    others = {rule.rule: rule for rule in world.app.url_map.iter_rules() if is_other_name(rule)}
    named = {ROOT + other: one for one in ENDPOINTS for other in one.also}
    assert set(others) == {*named, f"{ROOT}/openapi.json"}
    for path, one in named.items():
        [first] = [rule for rule in world.app.url_map.iter_rules(one.name) if not is_other_name(rule)]
        same = [rule for rule in world.app.url_map.iter_rules(one.name) if rule.rule == path]
        assert same, path
        assert same[0].arguments == first.arguments, path


def test_forms_of_our_pages_prove_themselves_and_programs_need_not(world: World) -> None:
    world.app.config["WTF_CSRF_ENABLED"] = True
    try:
        body = {"name": "New", "description": ""}
        assert world.acme.admin.browser.post("/api/v1/topics", json=body).status_code == 400
        assert program_of(world.acme.admin)("POST", "/topics", body).status_code == 201
        login = {"email": world.acme.admin.user.email, "password": "wrong"}
        assert world.stranger().post("/api/auth/login", json=login).status_code == 401
    finally:
        world.app.config["WTF_CSRF_ENABLED"] = False
