"""What every sending kind shares: plan one message, hold until its outcome is known, leave by it.

The outcomes follow the plan: sent leaves by ``next``; skipped, failed for good and cancelled leave by
``failed`` where that is drawn, else by ``next``; in doubt holds until a person or the provider settles it.
Ending on opt-outs and permanent bounces is the exit rule's (``funnels/exits.py``), not this step's.
"""

from collections.abc import Sequence
from datetime import datetime

from loumass.funnels.decisions import FAILED, NEXT, Decision, Go, Send, WaitFor
from loumass.funnels.facts import Facts, MessageOutcome
from loumass.funnels.kinds.base import Branch, Kind, Names
from loumass.funnels.kinds.settings import Settings
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.verdict import Verdict
from loumass.funnels.walking.walker import Walker
from loumass.funnels.words import MEDIA


class SendConfig(Settings):
    """What is said is the node's content; the campaign chooses the sender."""


class Sending(Kind[SendConfig]):
    Config = SendConfig
    tone = "blue"
    group = "Send"

    def branches(self, config: SendConfig) -> tuple[Branch, ...]:
        return (Branch(NEXT, "sent"), Branch(FAILED, "not sent", is_required=False))

    def decide(self, node: Node, config: SendConfig, facts: Facts, now: datetime) -> Decision:
        """Needs ``facts.message``. A node without content raises ValueError: a graph with one is never published."""
        if facts.message is None:
            return self._plan(node)
        if facts.message is MessageOutcome.PENDING:
            return WaitFor("message", None, f"The {MEDIA[self._medium]} is on its way out")
        if facts.message is MessageOutcome.IN_DOUBT:
            return WaitFor(
                "settlement", None, f"In doubt: the provider did not confirm the {MEDIA[self._medium]}"
            )
        if facts.message is MessageOutcome.SENT:
            return Go(NEXT)
        return Go(FAILED, or_else=NEXT)

    def advance(self, ground: Ground, node: Node, config: SendConfig, walkers: Sequence[Walker]) -> Verdict:
        return ground.send(node, walkers)

    def describe(self, node: Node, config: SendConfig, names: Names) -> str:
        says = names.contents.get(node.content_id) if node.content_id else None
        return f"“{says}”" if says else "Nothing written yet"

    def _plan(self, node: Node) -> Send:
        if node.content_id is None:
            raise ValueError(f"Step {node.name} has no content to send.")
        return Send(self._medium, node.content_id)

    @property
    def _medium(self) -> str:
        assert self.medium is not None, "a sending kind names its medium"  # noqa: S101 - a fault of the class
        return self.medium
