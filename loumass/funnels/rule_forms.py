"""The rule editor inside of a step's form, with the funnel's own steps to choose from.

A step's form includes it with `rule_editor(drawn_rule(...))` of components/rule_editor.html, reads it with
`editor.typed(request.form, prefix)`, and is saved only when `editor.act_in(request.form, prefix)` is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import url_for

from loumass.contacts.rules.drawing import Drawn, drawn
from loumass.contacts.rules.predicate import TRIGGER
from loumass.contacts.rules.reading import Complaint
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import KINDS


def drawn_rule(
    graph_id: UUID,
    graph: Graph,
    raw: Mapping[str, Any],
    prefix: str,
    complaints: Sequence[Complaint] = (),
    focus: str = "",
) -> Drawn:
    """The editor of a rule about walks through `graph`. `raw` as kept or as typed, `complaints` of a `RuleRefused`."""
    return drawn(
        raw,
        prefix=prefix,
        url=url_for("graphs.edit_rule", graph_id=graph_id, prefix=prefix),
        scope="enrollment",
        complaints=complaints,
        offers={"step": _messages_of(graph)},
        focus=focus,
    )


def _messages_of(graph: Graph) -> list[tuple[str, str]]:
    """The messages that a question may be about: any, the one that started the walk, and each sending step's."""
    sending = [
        (node.key, f"“{node.name}”") for node in graph.nodes if node.kind in KINDS and KINDS[node.kind].medium
    ]
    return [
        ("", "any message of this campaign"),
        (TRIGGER, "the message that started this"),
        *sending,
    ]
