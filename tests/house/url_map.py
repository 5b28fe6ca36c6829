"""The application's URL map, as house tests walk over it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.routing import Map, Rule

from loumass.accounts.guards import WITH_LOGIN
from loumass.core.api import PREFIX as API
from loumass.core.api import ROOT
from loumass.models import GLOBAL_TABLES, metadata
from loumass.routes import ROUTES, mount
from tests.api import Program, signed_in
from tests.house.attack_fixtures import Attack, fill_in
from tests.house.furnished import Furniture
from tests.world import Person

GUARDS = {route.blueprint.name: route.guard for route in ROUTES}


#: Tables with rows that belong to an organization, also where the table is global.
OWNED = sorted(set(metadata.tables) - GLOBAL_TABLES | {"membership", "invitation", "hook_address"})
_DIGEST = "SELECT '{0}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {0} t"
_ROWS_OF = text(
    " UNION ALL ".join(f"{_DIGEST.format(table)} WHERE organization_id = :organization_id" for table in OWNED)
)
_EVERYTHING = text(" UNION ALL ".join(_DIGEST.format(table) for table in sorted(metadata.tables)))


@cache
def bare_map() -> Map:
    """All rules, without making the application: for parametrizing."""
    bare = Flask("map")
    mount(bare)
    return bare.url_map


def guard_of(rule: Rule) -> str | None:
    """`public`, `member`, `api`, `hook`, or None for what no blueprint owns."""
    return GUARDS.get(rule.endpoint.rpartition(".")[0])


def is_other_name(rule: Rule) -> bool:
    """Whether it is one more name of an endpoint of the API, which leads to the very same view."""
    is_of_api = guard_of(rule) in ("api", "public") and rule.rule.startswith(f"{ROOT}/")
    return is_of_api and not rule.rule.startswith(f"{API}/")


def ways_in(rules: Map, *guards: str) -> list[tuple[Rule, str]]:
    """(rule, method) of every way in behind the guards (those of a login, when none is named), in a fixed order."""
    found = [
        (rule, method)
        for rule in rules.iter_rules()
        if guard_of(rule) in (guards or WITH_LOGIN) and not is_other_name(rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    return sorted(found, key=lambda way: (way[0].endpoint, way[1], str(way[0])))


def attacks(app: Flask, house: Furniture) -> Iterator[tuple[Rule, Attack]]:
    """Every way in behind a login, ready to be sent."""
    for rule, method in ways_in(app.url_map):
        yield rule, fill_in(rule, method, house)


def permission_of(app: Flask, rule: Rule) -> str:
    """What the view asks for."""
    view: Any = app.view_functions[rule.endpoint]
    return view.permission


def send(person: Person, attack: Attack) -> Any:
    """The answer that `person` gets."""
    if attack.by_sign_in:
        return Program(person.world, signed_in(person))(attack.method, attack.url, attack.body)
    return person.browser.open(attack.url, method=attack.method, query_string=attack.query, **attack.sent)


def rows_of(ledger: Engine, organization_id: UUID) -> dict[str, str]:
    """A digest of what an organization has in each table."""
    with ledger.connect() as connection:
        return dict(iter(connection.execute(_ROWS_OF, {"organization_id": organization_id})))


def everything(ledger: Engine) -> dict[str, str]:
    """A digest of each table, for everybody."""
    with ledger.connect() as connection:
        return dict(iter(connection.execute(_EVERYTHING)))
