"""Questions of rules asked of rows before anybody walks, so that what walking changes can be told from what it does not.

A segment stands for its rule, of which each question is asked by itself: a step that sets a tag changes the answer. Whether
they have a status in this campaign is asked of their other walks alone: of this one the walk knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date

from loumass.campaigns.rules import ANY, InCampaignSettings, StatusElsewhere, StatusInSettings
from loumass.contacts.rules.answering import answers_about, answers_of
from loumass.contacts.rules.expanding import IN_SEGMENT, expanded
from loumass.contacts.rules.holding import asked_beyond, asked_of_rows
from loumass.contacts.rules.model import Group, Question, Rule, questions
from loumass.contacts.rules.reading import RuleRefused, look_for, paths
from loumass.core.settings_form import Settings
from loumass.funnels.asked_rule import rule_of
from loumass.funnels.graph import Graph, rules_in
from loumass.funnels.simulating.people import Known
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import Answers
from loumass.funnels.walking.ruling import walk_of
from loumass.funnels.walking.walker import Walker

_ELSEWHERE = StatusElsewhere()


class AskedRules:
    """What the rules of a graph ask, of one batch of people after the other: a statement for questions about the person, one
    for those about the walk, none where there are none.

    `asked`: every question by key. `stands_for`: by the key of a question, the rule that a segment is, or what holds of whoever
    walks. `statuses`: the status
    that a question looks for in this campaign, by key.
    """

    def __init__(self, ground: Ground, graph: Graph) -> None:
        self._ground = ground
        self.asked, rules = _gathered(graph)
        self.stands_for: dict[str, Rule | bool] = {**rules}
        here = (ANY, str(ground.campaign_id))
        rows = _named(asked_beyond(Group("all", tuple(self.asked.values()))))
        self.statuses = {one.key: status for one in rows if (status := _status_of(one.settings, *here))}
        self.stands_for |= _known_of_walkers(self.asked, *here)
        elsewhere = [Question(_ELSEWHERE, one.settings) for one in rows if one.key in self.statuses]
        self._about = [one for one in rows if one.predicate.scope == "contact"]
        self._of_walks = [one for one in rows if one.predicate.scope == "enrollment"] + elsewhere

    def of(self, walkers: Sequence[Walker]) -> list[Answers]:
        """What rows say to them: first of the people, then of their walks, which goes before."""
        found: list[Answers] = []
        if self._about:
            contacts = list({one.contact_id for one in walkers})
            found.append(Answers(answers_about(self._about, contacts), lambda said: {"answers": said or {}}))
        if self._of_walks:
            # Who is not inside yet did nothing there; that they have a status elsewhere their contact says.
            nobody = {one.key: False for one in self._of_walks if one.predicate is not _ELSEWHERE}
            walks = answers_of(self._of_walks, [one.id for one in walkers], walk_of(self._ground))
            found.append(Answers(walks, lambda said: {"answers": said or nobody}, is_by_contact=False))
        return found


def unknown_of(graph: Graph, days_off: Mapping[date, str]) -> Known:
    """What is known of people who are invented: they belong to nobody, and it is no to whatever else only rows answer."""
    asked, stands_for = _gathered(graph)
    rows = asked_of_rows(Group("all", tuple(asked.values())))
    statuses = {one.key: status for one in rows if (status := _status_of(one.settings, ANY))}
    answers = dict.fromkeys((one.key for one in rows), False) | stands_for | _known_of_walkers(asked, ANY)
    return Known({"days_off": days_off, "answers": answers}, asked=asked, statuses=statuses).with_owner(None)


def _status_of(asked: Settings, *here: str) -> str:
    """The status that is asked for of `here`, or nothing."""
    return asked.status.value if isinstance(asked, StatusInSettings) and asked.campaign in here else ""


def _known_of_walkers(asked: Mapping[str, Question], *here: str) -> dict[str, bool]:
    """What holds of whoever walks: also who is not added yet is inside then."""
    return {key: True for key, one in asked.items() if _is_inside(one.settings, here)}


def _is_inside(asked: Settings, here: Sequence[str]) -> bool:
    return (
        isinstance(asked, InCampaignSettings) and asked.how in ("inside", "ever") and asked.campaign in here
    )


def _gathered(graph: Graph) -> tuple[dict[str, Question], dict[str, Rule]]:
    """Every question of the graph's rules by key, and what its segments stand for."""
    asked: dict[str, Question] = {}
    stands_for: dict[str, Rule] = {}
    raws = [raw for rules in rules_in(graph).values() for raw in rules]
    for one in [one for raw in raws for one in questions(rule_of(raw))]:
        plain = Question(one.predicate, one.settings)
        if one.predicate.name != IN_SEGMENT:
            asked[one.key] = plain
            continue
        with suppress(RuleRefused):  # the step that asks holds people, visibly
            rule = stands_for[one.key] = expanded(plain)
            asked |= {inner.key: Question(inner.predicate, inner.settings) for inner in questions(rule)}
    return asked, stands_for


def _named(asked: Sequence[Question]) -> list[Question]:
    """Those whose names are here: who asks for another is held, visibly, as the engine does."""
    group = Group("all", tuple(asked))
    missing = {complaint.path for complaint in look_for(group)[1]}
    return [one for path, one in paths(group) if path not in missing]
