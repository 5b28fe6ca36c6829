"""Every example of docs/api.md is sent, and answered as it says. `…` stands for anything, and lists name their first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.api import Program, token_of
from tests.campaigns.cast import Planned, drafted, step
from tests.world import World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
#: What creates something -> how its id is called further down.
CREATES = {"/api/v1/contacts": "<contact>"}


def examples() -> Iterator[tuple[list[str], str]]:
    """(lines of the request, the answer) in the order of the page."""
    blocks = [block.strip("\n") for block in re.findall(r"(?:^    .*\n)+", PAGE.read_text(), re.MULTILINE)]
    lines = [[line[4:] for line in block.splitlines()] for block in blocks]
    for asked, answered in zip(lines[::2], lines[1::2], strict=True):
        yield asked, "".join(answered)


def holds(told: Any, expected: Any) -> bool:
    if expected == "…":
        return bool(told)
    if isinstance(expected, dict):
        return all(name in told and holds(told[name], value) for name, value in expected.items())
    if isinstance(expected, list):
        return len(told) >= len(expected) and all(map(holds, told, expected))
    return told == expected


def test_every_example_is_answered_as_the_page_says(world: World) -> None:
    run = drafted(world.acme, [Planned("wait", "wait", {"amount": 3}, {"next": "end"}), step("end", "end")])
    run.add(world.acme.contact())
    program, names, count = Program(world, token_of(world.acme.admin)), {"<campaign>": str(run.id)}, 0
    for (first, *rest), answered in examples():
        method, path = first.split(" ", 1)
        for name, value in names.items():
            path = path.replace(name, value)
        options: dict[str, Any] = {}
        if rest and rest[0].startswith("Content-Type"):
            options = {"content_type": rest[0].partition(": ")[2], "data": "\n".join(rest[1:])}
        elif rest and rest[0].startswith("{"):
            said = "".join(rest)
            for name, value in names.items():
                said = said.replace(name, value)
            options = {"body": json.loads(said)}
        answer = program(method, path, **options)
        status, _, expected = answered.partition(" ")
        assert answer.status_code == int(status), (first, answer.get_data(as_text=True))
        assert holds(answer.json, json.loads(expected)), (first, answer.json)
        if path in CREATES and answer.status_code == 201:
            names[CREATES[path]] = answer.json["id"]
        count += 1
    assert count > 12
