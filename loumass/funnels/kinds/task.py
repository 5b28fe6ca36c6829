"""A to-do for a colleague, such as a call with a script; the enrollment waits for its outcome.

Exact meaning: the task is due ``due_in`` days after ``facts.entered_at`` on the contact's wall clock, or when the window
opens next, which may skip ``facts.days_off``. Done leaves by the outcome's branch, or by ``next`` where that is not drawn; skipped leaves by ``next``. With
``give_up_after`` an open task is closed as expired so many days after it was due, and leaves by ``timeout``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.accounts.days_off.reading import NONE
from loumass.content.marking import MergeTagsRefused
from loumass.content.vocabulary import NAMES, Vocabulary
from loumass.funnels.decisions import NEXT, TIMEOUT, Decision, GiveTask, Go, WaitFor
from loumass.funnels.facts import Facts, TaskOutcome
from loumass.funnels.kinds.base import Branch, Flaw, Kind, Names
from loumass.funnels.kinds.task_config import TASKS, TaskConfig
from loumass.funnels.kinds.wait import day_off_words, window_words
from loumass.funnels.local_time import later
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import Answers, known_of, with_days_off
from loumass.funnels.walking.verdict import Verdict
from loumass.funnels.walking.walker import Walker
from loumass.funnels.words import amount_of, clock_in_full, day, tags_named
from loumass.tasks import service as tasks

_CUSTOM = "contact.fields."
_AWAITED = {
    "call": "A call is to be made",
    "linkedin": "To be written to on LinkedIn",
    "email": "An e-mail is to be written by hand",
    "other": "Something is to be done by hand",
}


class Task(Kind[TaskConfig]):
    name = "task"
    label = "Task"
    icon = "checkbox"
    tone = "violet"
    group = "Do"
    hint = "Asks a colleague to do something by hand, such as a call, and waits for what came of it."
    Config = TaskConfig

    def branches(self, config: TaskConfig) -> tuple[Branch, ...]:
        outcomes = [Branch(name, label, is_required=False) for name, label in config.outcomes.items()]
        timeout = [Branch(TIMEOUT, "nobody did it")] if config.give_up_after else []
        return (*outcomes, Branch(NEXT, "anything else"), *timeout)

    def decide(self, node: Node, config: TaskConfig, facts: Facts, now: datetime) -> Decision:
        """Needs ``facts.task``."""
        due_at = due(config, facts)
        until = _until(config, facts, due_at)
        because = f"{_AWAITED[config.task]}, due {day(due_at, facts.timezone)}"
        if facts.task is None:
            return GiveTask(due_at, until, because)
        if facts.task.state == "done":
            return Go(facts.task.branch or NEXT, or_else=NEXT)
        if facts.task.state == "expired" or (
            facts.task.state == "open" and until is not None and now >= until
        ):
            return Go(TIMEOUT, or_else=NEXT)
        if facts.task.state == "open":
            return WaitFor("task", until, because)
        return Go(NEXT)

    def look_up(self, ground: Ground, node: Node, config: TaskConfig, walkers: Sequence[Walker]) -> Answers:
        """The tasks of those who stood here before this slice: who has just come has none."""
        stood = {
            walker.step_id: walker.id for walker in walkers if walker.new_step is None and walker.step_id
        }
        found = {stood[step]: outcome for step, outcome in tasks.outcomes_at(list(stood)).items()}
        answers = Answers(found, lambda one: {"task": TaskOutcome(*one)} if one else {}, is_by_contact=False)
        return with_days_off(ground, answers) if self.skips_days_off(config) else answers

    def skips_days_off(self, config: TaskConfig) -> bool:
        return config.window.skips_days_off

    def advance(self, ground: Ground, node: Node, config: TaskConfig, walkers: Sequence[Walker]) -> Verdict:
        verdict, new = Verdict(), list[tuple[UUID, GiveTask]]()
        answers = self.look_up(ground, node, config, walkers)
        for facts, alike in known_of(ground, walkers, answers):
            decision = self.decide(node, config, facts, ground.now)
            if isinstance(decision, GiveTask):
                new += [(one, decision) for one in alike]
                decision = WaitFor("task", decision.until, decision.because)
            verdict.take(alike, decision)
        self._expire(walkers, answers, verdict)
        tasks.plan_tasks(self._errand(ground, node, config), _doers(walkers, dict(new)))
        return verdict

    def let_go(self, enrollment_ids: Sequence[UUID]) -> None:
        tasks.cancel_tasks(enrollment_ids)

    def breaks_loops(self, config: TaskConfig, branch: str) -> bool:
        """A person takes part in every round."""
        return True

    def fields_named(self, config: TaskConfig) -> frozenset[str]:
        return frozenset(name.removeprefix(_CUSTOM) for name in _tags(config) if name.startswith(_CUSTOM))

    def describe(self, node: Node, config: TaskConfig, names: Names) -> str:
        what = f"{TASKS[config.task]}: “{tags_named(config.title)}”" if config.title else TASKS[config.task]
        due_in = f"due in {amount_of(config.due_in, 'days')}" if config.due_in else "due at once"
        until = (
            f", goes on without it {amount_of(config.give_up_after, 'days')} later"
            if config.give_up_after
            else ""
        )
        return f"{what}, {due_in}, {window_words(config.window)}{until}"

    def example(self, config: TaskConfig, now: datetime, zone: ZoneInfo, days_off: Mapping[date, str]) -> str:
        if config.window.never_opens:
            return ""
        nobody = Facts(enrollment_id=UUID(int=0), entered_at=now, timezone=zone, days_off=days_off)
        at = due(config, nobody).astimezone(zone)
        off = day_off_words(config.window, due(config, replace(nobody, days_off=NONE)), nobody)
        return f"For who comes here now it is due {day(at)}, {clock_in_full(at.time())} ({zone.key}).{off}"

    def flaws(self, config: TaskConfig) -> Iterable[Flaw]:
        if not config.headline:
            yield Flaw("no_title", "does not say what is to be done.", "Give it a title.")
        if not config.outcomes:
            yield Flaw("no_outcomes", "offers nothing that can come of it.", "Name at least one outcome.")
        if len({label.lower() for label in config.outcomes.values()}) < len(config.outcomes):
            yield Flaw("same_outcomes", "has two outcomes with one name.", "Give each its own.")
        if config.window.never_opens:
            yield Flaw(
                "never_opens",
                "is due on days and hours that never come.",
                "Choose at least one day, and let the hours end later than they begin.",
            )
        if config.whose == "member" and not config.addresses:
            yield Flaw("no_member", "names nobody who does it.", "Give the colleague's address.")
        yield from _wrong_tags(config)

    def _expire(self, walkers: Sequence[Walker], answers: Answers, verdict: Verdict) -> None:
        late = [
            walker.step_id
            for walker in walkers
            if walker.step_id and walker.id in verdict.leave and (answers.of(walker) or ("",))[0] == "open"
        ]
        tasks.expire_tasks(late)

    def _errand(self, ground: Ground, node: Node, config: TaskConfig) -> tasks.Errand:
        return tasks.Errand(
            kind=config.task,
            title=config.headline,
            script=config.script,
            outcomes=tuple(config.outcomes.items()),
            priority=config.priority,
            assignment=tasks.Assignment(config.whose, config.addresses),
            stream_id=ground.campaign_id,
            node_id=node.id,
            campaign_owner=ground.owner_id,
            values=ground.said_alike(),
        )


def due(config: TaskConfig, facts: Facts) -> datetime:
    """When it is due, window applied. Raises ValueError for a window that never opens."""
    at = later(facts.entered_at, config.due_in, "days", facts.timezone)
    return config.window.without(facts.days_off).next_open(at, facts.timezone)


def _until(config: TaskConfig, facts: Facts, due_at: datetime) -> datetime | None:
    return later(due_at, config.give_up_after, "days", facts.timezone) if config.give_up_after else None


def _doers(walkers: Sequence[Walker], new: dict[UUID, GiveTask]) -> list[tasks.Doer]:
    return [
        tasks.Doer(step, walker.id, walker.contact_id, new[walker.id].due_at, new[walker.id].until)
        for walker in walkers
        if walker.id in new and (step := walker.step())
    ]


def _tags(config: TaskConfig) -> frozenset[str]:
    """The merge tags in its words; none where they cannot be read."""
    try:
        title, script = tasks.compiled(config.headline, config.script)
    except MergeTagsRefused:
        return frozenset()
    return title.names | script.names


def _wrong_tags(config: TaskConfig) -> Iterable[Flaw]:
    try:
        tasks.compiled(config.headline, config.script)
    except MergeTagsRefused as refused:
        yield Flaw(
            "unreadable_tag",
            f"has a merge tag that cannot be read. {refused.problems[0].sentence}",
            "Mend it.",
        )
    for tag in sorted(_tags(config) - NAMES):
        if not tag.startswith(_CUSTOM):
            close = Vocabulary().suggestion(tag)
            yield Flaw(
                "unknown_tag",
                f"uses {tag}, which means nothing.",
                f"Did you mean {close}?" if close else "Choose a tag from the list.",
            )
