"""The API does what its document says, whatever is sent: every endpoint, tried by schemathesis with no check left out.

A few requests to each in the suite; `API_EXAMPLES=50` sends so many.
"""

from __future__ import annotations

import os
import re
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import converter

from tests.api import token_of
from tests.house.attack_fixtures import arguments_of
from tests.house.furnished import furnish
from tests.world import World

EXAMPLES = int(os.environ.get("API_EXAMPLES", "1"))
#: Endpoints whose path holds this.
ONLY = os.environ.get("API_ONLY", "")
#: What is well-formed is never answered by 400. It may be refused for what it means (422), for the plan (402) or for
#: the state that something is in.
MEANT = ["2xx", "401", "402", "403", "404", "409", "422", "429"]
CONFIG = {"checks": {"positive_data_acceptance": {"expected-statuses": MEANT}}}
few = hypothesis.settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_every_endpoint_keeps_what_the_document_promises(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It writes a length into the pattern beside it, `{0,300000}`: an automaton of hundreds of megabytes that means the same.
    monkeypatch.setattr(converter, "update_pattern_in_schema", lambda _: None)
    house = furnish(world.acme)
    headers = {"Authorization": f"Bearer {token_of(world.acme.admin)}"}
    rules = {
        (rule.endpoint, str(rule)): rule
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    }
    named = {
        _in_document(rule.rule): {
            argument: str(house.ids.get(name, name)) for argument, name in arguments_of(rule).items()
        }
        for rule in rules.values()
    }
    schema = schemathesis.openapi.from_wsgi(
        "/api/openapi.json", world.app, config=SchemathesisConfig.from_dict(CONFIG)
    )
    tried, failures, asked = 0, list[str](), list[str]()
    whole = EXAMPLES > 1
    for place, result in enumerate(schema.get_all_operations()):
        operation: Any = result.ok()  # pyright: ignore[reportAttributeAccessIssue]  one that is not fails here
        if not whole and "x-also-known-as" in operation.definition.raw:
            continue  # the very same view
        if ONLY not in operation.path:
            continue
        path = named[operation.path] or None
        modes = [(GenerationMode.POSITIVE, path), (GenerationMode.NEGATIVE, None)]
        was_tried = False
        # In the suite each endpoint is asked in one of the two ways, in turns; in the other one where there is nothing to say wrong.
        for mode, given_path in modes if whole or place % 2 == 0 else reversed(modes):
            if was_tried and not whole:
                break

            @few
            @given(case=operation.as_strategy(mode, path_parameters=given_path))
            def send(case: Case) -> None:
                answer = case.call(headers=headers)
                asked[:] = [f"{case.as_curl_command()}\n    {answer.status_code} {answer.text[:300]}"]
                case.validate_response(answer, headers=headers)

            try:
                was_tried = True
                send()
                tried += 1
            except Unsatisfiable:
                was_tried = False  # nothing can be wrong in a request that says nothing
            except (Exception, BaseExceptionGroup) as problem:
                failures.append(f"{mode.value} {operation.label}: {_told(problem)}\n    {asked}")
    assert not failures, "\n".join(failures)
    assert world.stranger().get("/api/v1/auth/me", headers=headers).status_code == 200, (
        "until the end somebody was asking"
    )
    assert ONLY or tried > 250


def _in_document(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def _told(problem: Any) -> str:
    inner = getattr(problem, "exceptions", None)
    return "; ".join(map(_told, inner)) if inner else f"{type(problem).__name__}: {str(problem)[:900]}"
