"""What each route needs to be called for real: which of Acme's rows its ids name, and its form."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from werkzeug.routing import Rule

from tests.house import attack_api
from tests.house.attack_forms import FORMS, QUERIES, Form
from tests.house.attack_names import BY_ARGUMENT, BY_BLUEPRINT, BY_ENDPOINT
from tests.house.furnished import Furniture


@dataclass(frozen=True, slots=True)
class Attack:
    """One request. `names_acme`: it carries an id of Acme's, so that Globex must be refused."""

    method: str
    url: str
    form: Form | None
    query: Form | None
    names_acme: bool = field(default=False)
    body: Form | None = None
    file: bytes | None = None
    kind_of_file: str = ""
    #: Whether a program sends it that signed in, instead of a browser.
    by_sign_in: bool = False

    @property
    def sent(self) -> dict[str, Any]:
        """What the test client sends: a form, JSON, or a file as it is."""
        if self.file is not None:
            return {"data": self.file, "content_type": self.kind_of_file}
        return {"data": self.form} if self.body is None else {"json": self.body}


def fill_in(
    rule: Rule, method: str, house: Furniture, *, only: str | None = None, otherwise: Furniture | None = None
) -> Attack:
    """The request for `rule`. Fails when an argument or form is not known here.

    With `only`, that argument alone comes from `house` and the rest from `otherwise`.
    """
    values = {
        argument: (house if otherwise is None or argument == only else otherwise).ids.get(name, name)
        for argument, name in arguments_of(rule).items()
    }
    form, body = None, attack_api.BODIES[rule.endpoint](house) if rule.endpoint in attack_api.BODIES else None
    if method != "GET" and body is None and not rule.rule.startswith("/api/"):
        assert rule.endpoint in FORMS, (
            f"{rule.endpoint} has no form in attack_forms.FORMS: say what it is called with"
        )
        form = FORMS[rule.endpoint](house)
    asks = rule.endpoint in QUERIES and (method == "GET" or rule.endpoint in attack_api.FILES)
    query = QUERIES[rule.endpoint](house) if asks else None
    built = rule.build(values, append_unknown=False)
    assert built is not None, f"{rule} cannot be built from {values}"
    named = [*values.values(), *_flat(form), *_flat(query), *_flat(body)]
    return Attack(
        method,
        built[1],
        form,
        query,
        any(str(one) in {str(known) for known in house.ids.values()} for one in named),
        json.loads(json.dumps(body, default=str)),
        attack_api.FILES.get(rule.endpoint),
        attack_api.kind_of_file(rule.endpoint) if rule.endpoint in attack_api.FILES else "",
        rule.endpoint in attack_api.BY_SIGN_IN,
    )


def may_name_rows(rule: Rule, method: str) -> bool:
    """Whether a request for `rule` can carry an id: in its path, its form or its query."""
    form = FORMS.get(rule.endpoint) or attack_api.BODIES.get(rule.endpoint)
    query = QUERIES.get(rule.endpoint)
    given = form if method != "GET" else query
    # Of the API there are hundreds: with one id and nothing else in it, the request would be the one that names all of Acme's.
    fewest = 2 if rule.rule.startswith("/api/") else 1
    return len(rule.arguments) >= fewest or (
        given is not None and given.__code__.co_varnames[:1] == ("house",)
    )


def arguments_of(rule: Rule) -> dict[str, str]:
    """What each argument of `rule` names: furniture, or else the word itself."""
    return {argument: _named(rule, argument) for argument in sorted(rule.arguments)}


def _named(rule: Rule, argument: str) -> str:
    blueprint = rule.endpoint.rpartition(".")[0]
    of_api = attack_api.ARGUMENTS if rule.rule.startswith("/api/") else {}
    of_endpoint = {**BY_ENDPOINT, **attack_api.NAMED}.get(rule.endpoint, {})
    name = of_endpoint.get(argument) or BY_ARGUMENT.get(argument) or of_api.get(argument)
    if name is None and argument == "id":
        name = BY_BLUEPRINT.get(blueprint)
    assert name is not None, f"{rule.endpoint}: say in attack_names what <{argument}> names"
    return name


def _flat(form: Form | None) -> list[UUID | str]:
    values: list[Any] = []
    for value in (form or {}).values():
        values += value if isinstance(value, list) else [value]
    return [one for one in values if not isinstance(one, dict)]
