"""Everything that a page can do, a program can do: each page is named with its endpoint, or with the reason why it has none."""

from __future__ import annotations

from typing import Any

from loumass.core.api import ENDPOINTS
from tests.house.parity import PEOPLE_ONLY, SAME
from tests.house.url_map import bare_map, permission_of, ways_in
from tests.world import World

NAMED = {f"{blueprint}.{view}": f"{to.partition('.')[0]}_api.{to.partition('.')[2]}" for blueprint, views in SAME.items() for view, to in views.items()}  # fmt: skip


def test_every_page_has_its_endpoint_or_a_reason_for_none() -> None:
    known = {one.name for one in ENDPOINTS} | {"open_api.openapi"}
    pages = {rule.endpoint for rule, _ in ways_in(bare_map(), "member", "public")} - known
    assert pages - NAMED.keys() - PEOPLE_ONLY.keys() == set(), "say in parity.py which endpoint does the same"
    assert NAMED.keys() & PEOPLE_ONLY.keys() == set()
    assert (NAMED.keys() | PEOPLE_ONLY.keys()) - pages == set(), "these pages are no more"
    assert set(NAMED.values()) - known == set(), "there are no such endpoints"
    assert all(len(reason) > 20 for reason in PEOPLE_ONLY.values())


def test_what_changes_something_on_a_page_changes_it_by_the_endpoint_and_asks_for_the_same(
    world: World,
) -> None:
    methods = {one.name: (one.method, one.permission) for one in ENDPOINTS}
    only_looks, asks_for_other = set(), {}
    for rule, method in ways_in(world.app.url_map, "member"):
        if method == "GET" or (to := NAMED.get(rule.endpoint)) is None:
            continue
        its_method, its_permission = methods[to]
        if its_method == "GET":
            only_looks.add(rule.endpoint)
        elif its_permission != (asked := _permission(world, rule)):
            asks_for_other[rule.endpoint] = (asked, its_permission)
    assert only_looks == {"account.visit", "campaigns.review_change"}, (
        "whoever signs in says where; a review is read"
    )
    assert asks_for_other == {}


def _permission(world: World, rule: Any) -> str:
    return permission_of(world.app, rule)
