"""What one enrollment does now: a pure function of the node, the facts and the time.

Simulation and property tests run on it; the set-based engine is held against it.
"""

from datetime import datetime

from loumass.funnels.decisions import Decision
from loumass.funnels.facts import Facts
from loumass.funnels.kinds import kind_of
from loumass.funnels.node import Node


def decide(node: Node, facts: Facts, now: datetime) -> Decision:
    """The decision of ``node`` for the enrollment that ``facts`` tell of.

    Raises UnknownKind, pydantic's ValidationError (settings that cannot be read) or ValueError (a wait until
    no date, a send without content); a graph that passed validation raises none of them.
    """
    kind = kind_of(node.kind)
    return kind.decide(node, kind.read(node), facts, now)
