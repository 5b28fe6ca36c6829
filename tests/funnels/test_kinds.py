"""What each kind of step decides, and how it says itself."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loumass.funnels.decisions import End, Go, Send, WaitFor
from loumass.funnels.facts import MessageOutcome
from loumass.funnels.graph import branches_of, describe
from loumass.funnels.kinds import KINDS, UnknownKind, kind_of
from loumass.funnels.kinds.base import Names
from loumass.funnels.kinds.set_status import SetStatus
from loumass.funnels.kinds.settings import form_fields
from loumass.funnels.kinds.split import SplitConfig, branch_for
from loumass.funnels.kinds.split_trial import Trial
from loumass.funnels.kinds.stage import EnterStage
from loumass.funnels.kinds.tag import AddTag, RemoveTag
from loumass.funnels.likelihood import Tried, best_of, judge
from loumass.funnels.step import decide
from tests.funnels.graphs import CONTENT, MONDAY, facts, id_of, node

AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)


def test_the_registry_knows_each_kind_by_its_name():
    assert set(KINDS) >= {
        "stage",
        "email_send",
        "wait",
        "condition",
        "split",
        "set_field",
        "assign",
        "enroll",
        "end",
    }
    assert all(KINDS[name].name == name for name in KINDS)


def test_an_unknown_kind_is_named():
    with pytest.raises(UnknownKind, match="telegram"):
        kind_of("telegram")


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_can_be_drawn_described_and_edited_as_it_comes(kind: Any):
    step = node("step", kind.name)
    assert kind.label
    assert kind.icon
    assert kind.hint.endswith(".")
    assert describe(step, Names(contents={CONTENT: "A seat for you"}))
    assert branches_of(step) is not None
    fields = form_fields(kind.Config, {})
    assert [field.name for field in fields] == list(kind.Config.model_fields)
    assert all(field.label for field in fields)


class TestSending:
    step = node("invitation", "email_send")

    def test_first_it_plans_its_message(self):
        assert decide(self.step, facts(), MONDAY) == Send("email", CONTENT)
        assert decide(node("nudge", "sms_send"), facts(), MONDAY) == Send("sms", CONTENT)

    def test_it_holds_until_the_message_has_really_gone(self):
        decision = decide(self.step, facts(message=MessageOutcome.PENDING), MONDAY)
        assert decision == WaitFor("message", None, "The e-mail is on its way out")

    def test_a_doubtful_message_holds_it_visibly(self):
        decision = decide(self.step, facts(message=MessageOutcome.IN_DOUBT), MONDAY)
        assert decision == WaitFor("settlement", None, "In doubt: the provider did not confirm the e-mail")

    def test_a_sent_message_leads_on(self):
        assert decide(self.step, facts(message=MessageOutcome.SENT), MONDAY) == Go("next")

    @pytest.mark.parametrize(
        "outcome", [MessageOutcome.FAILED, MessageOutcome.SKIPPED, MessageOutcome.CANCELLED]
    )
    def test_what_cannot_be_sent_leaves_by_failed_or_else_by_next(self, outcome: MessageOutcome):
        assert decide(self.step, facts(message=outcome), MONDAY) == Go("failed", or_else="next")

    def test_it_says_what_it_sends(self):
        assert describe(self.step, Names(contents={CONTENT: "A seat for you"})) == "“A seat for you”"
        assert describe(self.step, Names()) == "Nothing written yet"


class TestCondition:
    def ask(self, /, now: Any = MONDAY, settings: dict[str, Any] | None = None, **known: Any):
        return decide(node("question", "condition", **(settings or {})), facts(**known), now)

    def test_replied(self):
        assert self.ask() == Go("no")
        assert self.ask(replied_at=MONDAY) == Go("yes")

    def test_replied_since_our_last_message(self):
        asked = {"test": "replied", "since": "last_message"}
        assert self.ask(settings=asked, replied_at=MONDAY - A_DAY, last_sent_at=MONDAY) == Go("no")
        assert self.ask(settings=asked, replied_at=MONDAY, last_sent_at=MONDAY - A_DAY) == Go("yes")
        assert self.ask(settings=asked, replied_at=MONDAY) == Go("yes")

    @pytest.mark.parametrize(("test", "fact"), [("bounced", "bounced_at"), ("opted_out", "opted_out_at")])
    def test_bounces_and_opt_outs_by_medium(self, test: str, fact: str):
        known = {fact: {"sms": MONDAY}}
        assert self.ask(settings={"test": test}, **known) == Go("yes")
        assert self.ask(settings={"test": test, "medium": "sms"}, **known) == Go("yes")
        assert self.ask(settings={"test": test, "medium": "email"}, **known) == Go("no")

    def test_tags_without_regard_to_case(self):
        assert self.ask(settings={"test": "tag", "tag": " vip "}, tags=frozenset({"VIP"})) == Go("yes")
        assert self.ask(settings={"test": "tag", "tag": "vip"}, tags=frozenset({"vips"})) == Go("no")

    @pytest.mark.parametrize(
        ("operator", "value", "city", "branch"),
        [
            ("is_set", "", "Denver", "yes"),
            ("is_set", "", "  ", "no"),
            ("is_empty", "", None, "yes"),
            ("is", "denver", " Denver ", "yes"),
            ("is", "denver", "Boulder", "no"),
            ("is_not", "denver", None, "yes"),
            ("contains", "ENV", "Denver", "yes"),
            ("does_not_contain", "env", "Denver", "no"),
        ],
    )
    def test_fields(self, operator: str, value: str, city: str | None, branch: str):
        asked = {"test": "field", "field": "city", "operator": operator, "value": value}
        assert self.ask(settings=asked, fields={"city": city}) == Go(branch)

    def test_a_field_that_nobody_has_is_empty(self):
        assert self.ask(settings={"test": "field", "field": "shoe size", "operator": "is_empty"}) == Go("yes")

    def test_status(self):
        asked = {"test": "status", "status": "Received RSVP"}
        assert self.ask(settings=asked, status="Received RSVP") == Go("yes")
        assert self.ask(settings=asked, status="Messaged") == Go("no")

    def test_sent_within_counts_any_message_or_one_steps(self):
        asked = {"test": "sent_within", "amount": 7}
        assert self.ask(settings=asked, last_sent_at=MONDAY - 7 * A_DAY) == Go("yes")
        assert self.ask(settings=asked, last_sent_at=MONDAY - 7 * A_DAY - AN_HOUR) == Go("no")
        of_step = {**asked, "step": "nudge"}
        assert self.ask(settings=of_step, last_sent_at=MONDAY) == Go("no")
        assert self.ask(settings=of_step, sent_at={"nudge": MONDAY}) == Go("yes")

    def test_it_can_wait_for_the_answer_until_a_timeout(self):
        asked = {"test": "replied", "wait_up_to": 3}
        until = MONDAY + 3 * A_DAY
        assert self.ask(settings=asked) == WaitFor("replied", until, "Waits for a reply, until Thu 5 Mar")
        assert self.ask(until, asked) == Go("timeout")
        assert self.ask(until, asked, replied_at=until) == Go("yes")

    def test_its_ways_follow_from_whether_it_waits(self):
        def names(**config: Any) -> list[str]:
            return [branch.name for branch in branches_of(node("question", "condition", **config)) or ()]

        assert names() == ["yes", "no"]
        assert names(wait_up_to=2) == ["yes", "timeout"]

    @pytest.mark.parametrize(
        ("config", "words"),
        [
            ({}, "Replied?"),
            ({"wait_up_to": 1, "wait_unit": "weeks"}, "Replied? Waits up to 1 week"),
            ({"test": "bounced", "medium": "email"}, "E-mail bounced?"),
            ({"test": "opted_out", "medium": "sms"}, "Opted out of texts?"),
            ({"test": "tag", "tag": "VIP"}, "Has tag “VIP”?"),
            ({"test": "field", "field": "city", "operator": "is", "value": "Denver"}, "city is “Denver”?"),
            ({"test": "status", "status": "No Show"}, "Status is No Show?"),
            ({"test": "sent_within", "step": "nudge"}, "“Nudge text” sent in the last 7 days?"),
        ],
    )
    def test_it_says_its_question(self, config: dict[str, Any], words: str):
        assert describe(node("q", "condition", **config), Names(steps={"nudge": "Nudge text"})) == words


class TestSplit:
    def test_the_same_person_always_goes_the_same_way(self):
        step = node("split", "split")
        assert decide(step, facts(), MONDAY) == decide(step, facts(), MONDAY + 100 * A_DAY)

    def test_its_place_never_changes_between_versions_of_this_program(self):
        people = [UUID(int=number) for number in range(12)]
        ways = "".join(branch_for(SplitConfig(a=20, b=30, c=50), person, id_of("split")) for person in people)
        assert ways == "cbccabbccccc"

    @pytest.mark.parametrize("shares", [(50, 50), (10, 90), (33, 33, 34), (1, 4, 15, 80)])
    def test_ten_thousand_people_are_shared_out_as_asked(self, shares: tuple[int, ...]):
        config = SplitConfig.model_validate(
            {letter: shares[n] if n < len(shares) else None for n, letter in enumerate("abcdef")}
        )
        ways = Counter(branch_for(config, UUID(int=number), id_of("split")) for number in range(10_000))
        for letter, share in zip("abcdef", shares, strict=False):
            assert abs(ways[letter] - share * 100) <= 200
        assert set(ways) <= set(config.shares)

    def test_two_splits_in_a_row_are_independent(self):
        config = SplitConfig()
        pairs = Counter(
            (branch_for(config, UUID(int=n), id_of("one")), branch_for(config, UUID(int=n), id_of("two")))
            for n in range(10_000)
        )
        assert all(abs(count - 2500) <= 250 for count in pairs.values())
        assert len(pairs) == 4

    @settings(max_examples=200)
    @given(st.integers(1, 98), st.integers(1, 98), st.uuids())
    def test_every_person_finds_a_way_even_when_shares_are_left_over(self, a: int, b: int, person: UUID):
        config = SplitConfig(a=a, b=min(b, 100 - a))
        assert branch_for(config, person, id_of("split")) in config.shares

    def test_it_says_its_shares(self):
        assert describe(node("split", "split", a=20, b=30, c=50), Names()) == "20% / 30% / 50%"


def test_doing_steps_say_what_is_to_be_done():
    assert decide(node("follow-up", "stage"), facts(), MONDAY) == EnterStage("Follow-up")
    assert decide(node("s", "set_status", status="No Show"), facts(), MONDAY) == SetStatus("No Show")
    assert decide(node("t", "tag", tag=" VIP "), facts(), MONDAY) == AddTag("VIP")
    assert decide(node("t", "tag", action="remove", tag="VIP"), facts(), MONDAY) == RemoveTag("VIP")


def test_the_end_keeps_its_reason():
    assert decide(node("end", "end"), facts(), MONDAY) == End("finished")
    assert decide(node("end", "end", reason="no budget"), facts(), MONDAY) == End("no budget")


class TestSplitWithAWinner:
    step = node("best", "split", winner="people", after_people=10)

    def test_it_is_tried_on_the_first_and_the_rest_waits(self):
        tried = decide(self.step, facts(own=Trial(is_tried=True)), MONDAY)
        assert isinstance(tried, Go)
        at = MONDAY + A_DAY
        assert decide(self.step, facts(own=Trial(decides_at=at)), MONDAY) == WaitFor(
            "winner", at, "Waits which way does better, until Tue 3 Mar"
        )

    def test_the_winner_takes_the_rest(self):
        assert decide(self.step, facts(own=Trial(winner="b")), MONDAY) == Go("b")
        assert describe(self.step, Names()) == "50% / 50%, after 10 people the one with more replies"


def test_how_sure_one_may_be():
    ten, sixteen = judge([Tried(100, 10), Tried(100, 16)])
    assert (round(ten.is_best, 2), round(sixteen.is_best, 2)) == (0.10, 0.90)
    # The interval of Jeffreys for 10 of 100, from tables: 5.3 to 17.0 %.
    assert (round(ten.low, 3), round(ten.high, 3)) == (0.053, 0.170)
    assert [round(one.is_best, 3) for one in judge([Tried(0, 0)] * 4)] == [0.25] * 4
    assert best_of([Tried(0, 0), Tried(9, 1), Tried(9, 1)]) == 1
