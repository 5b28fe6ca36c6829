"""Every route and method, called by Globex with Acme's ids, answers 403 or 404 and changes nothing.

The cases come from the URL map, so a new route is attacked by itself; one that `attack_fixtures.py`
cannot fill in fails. Afterwards the very same request must succeed as Acme: it was a real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from werkzeug.routing import Rule

from loumass.core import live
from loumass.models import GLOBAL_TABLES, metadata
from loumass.routes import ROUTES
from tests.house.attack_fixtures import Attack, fill_in
from tests.house.furnished import MARK, furnish
from tests.world import Person, World

GUARDS = {route.blueprint.name: route.guard for route in ROUTES}
#: Who belongs to what and when they were last seen changes by signing in; the rest must not.
WATCHED = sorted(set(metadata.tables) - GLOBAL_TABLES | {"membership", "invitation", "hook_address"})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case for each member route and method."""
    if "endpoint" not in metafunc.fixturenames:
        return
    cases = sorted(
        (rule.endpoint, method, str(rule))
        for rule in _url_map().iter_rules()
        if GUARDS.get(rule.endpoint.rpartition(".")[0]) == "member"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )
    metafunc.parametrize(
        ("endpoint", "method", "rule"), cases, ids=[f"{method} {rule}" for _, method, rule in cases]
    )


def _url_map() -> Any:
    bare = Flask("map")
    for route in ROUTES:
        bare.register_blueprint(route.blueprint, url_prefix=route.prefix or None)
    return bare.url_map


@pytest.fixture
def ledger(database_url: str) -> Iterator[Engine]:
    """A superuser's engine, to see what changed."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def _short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page that listens for news is answered to its end."""
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.05)


def test_globex_reaches_nothing_of_acme(
    world: World, ledger: Engine, endpoint: str, method: str, rule: str
) -> None:
    house = furnish(world.acme)
    attack = fill_in(_rule(world.app, endpoint, rule), method, house)
    before = _state(ledger, world)
    answer = _send(world.globex.admin, attack)
    if attack.names_acme:
        assert answer.status_code in (403, 404), f"Globex got {answer.status_code}"
    assert MARK not in answer.get_data(as_text=True)
    assert _state(ledger, world) == before, "Globex changed rows of Acme"
    mine = _send(world.acme.admin, attack)
    assert mine.status_code < 400, f"the request itself is wrong: {mine.status_code} {_sentence(mine)}"


def _rule(app: Flask, endpoint: str, rule: str) -> Rule:
    return next(found for found in app.url_map.iter_rules(endpoint) if str(found) == rule)


def _send(person: Person, attack: Attack) -> Any:
    return person.browser.open(attack.url, method=attack.method, data=attack.form, query_string=attack.query)


def _state(ledger: Engine, world: World) -> dict[str, str]:
    """A digest of every watched table's rows of Acme."""
    each = " UNION ALL ".join(
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t WHERE organization_id = :acme"
        for table in WATCHED
    )
    with ledger.connect() as connection:
        return dict(connection.execute(text(each), {"acme": world.acme.id}).tuples().all())


def _sentence(answer: Any) -> str:
    page = answer.get_data(as_text=True)
    start = page.find("invalid-feedback")
    return page[start : start + 300] if start >= 0 else page[-1500:]


def test_the_attack_covers_the_whole_map(app: Flask) -> None:
    """No blueprint escapes: everything is either attacked or declared public or a hook."""
    unguarded = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint != "static"} - {
        rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.rpartition(".")[0] in GUARDS
    }
    assert unguarded == set()
