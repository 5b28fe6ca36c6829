"""Walking a graph, and leaving it early."""

import pytest
from hypothesis import given, settings

from loumass.funnels.decisions import End, Go
from loumass.funnels.exits import exit_after
from loumass.funnels.graph import Graph, loops
from tests.funnels.graphs import graph, id_of, node
from tests.funnels.test_validation import GRAPHS

RSVP = graph(
    node("invite", "email_send"),
    node("replied", "condition", test="replied"),
    node("vip", "condition", test="tag", tag="VIP"),
    node("nudge", "sms_send"),
    node("end", "end"),
    ways="invite-replied, invite-failed-end, replied-yes-end, replied-no-vip, vip-yes-end, vip-no-nudge, nudge-end",
)


def test_a_branch_leads_where_it_was_drawn():
    assert RSVP.follow(id_of("replied"), Go("no")) == id_of("vip")


def test_failed_leads_on_where_it_was_not_drawn():
    failed = Go("failed", or_else="next")
    assert RSVP.follow(id_of("invite"), failed) == id_of("end")
    assert RSVP.follow(id_of("nudge"), failed) == id_of("end")


def test_nothing_drawn_leads_nowhere():
    assert RSVP.follow(id_of("end"), Go()) is None


@pytest.mark.parametrize(
    ("at", "ahead"), [("invite", True), ("replied", True), ("vip", False), ("end", False)]
)
def test_a_reply_ends_the_campaign_unless_a_reply_branch_lies_ahead(at: str, ahead: bool):
    assert RSVP.reply_branch_ahead(id_of(at)) is ahead
    assert exit_after(RSVP, id_of(at), "replied") == (None if ahead else End("replied"))


def test_a_campaign_may_go_on_after_replies():
    assert exit_after(RSVP, id_of("nudge"), "replied", exits_on_reply=False) is None


def test_opt_outs_and_bounces_always_end():
    assert exit_after(RSVP, id_of("invite"), "opted_out", exits_on_reply=False) == End("opted_out")
    assert exit_after(RSVP, id_of("invite"), "bounced") == End("bounced")


@settings(max_examples=300, deadline=None)
@given(GRAPHS)
def test_loops_are_exactly_the_steps_that_can_come_back_to_themselves(wild: Graph):
    around = {node_id for group in loops(wild.edges) for node_id in group}
    ahead: dict[object, set[object]] = {}
    for edge in wild.edges:
        ahead.setdefault(edge.source, set()).add(edge.target)

    def comes_back(home: object) -> bool:
        seen: set[object] = set()
        todo = list(ahead.get(home, ()))
        while todo:
            here = todo.pop()
            if here == home:
                return True
            if here not in seen:
                seen.add(here)
                todo.extend(ahead.get(here, ()))
        return False

    assert around == {node_id for node_id in ahead if comes_back(node_id)}
