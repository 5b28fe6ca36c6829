"""The questions a condition can ask. A new one is one more Test and its name in ``ConditionConfig.test``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from loumass.contacts.rules.holding import holds
from loumass.funnels import asked_rule
from loumass.funnels.asked_rule import NO_RULE, RuleSetting
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Flaw, Names
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting
from loumass.funnels.kinds.wait_config import LONGEST, UNITS, Patience, Unit
from loumass.funnels.statuses import Status
from loumass.funnels.walking import asking
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import NOTHING_ASKED, Answers
from loumass.funnels.walking.walker import Walker
from loumass.funnels.words import amount_of

QUESTIONS = {
    "replied": "Did they reply?",
    "bounced": "Did it bounce?",
    "opted_out": "Did they opt out?",
    "opened": "Did they open it?",
    "not_opened": "Did they not open it?",
    "clicked": "Did they click a link?",
    "not_clicked": "Did they not click a link?",
    "tag": "Do they have a tag?",
    "field": "What does a field say?",
    "status": "What is their status?",
    "sent_within": "Did we write to them lately?",
    "rule": "Several questions",
}
OPERATORS = {
    "is_set": "is filled in",
    "is_empty": "is empty",
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "does_not_contain": "does not contain",
}
#: What only tracked e-mails can answer; only what people did counts, never a filter or a proxy.
TRACKED = ("opened", "not_opened", "clicked", "not_clicked")
_NEEDS_NO_VALUE = ("is_set", "is_empty")


class Question(Settings):
    """What is asked. ``test`` says which settings count."""

    test: Literal[
        "replied", "bounced", "opted_out", "opened", "not_opened", "clicked", "not_clicked", "tag", "field",
        "status", "sent_within", "rule",
    ] = setting("replied", "Question", choices=QUESTIONS)  # fmt: skip
    since: Literal["start", "last_message"] = setting(
        "start",
        "Replied since",
        choices={"start": "the campaign wrote to them first", "last_message": "our last message"},
        only_when=("test", ["replied"]),
    )
    medium: Literal["any", "email", "sms", "voicemail"] = setting(
        "any",
        "On",
        choices={"any": "any way we write", "email": "e-mail", "sms": "text", "voicemail": "voicemail"},
        only_when=("test", ["bounced", "opted_out"]),
    )
    tag: Text = setting("", "Tag", suggests="tags", only_when=("test", ["tag"]), max_length=LONGEST_TEXT)
    field: Text = setting(
        "", "Field", suggests="fields", only_when=("test", ["field"]), max_length=LONGEST_TEXT
    )
    operator: Literal["is_set", "is_empty", "is", "is_not", "contains", "does_not_contain"] = setting(
        "is_set", "Is", choices=OPERATORS, only_when=("test", ["field"])
    )
    value: Text = setting(
        "",
        "Value",
        hint="Capital letters do not matter.",
        only_when=("test", ["field"]),
        max_length=LONGEST_TEXT,
    )
    status: Status = setting(
        Status.RECEIVED_RSVP,
        "Status",
        choices=dict(zip(Status, Status, strict=True)),
        only_when=("test", ["status"]),
    )
    step: Text = setting(
        "",
        "Which message",
        hint="Empty is any message of this campaign.",
        suggests="steps",
        only_when=("test", ["sent_within", *TRACKED]),
        max_length=LONGEST_TEXT,
    )
    amount: int = setting(7, "Within", only_when=("test", ["sent_within"]), ge=1, le=LONGEST)
    unit: Unit = setting("days", "Of what", choices=UNITS, only_when=("test", ["sent_within"]))
    rule: RuleSetting = setting(NO_RULE, "Rule", only_when=("test", ["rule"]))


class ConditionConfig(Patience, Question):
    """A question, and how long its answer may be waited for."""


def _no_flaws(config: Question) -> Iterable[Flaw]:
    return ()


LookUp = Callable[[Ground, Question, Sequence[Walker]], Answers]


def _known_already(ground: Ground, config: Question, walkers: Sequence[Walker]) -> Answers:
    return NOTHING_ASKED


@dataclass(frozen=True, slots=True)
class Test:
    """One question: whether it holds, how it is asked, what one waits for, what its settings lack, and what must be looked
    up to answer it beyond what comes with the claim."""

    holds: Callable[[Question, Facts, datetime], bool]
    words: Callable[[Question, Names], str]
    awaited: Callable[[Question], str]
    flaws: Callable[[Question], Iterable[Flaw]] = _no_flaws
    look_up: LookUp = _known_already


def _has_replied(config: Question, facts: Facts, now: datetime) -> bool:
    if facts.replied_at is None:
        return False
    counts_all = config.since == "start" or facts.last_sent_at is None
    return counts_all or facts.replied_at >= (facts.last_sent_at or facts.replied_at)


def _happened_on(config: Question, when: Mapping[str, datetime]) -> bool:
    return bool(when) if config.medium == "any" else config.medium in when


def _has_bounced(config: Question, facts: Facts, now: datetime) -> bool:
    return _happened_on(config, facts.bounced_at)


def _has_opted_out(config: Question, facts: Facts, now: datetime) -> bool:
    return _happened_on(config, facts.opted_out_at)


def _has_tag(config: Question, facts: Facts, now: datetime) -> bool:
    return config.tag.casefold() in {tag.strip().casefold() for tag in facts.tags}


def _field_agrees(config: Question, facts: Facts, now: datetime) -> bool:
    """Compares without regard to case and outer blanks. A field that a contact lacks reads as empty."""
    found = (facts.fields.get(config.field) or "").strip().casefold()
    wanted = config.value.casefold()
    return {
        "is_set": found != "",
        "is_empty": found == "",
        "is": found == wanted,
        "is_not": found != wanted,
        "contains": wanted in found,
        "does_not_contain": wanted not in found,
    }[config.operator]


def _has_status(config: Question, facts: Facts, now: datetime) -> bool:
    return facts.status == config.status.value


def _was_sent_within(config: Question, facts: Facts, now: datetime) -> bool:
    """Elapsed time: a day is 24 hours here, a week is 168. The bound itself counts as within."""
    sent_at = facts.sent_at.get(config.step) if config.step else facts.last_sent_at
    return sent_at is not None and now - sent_at <= timedelta(**{config.unit: config.amount})


def _was_opened(config: Question, facts: Facts, now: datetime) -> bool:
    return config.step in facts.opened_at


def _was_clicked(config: Question, facts: Facts, now: datetime) -> bool:
    return config.step in facts.clicked_at


def _tags(ground: Ground, config: Question, walkers: Sequence[Walker]) -> Answers:
    return asking.tags_of(ground, walkers)


def _bounces(ground: Ground, config: Question, walkers: Sequence[Walker]) -> Answers:
    return asking.barred_of(ground, walkers, "bounced")


def _nos(ground: Ground, config: Question, walkers: Sequence[Walker]) -> Answers:
    return asking.barred_of(ground, walkers, "opted_out")


def _field(ground: Ground, config: Question, walkers: Sequence[Walker]) -> Answers:
    return asking.field_of(ground, walkers, config.field)


def _opens(ground: Ground, config: Question, walkers: Sequence[Walker]) -> Answers:
    return asking.done_of(ground, walkers, "opened", config.step)


def _clicks(ground: Ground, config: Question, walkers: Sequence[Walker]) -> Answers:
    return asking.done_of(ground, walkers, "clicked", config.step)


def _sent(ground: Ground, config: Question, walkers: Sequence[Walker]) -> Answers:
    return asking.sent_of(ground, walkers, config.step) if config.step else NOTHING_ASKED


def _rule(ground: Ground, config: Question, walkers: Sequence[Walker]) -> Answers:
    return asked_rule.answers_to(ground, config.rule, walkers)


def _fulfils_rule(config: Question, facts: Facts, now: datetime) -> bool:
    """Raises NotKnown where neither facts nor ``facts.answers`` say."""
    return holds(asked_rule.rule_of(config.rule), facts, now)


def _rule_flaws(config: Question) -> Iterable[Flaw]:
    if asked_rule.is_empty(config.rule):
        yield Flaw("no_rule", "asks several questions, but has none.", "Add the first question.")


def _tag_flaws(config: Question) -> Iterable[Flaw]:
    if not config.tag:
        yield Flaw("no_tag", "asks for a tag, but names none.", "Type the tag.")


def _field_flaws(config: Question) -> Iterable[Flaw]:
    if not config.field:
        yield Flaw("no_field", "asks for a field, but names none.", "Choose the field.")
    if not config.value and config.operator not in _NEEDS_NO_VALUE:
        remedy = "Type the value, or ask whether the field is filled in."
        yield Flaw("no_value", "compares a field with nothing.", remedy)


def _on(config: Question) -> str:
    return {"any": "", "email": " of e-mail", "sms": " of texts", "voicemail": " of voicemail"}[config.medium]


def _sent_words(config: Question, names: Names) -> str:
    which = f"“{names.steps.get(config.step, config.step)}” sent" if config.step else "Written to"
    return f"{which} in the last {amount_of(config.amount, config.unit)}?"


def _field_words(config: Question, names: Names) -> str:
    value = "" if config.operator in _NEEDS_NO_VALUE else f" “{config.value}”"
    return f"{config.field or 'A field'} {OPERATORS[config.operator]}{value}?"


def _which(config: Question, names: Names) -> str:
    return f" “{names.steps.get(config.step, config.step)}”" if config.step else ""


def _replied_words(config: Question, names: Names) -> str:
    return "Replied?" if config.since == "start" else "Replied to our last message?"


TESTS: dict[str, Test] = {
    "replied": Test(_has_replied, _replied_words, lambda _: "Waits for a reply"),
    "bounced": Test(
        _has_bounced,
        lambda config, _: {
            "any": "Bounced?",
            "email": "E-mail bounced?",
            "sms": "Text bounced?",
            "voicemail": "Voicemail failed?",
        }[config.medium],
        lambda _: "Waits for a bounce",
        look_up=_bounces,
    ),
    "opted_out": Test(
        _has_opted_out,
        lambda c, _: f"Opted out{_on(c)}?",
        lambda c: f"Waits for an opt-out{_on(c)}",
        look_up=_nos,
    ),
    "tag": Test(
        _has_tag,
        lambda c, _: f"Has tag “{c.tag}”?",
        lambda c: f"Waits for the tag “{c.tag}”",
        _tag_flaws,
        _tags,
    ),
    "field": Test(_field_agrees, _field_words, lambda c: f"Waits for {c.field}", _field_flaws, _field),
    "status": Test(
        _has_status,
        lambda config, _: f"Status is {config.status.value}?",
        lambda config: f"Waits for the status {config.status.value}",
    ),
    "opened": Test(
        _was_opened,
        lambda c, names: f"Opened{_which(c, names)}?",
        lambda _: "Waits for them to open it",
        look_up=_opens,
    ),
    "not_opened": Test(
        lambda *given: not _was_opened(*given),
        lambda c, names: f"Not opened{_which(c, names)}?",
        lambda _: "Waits",
        look_up=_opens,
    ),
    "clicked": Test(
        _was_clicked,
        lambda c, names: f"Clicked in{_which(c, names)}?" if c.step else "Clicked?",
        lambda _: "Waits for a click",
        look_up=_clicks,
    ),
    "not_clicked": Test(
        lambda *given: not _was_clicked(*given),
        lambda c, names: f"Not clicked in{_which(c, names)}?" if c.step else "Not clicked?",
        lambda _: "Waits",
        look_up=_clicks,
    ),
    "rule": Test(
        _fulfils_rule,
        lambda config, names: f"{asked_rule.words_of(config.rule, names.steps, names.chosen)}?",
        lambda _: "Waits until its rule holds",
        _rule_flaws,
        _rule,
    ),
    "sent_within": Test(
        _was_sent_within, _sent_words, lambda _: "Waits for a message to be sent", look_up=_sent
    ),
}
