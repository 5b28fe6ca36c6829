"""Kinds that write something down, ask a colleague or tell another system: what they decide, and how they say themselves."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest

from loumass.funnels.decisions import CallOut, GiveTask, Go, WaitFor
from loumass.funnels.facts import CallOutcome, TaskOutcome
from loumass.funnels.graph import describe
from loumass.funnels.kinds import KINDS, kind_of
from loumass.funnels.kinds.assign import Assign
from loumass.funnels.kinds.assign import Standing as Turn
from loumass.funnels.kinds.base import Names
from loumass.funnels.kinds.enroll import Forward
from loumass.funnels.kinds.set_field import SetField
from loumass.funnels.step import decide
from tests.funnels.graphs import MONDAY, facts, node

AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)

MAYA, OWEN = UUID(int=1), UUID(int=2)


class TestSetField:
    @pytest.mark.parametrize(
        ("settings", "known", "said"),
        [
            ({"mode": "text", "value": "Gold"}, {}, "Gold"),
            ({"mode": "today"}, {}, "2026-03-02"),
            ({"mode": "copy", "source": "city"}, {"city": "Denver"}, "Denver"),
            ({"mode": "copy", "source": "city"}, {"city": None}, None),
            ({"mode": "add", "by": 2}, {"level": " 40 "}, "42"),
            ({"mode": "add", "by": -1}, {"level": "-3"}, "-4"),
            ({"mode": "add", "by": 1}, {"level": "many"}, "1"),
            ({"mode": "add", "by": 1}, {"level": "9" * 40}, "1"),
            ({"mode": "empty"}, {"level": "7"}, None),
        ],
    )
    def test_it_writes_what_it_was_told_to(
        self, settings: dict[str, Any], known: dict[str, Any], said: str | None
    ):
        step = node("level", "set_field", field="Level", **settings)
        assert decide(step, facts(fields=known), MONDAY) == SetField("level", said)

    @pytest.mark.parametrize(
        ("settings", "code"),
        [
            ({}, "no_field"),
            ({"field": "email", "value": "x"}, "not_writable"),
            ({"field": "level"}, "no_value"),
            ({"field": "level", "mode": "copy"}, "no_source"),
            ({"field": "timezone", "value": "Mars/Base"}, "unknown_zone"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, settings: dict[str, Any], code: str):
        kind = KINDS["set_field"]
        assert code in [flaw.code for flaw in kind.flaws(kind.Config.model_validate(settings))]


class TestAssign:
    turns = node("share", "assign", how="turns", members=[str(MAYA), str(OWEN)])

    @pytest.mark.parametrize(("turn", "owner"), [(0, MAYA), (1, OWEN), (2, MAYA)])
    def test_people_go_round(self, turn: int, owner: UUID):
        here = Turn(None, (MAYA, OWEN), turn)
        assert decide(self.turns, facts(own=here), MONDAY) == Assign(owner)

    def test_who_has_an_owner_keeps_them_unless_the_step_says_otherwise(self):
        here = Turn(OWEN, (MAYA,))
        assert decide(self.turns, facts(own=here), MONDAY) == Assign(OWEN)
        anew = node("share", "assign", **self.turns.config, if_owned="replace")
        assert decide(anew, facts(own=here), MONDAY) == Assign(MAYA)

    def test_nobody_who_works_here_changes_nothing(self):
        assert decide(self.turns, facts(own=Turn(OWEN)), MONDAY) == Assign(OWEN)
        assert decide(node("share", "assign", how="nobody"), facts(own=Turn(OWEN)), MONDAY) == Assign(None)

    def test_it_says_who(self):
        names = Names(chosen={str(MAYA): "Maya", str(OWEN): "Owen"})
        assert describe(self.turns, names) == "In turn to Maya and Owen"
        assert describe(node("share", "assign"), Names()) == "Nobody chosen"


def test_enrolling_elsewhere_says_where_and_goes_on():
    step = node("elsewhere", "enroll", campaign=str(MAYA))
    assert decide(step, facts(), MONDAY) == Forward(str(MAYA))
    assert describe(step, Names(chosen={str(MAYA): "Renewals"})) == "Into Renewals"
    assert describe(step, Names()) == "Into a campaign that is gone"


class TestTask:
    SETTINGS: ClassVar[dict[str, Any]] = {
        "title": "Ring {{contact.first_name}}",
        "due_in": 1,
        "give_up_after": 3,
    }

    @pytest.mark.parametrize(
        ("outcome", "decision"),
        [
            (None, GiveTask),
            (TaskOutcome("open"), WaitFor),
            (TaskOutcome("done", "b"), Go("b", or_else="next")),
            (TaskOutcome("skipped"), Go("next")),
            (TaskOutcome("cancelled"), Go("next")),
            (TaskOutcome("expired"), Go("timeout", or_else="next")),
        ],
    )
    def test_it_goes_by_what_came_of_it(self, outcome: TaskOutcome | None, decision: Any):
        found = decide(node("call", "task", **self.SETTINGS), facts(task=outcome), MONDAY)
        assert found == decision or isinstance(found, decision)

    def test_an_open_one_is_waited_for_until_it_is_given_up(self):
        step = node("call", "task", **self.SETTINGS)
        given = decide(step, facts(entered_at=MONDAY), MONDAY)
        assert isinstance(given, GiveTask)
        assert given.until is not None
        assert given.due_at - MONDAY >= A_DAY
        assert given.until - given.due_at == 3 * A_DAY
        left = facts(entered_at=MONDAY, task=TaskOutcome("open"))
        assert isinstance(decide(step, left, given.until - AN_HOUR), WaitFor)
        assert decide(step, left, given.until) == Go("timeout", or_else="next")

    @pytest.mark.parametrize(
        ("settings", "flaw"),
        [
            ({"task": "other"}, "no_title"),
            ({"title": "x", "a": "", "b": "", "c": "", "d": ""}, "no_outcomes"),
            ({"title": "x", "a": "Yes", "b": "yes"}, "same_outcomes"),
            ({"title": "x", "opens": "17:00", "closes": "09:00"}, "never_opens"),
            ({"title": "x", "whose": "member"}, "no_member"),
            ({"title": "{{contact.first_nam}}"}, ""),
            ({"title": "{{sender.nam}}"}, "unknown_tag"),
            ({"title": "x", "script": "{{contact.first_name"}, "unreadable_tag"),
            ({"title": "x"}, ""),
        ],
    )
    def test_its_flaws(self, settings: dict[str, Any], flaw: str):
        kind = kind_of("task")
        found = [one.code for one in kind.flaws(kind.Config.model_validate(settings))]
        assert found == ([flaw] if flaw else [])

    def test_what_it_asks_of_the_contact_and_offers(self):
        kind = kind_of("task")
        config = kind.Config.model_validate(
            {"title": "{{contact.shoe}}", "e": "Wrong number"} | {"give_up_after": 2}
        )
        assert kind.fields_named(config) == {"shoe"}
        assert [branch.name for branch in kind.branches(config)] == [
            "a",
            "b",
            "c",
            "d",
            "e",
            "next",
            "timeout",
        ]
        assert [branch.name for branch in kind.branches(config) if branch.is_required] == ["next", "timeout"]


class TestWebhook:
    @pytest.mark.parametrize(
        ("waits", "call", "decision"),
        [
            ("wait", None, CallOut(waits=True)),
            ("go_on", None, CallOut(waits=False)),
            ("go_on", CallOutcome.PENDING, CallOut(waits=False)),
            (
                "wait",
                CallOutcome.PENDING,
                WaitFor("call", None, "x.example is being told and has not answered yet"),
            ),
            ("wait", CallOutcome.DELIVERED, Go("next")),
            ("wait", CallOutcome.FAILED, Go("failed", or_else="next")),
        ],
    )
    def test_it_goes_by_what_came_of_the_call(self, waits: str, call: CallOutcome | None, decision: Any):
        step = node("tell", "webhook", url="https://x.example/in", waits=waits)
        assert decide(step, facts(call=call), MONDAY) == decision

    @pytest.mark.parametrize(
        ("settings", "flaws"),
        [
            ({}, ["no_address"]),
            ({"url": "https://u:p@x.example/"}, ["no_address"]),
            ({"url": "https://x.example/", "event": ""}, ["no_type"]),
            ({"url": "https://x.example/", "fills": "a -> phone"}, ["unreadable_fills"]),
            ({"url": "https://x.example/", "fills": "a -> b (colour)"}, ["unreadable_fills"]),
            ({"url": "https://x.example/", "fills": "a"}, ["unreadable_fills"]),
            ({"url": "https://x.example/", "fills": "a.b -> Lead score (number)\n\nc -> city"}, []),
        ],
    )
    def test_its_flaws(self, settings: dict[str, Any], flaws: list[str]):
        kind = kind_of("webhook")
        assert [one.code for one in kind.flaws(kind.Config.model_validate(settings))] == flaws
