"""Every problem of a graph is named, with its step and its remedy."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loumass.funnels.decisions import branch_taken
from loumass.funnels.facts import MessageOutcome
from loumass.funnels.graph import Graph, branches_of
from loumass.funnels.kinds import KINDS
from loumass.funnels.node import Edge, Node
from loumass.funnels.step import decide
from loumass.funnels.validation import Problem, Surroundings, UnknownTag, is_ready, problems
from tests.funnels.graphs import CONTENT, DENVER, MONDAY, facts, graph, id_of, node

INVITE, END = node("invite", "email_send"), node("end", "end")


def found(wrong: Graph, code: str, **around: Any) -> Problem:
    """The one problem of that code."""
    (problem,) = [problem for problem in problems(wrong, Surroundings(**around)) if problem.code == code]
    assert problem.sentence.endswith((".", "?"))
    assert problem.remedy.endswith((".", "?"))
    return problem


def with_step(step: Node, **ways: str) -> Graph:
    return graph(INVITE, step, END, ways=f"invite-{step.key}, {step.key}-end")


def test_a_sound_graph_has_no_problem():
    assert problems(graph(INVITE, END, ways="invite-end")) == []


def test_no_steps():
    assert found(Graph(), "empty").node_id is None


def test_no_first_step():
    assert found(replace(graph(INVITE, END, ways="invite-end"), start=None), "no_start").node_id is None


def test_a_first_step_that_is_gone():
    assert found(graph(INVITE, END, ways="invite-end", start="gone"), "no_start")


def test_a_step_that_nobody_can_come_to():
    lonely = graph(INVITE, END, node("lonely", "tag", tag="VIP"), ways="invite-end, lonely-end")
    problem = found(lonely, "unreachable")
    assert problem.node_id == id_of("lonely")
    assert problem.sentence == "Nobody can come to Lonely."


def test_a_part_that_came_apart_is_one_problem_at_its_beginning():
    apart = graph(
        INVITE, node("a", "stage"), node("b", "stage"), END, node("c", "stage"), node("d", "wait"),
        ways="invite-end, a-b, b-end, c-d, d-c",
    )  # fmt: skip
    wrong = [problem for problem in problems(apart) if problem.code == "unreachable"]
    assert [(problem.node_id, problem.sentence) for problem in wrong] == [
        (id_of("a"), "Nobody can come to A, nor to the step behind it."),
        (id_of("c"), "Nobody can come to C, nor to the step behind it."),
    ]


def test_a_name_that_ends_like_a_sentence_is_quoted():
    asks = replace(node("ask", "condition"), name="Are they coming?")
    wrong = graph(INVITE, asks, END, ways="invite-ask, ask-yes-end")
    assert found(wrong, "missing_branch").sentence == "“Are they coming?” has no way out for no."


def test_a_missing_branch():
    asks = graph(INVITE, node("asks", "condition"), END, ways="invite-asks, asks-yes-end")
    assert found(asks, "missing_branch").sentence == "Asks has no way out for no."
    assert found(graph(INVITE), "missing_branch").sentence == "Invite leads nowhere."


def test_the_way_of_failed_sends_may_stay_undrawn_or_be_drawn():
    assert problems(graph(INVITE, END, ways="invite-end, invite-failed-end")) == []


def test_an_unknown_branch():
    assert (
        found(graph(INVITE, END, ways="invite-end, invite-maybe-end"), "unknown_branch").node_id == INVITE.id
    )


def test_two_ways_for_one_branch():
    twice = graph(INVITE, END, node("late", "end"), ways="invite-end, invite-late")
    assert found(twice, "double_branch").sentence == "Invite leads by next to 2 steps at once."


def test_ways_from_and_to_steps_that_are_gone():
    assert found(graph(INVITE, END, ways="invite-end, gone-end"), "edge_from_nowhere").node_id is None
    assert found(graph(INVITE, ways="invite-gone"), "edge_to_nowhere").node_id == INVITE.id


def test_two_steps_with_one_key():
    twin = Node(id_of("twin"), "invite", "end", "Twin")
    assert (
        found(graph(INVITE, twin, ways="invite-twin"), "same_key").sentence
        == "Two steps are known as invite."
    )


def test_a_kind_that_does_not_exist():
    assert found(with_step(node("pigeon", "pigeon")), "unknown_kind").node_id == id_of("pigeon")


def test_settings_that_cannot_be_read():
    sentence = found(with_step(node("pause", "wait", amount="soon")), "settings").sentence
    assert sentence == "Pause: How many is not a whole number."
    assert "must be at least 1" in found(with_step(node("pause", "wait", amount=0)), "settings").sentence
    assert "one of the choices" in found(with_step(node("pause", "wait", unit="moons")), "settings").sentence


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (node("pause", "wait", weekdays=[]), "never_opens"),
        (node("pause", "wait", opens="16:00", closes="09:00"), "never_opens"),
        (node("pause", "wait", mode="date"), "no_date"),
        (node("pause", "wait", mode="date", date="2026-03-12T18:00", zone="Mars/Olympus"), "unknown_zone"),
        (node("label", "tag"), "no_tag"),
        (node("asks", "condition", test="tag"), "no_tag"),
        (node("asks", "condition", test="field"), "no_field"),
        (node("asks", "condition", test="field", field="city", operator="is"), "no_value"),
        (node("asks", "condition", test="sent_within", step="gone"), "step_gone"),
        (node("parts", "split", a=50, b=40), "shares"),
        (node("parts", "split", a=None, b=None), "shares"),
    ],
)
def test_settings_that_make_no_sense(step: Node, code: str):
    assert found(with_step(step), code).node_id == step.id


def test_a_message_that_was_never_written():
    unwritten = Node(id_of("invite"), "invite", "email_send", "Invite")
    assert (
        found(graph(unwritten, END, ways="invite-end"), "missing_content").sentence
        == "Invite has nothing to say."
    )


def test_a_message_that_lacks_its_subject():
    wrong = graph(INVITE, END, ways="invite-end")
    lacks = {CONTENT: "has no subject"}
    assert found(wrong, "missing_content", content_lacks=lacks.get).sentence == "Invite has no subject."


def test_a_merge_tag_that_means_nothing():
    wrong = graph(INVITE, END, ways="invite-end")
    tags = {CONTENT: [UnknownTag("contact.frist_name", "contact.first_name")]}
    problem = found(wrong, "unknown_tag", unknown_tags=lambda content: tags[content])
    assert problem.sentence == "Invite uses contact.frist_name, which means nothing."
    assert problem.remedy == "Did you mean contact.first_name?"


def test_a_medium_that_nothing_can_be_sent_on():
    problem = found(
        graph(INVITE, END, ways="invite-end"), "dead_medium", dead_media={"email": "no mailbox is connected."}
    )
    assert problem.sentence == "Invite cannot send its e-mail: no mailbox is connected."


def test_a_wait_for_an_event_that_has_no_date():
    waits = with_step(node("pause", "wait", mode="event"))
    assert found(waits, "no_event", has_event=False).node_id == id_of("pause")
    assert problems(waits, Surroundings(has_event=True)) == []
    assert problems(waits) == []


def test_a_field_that_nobody_has_is_named_with_the_one_that_was_meant():
    asks = graph(
        INVITE, node("ask", "condition", test="field", field="compny"), END,
        ways="invite-ask, ask-yes-end, ask-no-end",
    )  # fmt: skip
    problem = found(asks, "unknown_field", fields={"company", "city"})
    assert (problem.node_id, problem.remedy, problem.severity) == (
        id_of("ask"), "Did you mean company?", "hint",
    )  # fmt: skip
    assert problems(asks, Surroundings(fields={"compny"})) == []
    assert problems(asks) == []


def test_sending_nothing_is_only_a_hint():
    silent = graph(node("label", "tag", tag="VIP"), END, ways="label-end")
    assert found(silent, "no_send").severity == "hint"
    assert is_ready(problems(silent))


class TestLoops:
    def loop(self, *steps: Node) -> Graph:
        """invite -> the steps in a row -> asks; no leads back to invite, yes to the end."""
        row = [INVITE, *steps, node("asks", "condition", test="tag", tag="x")]
        ways = [f"{a.key}-{b.key}" for a, b in pairwise(row)]
        return graph(*row, END, ways=", ".join([*ways, "asks-no-invite", "asks-yes-end"]))

    def test_a_loop_without_a_wait(self):
        problem = found(self.loop(), "loop")
        assert problem.sentence == "People would go round without a pause: Invite and Asks."

    def test_a_step_that_leads_to_itself(self):
        assert found(graph(INVITE, node("t", "tag", tag="x"), ways="invite-t, t-t"), "loop").node_id == id_of(
            "t"
        )

    def test_a_wait_that_counts_from_coming_here_makes_a_loop_sound(self):
        assert is_ready(problems(self.loop(node("pause", "wait", after="entered"))))

    @pytest.mark.parametrize(
        "config", [{"after": "sent"}, {"mode": "date", "date": "2026-03-12T18:00"}, {"mode": "event"}]
    )
    def test_a_wait_that_passes_at_once_on_the_second_round_does_not(self, config: dict[str, Any]):
        assert found(self.loop(node("pause", "wait", **config)), "loop")

    def test_a_passed_date_that_ends_it_does(self):
        assert is_ready(problems(self.loop(node("pause", "wait", mode="event", if_past="end"))))

    def test_waiting_for_an_answer_counts_only_on_the_way_of_the_timeout(self):
        asks = node("asks", "condition", wait_up_to=2)
        sound = graph(INVITE, asks, END, ways="invite-asks, asks-timeout-invite, asks-yes-end")
        spins = graph(INVITE, asks, END, ways="invite-asks, asks-yes-invite, asks-timeout-end")
        assert problems(sound) == []
        assert found(spins, "loop")

    def test_a_loop_that_nobody_leaves_is_a_hint(self):
        forever = graph(INVITE, node("pause", "wait", after="entered"), ways="invite-pause, pause-invite")
        assert found(forever, "endless").severity == "hint"


KEYS = st.sampled_from([f"n{number}" for number in range(8)])
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 200), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)
SETTING = st.sampled_from(
    [name for kind in KINDS.values() for name in kind.Config.model_fields] + ["surprise"]
)
CONFIGS: Any = st.one_of(st.just({}), st.dictionaries(SETTING, JSON, max_size=3), JSON)
NODES = st.builds(
    lambda key, kind, config, content: Node(id_of(key), key, kind, key, config, content),
    KEYS,
    st.sampled_from([*KINDS, "pigeon"]),
    CONFIGS,
    st.sampled_from([None, CONTENT]),
)
EDGES = st.builds(
    lambda a, branch, b: Edge(id_of(a), branch, id_of(b)),
    KEYS,
    st.sampled_from(["next", "yes", "no", "timeout", "failed", "a", "b", "maybe"]),
    KEYS,
)
GRAPHS = st.builds(
    Graph,
    st.lists(NODES, max_size=10).map(tuple),
    st.lists(EDGES, max_size=20).map(tuple),
    st.one_of(st.none(), KEYS.map(id_of)),
)


@settings(max_examples=400, deadline=None)
@given(GRAPHS)
def test_validation_names_problems_and_never_raises(wild: Graph):
    for problem in problems(wild):
        assert problem.node_id is None or problem.node_id in wild
        assert problem.sentence
        assert problem.remedy


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["email_send", "sms_send", "stage", "set_status"]), min_size=1, max_size=8),
    st.data(),
)
def test_a_loop_without_a_wait_is_always_refused(kinds: list[str], data: st.DataObject):
    steps = [node(f"n{place}", kind) for place, kind in enumerate(kinds)]
    ways = [f"n{place}-n{place + 1}" for place in range(len(steps) - 1)]
    back_to = data.draw(st.integers(0, len(steps) - 1))
    wrong = graph(*steps, ways=", ".join([*ways, f"n{len(steps) - 1}-n{back_to}"]))
    assert found(wrong, "loop").node_id is not None
    assert not is_ready(problems(wrong))


DECIDED_AT_ONCE: list[tuple[str, dict[str, Any]]] = [
    ("email_send", {}), ("sms_send", {}), ("stage", {}), ("set_status", {}), ("tag", {"tag": "VIP"}), ("split", {}),
    ("end", {}), ("condition", {}), ("condition", {"test": "tag", "tag": "VIP"}), ("condition", {"wait_up_to": 2}),
    ("wait", {"after": "entered"}), ("wait", {"after": "sent", "amount": 1, "unit": "minutes"}),
    ("wait", {"mode": "date", "date": "2026-03-01T09:00"}),
    ("wait", {"mode": "date", "date": "2026-03-01T09:00", "if_past": "end"}),
    ("wait", {"mode": "event", "days": 1}), ("wait", {"mode": "event", "days": 1, "if_past": "end"}),
]  # fmt: skip


@st.composite
def drawn_graphs(draw: st.DrawFn) -> Graph:
    """Graphs whose settings can be read, every way drawn to anywhere."""
    chosen = draw(st.lists(st.sampled_from(DECIDED_AT_ONCE), min_size=1, max_size=7))
    steps = [node(f"n{place}", kind, **config) for place, (kind, config) in enumerate(chosen)]
    targets = st.sampled_from(steps)
    edges = [
        Edge(step.id, branch.name, draw(targets).id) for step in steps for branch in branches_of(step) or ()
    ]
    return Graph(tuple(steps), tuple(edges), steps[0].id)


@settings(max_examples=400, deadline=None)
@given(drawn_graphs(), st.sampled_from(["replied", "tagged", "nobody"]), st.booleans())
def test_where_no_loop_is_refused_nobody_goes_round_without_time_going_by(
    drawn: Graph, who: str, is_sent: bool
):
    """Held against the pure step: at one moment a person passes each step at most once."""
    if any(problem.code == "loop" for problem in problems(drawn)):
        return
    now = MONDAY
    passed: list[UUID] = []
    here: UUID | None = drawn.start
    while here is not None:
        assert here not in passed, [drawn.node(one).kind for one in passed]
        passed.append(here)
        seen = facts(
            entered_at=now,
            last_sent_at=now - timedelta(days=400) if is_sent else None,
            replied_at=now if who == "replied" else None,
            tags=frozenset({"VIP"} if who == "tagged" else ()),
            event_at=now - timedelta(days=30),
            event_timezone=DENVER,
            message=MessageOutcome.SENT,
        )
        way = branch_taken(decide(drawn.node(here), seen, now))
        here = drawn.follow(here, way) if way else None


@settings(max_examples=300, deadline=None)
@given(drawn_graphs())
def test_a_loop_is_refused_exactly_where_one_can_go_round_without_a_pause(drawn: Graph):
    """Held against a slow and simple closure over the ways that take no time."""

    def takes_time(step: Node, branch: str) -> bool:
        if step.kind == "condition":
            return branch == "timeout"
        if step.kind != "wait":
            return False
        if step.config.get("mode", "duration") == "duration":
            return step.config["after"] == "entered"
        return step.config.get("if_past") == "end"

    reach = {
        step.id: {
            edge.target
            for edge in drawn.edges
            if edge.source == step.id and not takes_time(step, edge.branch)
        }
        for step in drawn.nodes
    }
    for _ in drawn.nodes:
        reach = {one: far.union(*(reach[two] for two in far)) for one, far in reach.items()}
    goes_round = any(one in far for one, far in reach.items())
    assert goes_round == any(problem.code == "loop" for problem in problems(drawn))
