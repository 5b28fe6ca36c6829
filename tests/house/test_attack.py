"""Every route and method, called by Globex with Acme's ids, answers 403 or 404 and changes nothing.

The cases come from the URL map, so a new route is attacked by itself; one that `attack_names.py` and
`attack_forms.py` cannot fill in fails. Afterwards the very same request must succeed as Acme: it was a
real one. Then Globex tries again with its own ids but for one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from werkzeug.routing import Rule

from loumass.accounts import vendor_signing
from loumass.core import live
from loumass.providers.oauth import Client
from tests.house.attack_api import ASKED_BY
from tests.house.attack_api import CHANGES_NOTHING as OF_API
from tests.house.attack_fixtures import Attack, arguments_of, fill_in, may_name_rows
from tests.house.furnished import MARK, Furniture
from tests.house.standing import Standing
from tests.house.url_map import OWNED, bare_map, everything, rows_of, send, ways_in
from tests.world import World

#: Posts that answer without changing a row: they compute, or change the cookie.
CHANGES_NOTHING = {
    "account.connect_account", "account.renew_recovery_codes", "account.undo_deletion",
    "account.logout", "account.visit", "campaigns.review_change", "content.count_segments", "content.show_preview",
    "segments.edit_rule", "segments.preview", "simulations.cancel", "simulations.simulate",
    # One is there already; what was tried is written down nowhere.
    "graphs.edit_rule", "graphs.test_call", "outgoing.make_own_key", "outgoing.test_endpoint", *OF_API,
}  # fmt: skip
#: Pages that lead on, here to what is furnished.
LEADS_ON = {"account.home", "channels.start_signing_in", "channels.finish_signing_in"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case for each member route and method."""
    if "endpoint" not in metafunc.fixturenames:
        return
    ways = ways_in(bare_map())
    if "smuggles" in metafunc.function.__name__:
        ways = [(rule, method) for rule, method in ways if may_name_rows(rule, method)]
    cases = [(rule.endpoint, method, str(rule)) for rule, method in ways]
    metafunc.parametrize(
        ("endpoint", "method", "rule"), cases, ids=[f"{method} {rule}" for _, method, rule in cases]
    )


@pytest.fixture(autouse=True)
def _short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page that listens for news is answered to its end. And this installation has an application at Google."""
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.05)
    monkeypatch.setattr(
        vendor_signing, "_clients", {"google": Client(client_id="1.apps.example", client_secret="a secret")}
    )


def test_globex_reaches_nothing_of_acme(
    standing: Standing, ledger: Engine, endpoint: str, method: str, rule: str
) -> None:
    world = standing.world
    attack = fill_in(_rule(world, endpoint, rule), method, standing.house)
    answer = send(world.globex.admin, attack)
    if attack.names_acme:
        assert answer.status_code in (403, 404), f"Globex got {answer.status_code}"
    assert MARK not in answer.get_data(as_text=True)
    assert rows_of(ledger, world.acme.id) == standing.rows_of_acme, "Globex changed rows of Acme"
    _succeeds(world, ledger, endpoint, attack)


def _succeeds(world: World, ledger: Engine, endpoint: str, attack: Attack) -> None:
    """The same request is a real one: as Acme it shows a page, or does what it is for."""
    must_change = attack.method != "GET" and endpoint not in CHANGES_NOTHING
    before = everything(ledger) if must_change else {}
    mine = send(world.acme.people[ASKED_BY.get(endpoint, "admin")], attack)
    assert mine.status_code < 400, (
        f"the request itself is wrong: {mine.status_code} {_sentence(mine.get_data(as_text=True))}"
    )
    assert not (mine.location or "").startswith("/login") or endpoint == "account.logout"
    if attack.method == "GET":
        assert (mine.status_code == 200) == (endpoint not in LEADS_ON), f"leads on to {mine.location}"
    elif must_change:
        assert everything(ledger) != before, "as Acme it changed nothing either"


def test_globex_smuggles_nothing_of_acme_into_its_own_requests(
    standing: Standing, ledger: Engine, endpoint: str, method: str, rule: str
) -> None:
    world = standing.world
    found = _rule(world, endpoint, rule)
    for attack, stolen, in_url in _smuggling(found, method, standing.own, standing.house):
        answer = send(world.globex.admin, attack)
        page = answer.get_data(as_text=True)
        assert answer.status_code < 500
        assert not in_url or answer.status_code in (403, 404), f"{attack.url}: {answer.status_code}"
        assert MARK not in page, f"{attack} shows what is Acme's"
        assert not any(name in page for name in world.acme.names.values()), f"{attack} names a person of Acme"
        assert rows_of(ledger, world.acme.id) == standing.rows_of_acme, f"{attack} changed rows of Acme"
        assert _holding(ledger, world, stolen) == [], f"{attack} left Acme's id in rows of Globex"


def _smuggling(
    rule: Rule, method: str, own: Furniture, house: Furniture
) -> Iterator[tuple[Attack, UUID, bool]]:
    """Globex's own request with one thing of Acme's in it: (request, what is Acme's, whether its path names it)."""
    mine = fill_in(rule, method, own)
    for argument, name in arguments_of(rule).items():
        if name in house.ids:
            mixed = Furniture(own.ids | {name: house.ids[name]})
            path = fill_in(rule, method, mixed, only=argument, otherwise=own)
            yield replace(path, form=mine.form, query=mine.query, body=mine.body), house.ids[name], True
    names = {str(value): name for name, value in own.ids.items()}
    said = json.dumps(mine.body)
    for value, name in names.items():
        if mine.body is not None and value in said:
            yield (
                replace(mine, body=json.loads(said.replace(value, str(house.ids[name])))),
                house.ids[name],
                False,
            )
    for part in ("form", "query"):
        fields = getattr(mine, part) or {}
        for field, value in fields.items():
            one = value[0] if isinstance(value, list) and value else value
            if (name := names.get(str(one))) is not None:
                stolen = house.ids[name]
                put = [stolen] if isinstance(value, list) else stolen
                yield replace(mine, **{part: fields | {field: put}}), stolen, False


def _rule(world: World, endpoint: str, rule: str) -> Rule:
    return next(found for found in world.app.url_map.iter_rules(endpoint) if str(found) == rule)


_HOLDING = text(
    " UNION ALL ".join(
        f"SELECT '{table}' FROM {table} t WHERE organization_id = :globex AND position(:stolen IN t::text) > 0"
        for table in OWNED
    )
)


def _holding(ledger: Engine, world: World, stolen: UUID) -> list[str]:
    """Tables in which a row of Globex holds an id of Acme."""
    with ledger.connect() as connection:
        return list(connection.scalars(_HOLDING, {"globex": world.globex.id, "stolen": str(stolen)}))


def _sentence(page: str) -> str:
    start = page.find("invalid-feedback")
    return page[start : start + 300] if start >= 0 else page[-1500:]
