"""The document says what the API takes and gives in words that every reader of it understands alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from loumass.accounts.api.models import Email
from loumass.core.api import described
from loumass.core.api.models import ONE_WORD, SAID, SAID_ON_A_LINE
from tests.api import program_of
from tests.world import World

#: Each is a space to somebody: to Python, to Rust (which checks), to JavaScript (as JSON Schema says).
SPACES = ("\t", "\x1c", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u3000", "\ufeff")


def patterns(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "pattern" and isinstance(value, str):
                yield value
            yield from patterns(value)
        yield from part.get("patternProperties", ())
    elif isinstance(part, list):
        for one in part:
            yield from patterns(one)


def test_no_pattern_means_one_thing_here_and_another_there(world: World) -> None:
    found = set(patterns(described()))
    assert len(found) > 10
    assert {one for one in found if re.search(r"\\[sSwWdDbB]", one)} == set()


@pytest.mark.parametrize("space", SPACES)
def test_a_space_is_a_space_whichever(space: str) -> None:
    assert not re.search(ONE_WORD, f"go{space}example")
    assert not re.search(SAID, space * 3)
    assert not re.search(SAID_ON_A_LINE, space * 3)
    with pytest.raises(ValidationError):
        TypeAdapter(Email).validate_python(f"ada{space}@acme.example")


@pytest.mark.parametrize("said", ["a", " a ", "\u00e9", "\u4f60\u597d", "\U0001f600"])
def test_any_letter_says_something(said: str) -> None:
    assert re.search(SAID, said)
    assert re.search(SAID_ON_A_LINE, said)


def test_a_stream_is_described_by_its_events(world: World) -> None:
    """Where it begins with one: somebody goes on from an id that nobody knows."""
    told = described()["paths"]["/api/v1/events"]["get"]["responses"]["200"]["content"]["text/event-stream"][
        "schema"
    ]
    answer = program_of(world.acme.admin)("GET", "/events?after=nothing&seconds=1")
    [event] = [one for one in answer.get_data(as_text=True).split("\n\n") if "data:" in one]
    fields = dict(line.split(": ", 1) for line in event.splitlines())
    assert (fields["event"], fields["data"]) == ("reset", "{}")
    assert told["type"] == "object"
    assert set(told["required"]) <= fields.keys() <= told["properties"].keys()
