"""Figures by programs say what the pages say, and take it away as the same files."""

from __future__ import annotations

from tests.analytics.busy import busy
from tests.api import program_of
from tests.world import World


def test_programs_read_the_figures_of_the_pages(world: World) -> None:
    happened = busy(world)
    program = program_of(world.acme.admin)
    overview = program.got("/analytics/figures", days=30)
    campaigns = program.got("/api/analytics/campaigns", days=30)["items"]
    sent = sum(one["sums"].get("message.sent", {"now": 0})["now"] for one in campaigns)
    assert (
        0
        < sent
        <= overview["sums"]["message.sent"]["now"]
        == sum(day["counts"]["message.sent"] for day in overview["days"])
    )
    assert sum(map(sum, overview["hours"]["sent"])) == overview["sums"]["message.sent"]["now"]
    first = campaigns[0]
    one = program.got(f"/analytics/campaigns/{first['id']}/figures", days=30)
    assert one["sums"]["message.sent"] == first["sums"]["message.sent"]
    assert (
        sum(step["sums"].get("message.sent", {"now": 0})["now"] for step in one["steps"])
        == one["sums"]["message.sent"]["now"]
    )
    senders = program.got("/analytics/senders", days=30)
    assert (
        sum(each["sums"]["message.sent"]["now"] for each in senders["media"])
        == overview["sums"]["message.sent"]["now"]
    )
    assert {each["name"] for each in program.got("/analytics/colleagues")["items"]} <= set(
        world.acme.names.values()
    ) | {"Somebody who left"}
    assert program.got("/analytics/people")["there"] > 0
    assert happened is not None
    for what in (
        "days",
        "replies",
        "machines",
        "hours",
        "campaigns",
        "senders",
        "colleagues",
        "people",
        "values",
    ):
        page = world.acme.admin.get(f"/figures/{what}.csv?days=30").data
        assert program("GET", f"/api/analytics/exports/{what}", query_string={"days": 30}).data == page, what
    page = world.acme.admin.get(f"/campaigns/{first['id']}/figures/steps.csv?days=30").data
    assert (
        program("GET", f"/analytics/campaigns/{first['id']}/steps.csv", query_string={"days": 30}).data
        == page
    )
    for wrong in (
        {"since": "2026-03-02"},
        {"since": "2026-03-02", "until": "2026-03-01"},
        {"since": "0001-01-01", "until": "0001-01-02"},
    ):
        assert program("GET", "/analytics/figures", query_string=wrong).status_code == 422
    assert program("GET", "/analytics/figures", query_string={"days": 733}).status_code == 400


def test_programs_write_down_what_somebody_brought(world: World) -> None:
    priya, program = world.acme.contact(), program_of(world.acme.member)
    body = {
        "contact_id": str(priya.id),
        "amount": "1,250.50",
        "currency": "EUR",
        "day": "2026-03-02",
        "note": "A table",
    }
    made = program.did("POST", "/values", body)
    [value] = program.got("/values", since="2026-03-01", until="2026-03-03")["items"]
    assert (value["id"], value["amount"], value["note"]) == (made["id"], 125_050, "A table")
    [total] = program.got("/analytics/values")["totals"]
    assert (total["words"], total["values"]) == ("1,250.50 EUR", 1)
    wrong = ({"day": "2026-03-30"}, {"currency": "XXX"}, {"amount": "0"}, {"amount": "1.234"})
    assert [program("POST", "/values", body | one).status_code for one in wrong] == [422] * 4
    assert program_of(world.acme.viewer)("POST", "/values", body).status_code == 403
    assert program.did("DELETE", f"/values/{made['id']}")["done"] == "1,250.50 EUR taken away."
    assert program("DELETE", f"/values/{made['id']}").status_code == 404
