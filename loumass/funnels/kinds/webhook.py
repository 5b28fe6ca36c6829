"""Tell another system that somebody came here: a signed call with chosen fields; wait for its outcome, or go on at once.

Exact meaning: with ``waits`` the enrollment stays until the call was answered well (``next``) or given up (``failed``, or
``next`` where that is not drawn). Without it it leaves by ``next`` at once, and the call goes all the same.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from loumass.core import clock
from loumass.funnels.decisions import FAILED, NEXT, CallOut, Decision, Go, WaitFor
from loumass.funnels.facts import CallOutcome, Facts
from loumass.funnels.kinds.base import Branch, Flaw, Kind, Names
from loumass.funnels.kinds.settings import LONGEST_TEXT, Settings, Text, setting
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import Answers, known_of
from loumass.funnels.walking.verdict import Verdict
from loumass.funnels.walking.walker import Walker
from loumass.outgoing import service as outgoing

FIELDS = {name: name.replace("_", " ").replace("email", "e-mail").capitalize() for name in outgoing.COLUMNS}
NOBODY = UUID(int=0)
_OUTCOMES = {
    "delivered": CallOutcome.DELIVERED,
    "failed": CallOutcome.FAILED,
    "cancelled": CallOutcome.FAILED,
}
Field = Literal[
    "external_id", "email", "phone", "first_name", "last_name", "company", "title", "city", "state", "country",
    "timezone", "source",
]  # fmt: skip


class WebhookConfig(Settings):
    """Secrets and headers are not among them: they belong to the key that is named."""

    url: Text = setting(
        "", "Address", hint="Where the call goes, beginning with https://.", max_length=outgoing.LONGEST_URL
    )
    event: Text = setting(
        "campaign.step", "Type", hint="What the receiver reads as “type”.", max_length=LONGEST_TEXT
    )
    columns: tuple[Field, ...] = setting(
        ("email", "phone", "first_name", "last_name", "company"),
        "Fields of the person that are sent",
        choices=FIELDS,
        group="It says",
    )
    custom: Text = setting(
        "",
        "Your own fields",
        hint="Separated by commas. Optional.",
        suggests="fields",
        group="It says",
        max_length=1000,
    )
    key: Text = setting(
        "",
        "Signed with the key",
        hint="Empty is your organization's own. Keys with headers are made under Webhooks.",
        suggests="webhook_keys",
        group="It says",
        max_length=LONGEST_TEXT,
    )
    waits: Literal["wait", "go_on"] = setting(
        "wait",
        "Then",
        choices={"wait": "wait until it was answered", "go_on": "go on at once"},
        group="The answer",
    )
    fills: Text = setting(
        "",
        "Fields that the answer fills",
        hint="One a line: score -> lead_score (number). Types: text, number, yes/no, date. Optional.",
        is_long=True,
        group="The answer",
        max_length=2000,
    )

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Keys of custom fields."""
        return tuple(one.strip() for one in self.custom.split(",") if one.strip())


class Webhook(Kind[WebhookConfig]):
    name = "webhook"
    label = "Webhook"
    icon = "webhook"
    tone = "violet"
    group = "Do"
    hint = "Tells another system that somebody came here, and can wait for its answer."
    panel = "funnels/_test_call.html"
    Config = WebhookConfig

    def branches(self, config: WebhookConfig) -> tuple[Branch, ...]:
        if config.waits == "go_on":
            return (Branch(NEXT, "next"),)
        return (Branch(NEXT, "answered"), Branch(FAILED, "given up", is_required=False))

    def decide(self, node: Node, config: WebhookConfig, facts: Facts, now: datetime) -> Decision:
        """Needs ``facts.call``."""
        if config.waits == "go_on" or facts.call is None:
            return CallOut(waits=config.waits == "wait")
        if facts.call is CallOutcome.PENDING:
            return WaitFor("call", None, _because(config))
        if facts.call is CallOutcome.DELIVERED:
            return Go(NEXT)
        return Go(FAILED, or_else=NEXT)

    def look_up(
        self, ground: Ground, node: Node, config: WebhookConfig, walkers: Sequence[Walker]
    ) -> Answers:
        """The calls of those who stood here before this slice: who has just come has none."""
        stood = {
            walker.step_id: walker.id for walker in walkers if walker.new_step is None and walker.step_id
        }
        states = outgoing.calls_at(list(stood))
        found = {stood[step]: _OUTCOMES.get(state, CallOutcome.PENDING) for step, state in states.items()}
        return Answers(found, lambda one: {"call": one}, is_by_contact=False)

    def advance(
        self, ground: Ground, node: Node, config: WebhookConfig, walkers: Sequence[Walker]
    ) -> Verdict:
        verdict, new = Verdict(), set[UUID]()
        for facts, alike in known_of(ground, walkers, self.look_up(ground, node, config, walkers)):
            decision = self.decide(node, config, facts, ground.now)
            if isinstance(decision, CallOut):
                new.update(alike)
                decision = WaitFor("call", None, _because(config)) if decision.waits else decision
            verdict.take(alike, decision)
        going = [walker for walker in walkers if walker.id in new]
        if going:
            lack = outgoing.lacks(config.url)
            if lack:
                raise ValueError(f"The address of {node.name} {lack}.")
            outgoing.plan_calls(_errand(ground, node, config), _subjects(ground, going))
        return verdict

    def fields_named(self, config: WebhookConfig) -> frozenset[str]:
        return frozenset(config.own_fields)

    def describe(self, node: Node, config: WebhookConfig, names: Names) -> str:
        if outgoing.lacks(config.url):
            return "No address yet"
        then = "waits until it was answered" if config.waits == "wait" else "goes on at once"
        return f"Calls {_shown_host(config)} and {then}"

    def flaws(self, config: WebhookConfig) -> Iterable[Flaw]:
        lack = outgoing.lacks(config.url)
        if lack:
            yield Flaw("no_address", f"calls an address that {lack}.", "Give it the receiver's address.")
        if not config.event:
            yield Flaw("no_type", "says nothing as its type.", "Give it a type, such as campaign.step.")
        try:
            outgoing.read_fills(config.fills)
        except ValueError as problem:
            yield Flaw("unreadable_fills", f"{problem}.", "Write one a line: score -> lead_score (number).")

    def sample(self, node: Node, config: WebhookConfig, organization: dict[str, str]) -> str:
        """What a test call says: an invented person."""
        errand = _said(
            config, node, {"organization": organization, "campaign": {"id": str(NOBODY), "name": "Test"}}
        )
        person = {name: _EXAMPLES.get(name, "") for name in outgoing.COLUMNS if name in config.columns}
        custom = {"fields": dict.fromkeys(config.own_fields, "Example")} if config.own_fields else {}
        subject = outgoing.Subject(NOBODY, NOBODY, NOBODY, "No Activity", "", clock.now())
        return outgoing.body_of(errand, NOBODY, subject, {"id": str(NOBODY), **person, **custom})


_EXAMPLES = {
    "external_id": "test-1", "email": "ada@example.com", "phone": "+13035550142", "first_name": "Ada",
    "last_name": "Lovelace", "company": "Analytical Engines", "title": "Head of Research", "city": "Denver",
    "state": "Colorado", "country": "US", "timezone": "America/Denver", "source": "Test",
}  # fmt: skip


def _errand(ground: Ground, node: Node, config: WebhookConfig) -> outgoing.Errand:
    said = ground.said_alike()
    around = {
        "organization": {"id": str(ground.organization_id), "name": said.get("organization.name")},
        "campaign": {"id": str(ground.campaign_id), "name": said.get("campaign.name")},
    }
    return _said(config, node, around, ground.campaign_id)


def _said(
    config: WebhookConfig, node: Node, around: dict[str, Any], stream_id: UUID = NOBODY
) -> outgoing.Errand:
    return outgoing.Errand(
        url=config.url,
        type=config.event,
        stream_id=stream_id,
        node_id=node.id,
        around={**around, "step": {"id": node.key, "name": node.name}},
        columns=config.columns,
        custom=config.own_fields,
        key_name=config.key,
        is_awaited=config.waits == "wait",
        fills=outgoing.read_fills(config.fills),
    )


def _subjects(ground: Ground, walkers: Sequence[Walker]) -> list[outgoing.Subject]:
    return [
        outgoing.Subject(step, one.id, one.contact_id, one.status, one.stage, one.entered_at or ground.now)
        for one in walkers
        if (step := one.step())
    ]


def _because(config: WebhookConfig) -> str:
    return f"{_shown_host(config)} is being told and has not answered yet"


def _shown_host(config: WebhookConfig) -> str:
    """The host as people know it: without a usual port."""
    if outgoing.lacks(config.url):
        return "The other system"
    return outgoing.host_of(config.url).removesuffix(":443").removesuffix(":80")
