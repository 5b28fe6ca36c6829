"""Addresses that templates ask for are the ones Flask builds, though each is built once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask, url_for

from tests.world import World

ONE = uuid4()
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("inbox.index", {}),
    ("inbox.index", {"view": "mine"}),
    ("inbox.index", {"view": "mine", "after": None}),
    # The same key in a dictionary, and not the same in an address.
    ("inbox.index", {"after": 1}),
    ("inbox.index", {"after": True}),
    ("inbox.index", {"after": 1.0}),
    ("inbox.live", {"topic": ["inbox", "answering"]}),
    ("inbox.live", {"topic": ("inbox", ["a", "b"])}),
    ("inbox.conversation", {"id": ONE, "_anchor": "m-1"}),
    ("inbox.index", {"_external": True}),
    (".index", {}),
    ("static", {"filename": "icons.svg"}),
]


@pytest.mark.parametrize("root", ["", "/outreach"])
def test_templates_get_the_address_that_flask_builds_also_the_second_time(app: Flask, root: str) -> None:
    address = app.jinja_env.globals["url_for"]
    for _ in range(2):
        with app.test_request_context("/inbox", environ_overrides={"SCRIPT_NAME": root}):
            for endpoint, values in ASKED:
                assert address(endpoint, **values) == url_for(endpoint, **values), (endpoint, values)


def test_an_address_of_a_page_that_does_not_exist_is_an_error_each_time(world: World) -> None:
    address = world.app.jinja_env.globals["url_for"]
    for _ in range(2):
        with world.app.test_request_context("/"), pytest.raises(Exception, match="nowhere"):
            address("nowhere.index")
