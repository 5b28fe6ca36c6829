"""The rule editor inside of a step's form, with the funnel's own steps to choose from.

A step's form includes it with `rule_editor(drawn_rule(...))` of components/rule_editor.html, reads it with
`editor.typed(form, prefix)`, and is saved only when `editor.act_in(form, prefix)` is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import url_for
from werkzeug.datastructures import MultiDict

from loumass.contacts.rules import editor
from loumass.contacts.rules.drawing import Drawn, drawn
from loumass.contacts.rules.predicate import TRIGGER
from loumass.contacts.rules.reading import Complaint, RuleRefused, read
from loumass.content.queries import vocabulary
from loumass.content.voicemail_form import Upload
from loumass.funnels.forms import SETTING, TypedStep, read_step
from loumass.funnels.graph import Graph
from loumass.funnels.graph_view import Shown
from loumass.funnels.kinds import KINDS
from loumass.funnels.kinds.settings import FormField, form_fields
from loumass.funnels.node import Node

RULE = "rule"


def editors_of(shown: Shown, fields: Sequence[FormField], typed: TypedStep) -> dict[str, Drawn]:
    """The editors of a step's form, by setting. What is wrong stands at the question that it is about."""
    return {field.name: _editor_of(shown, field, typed) for field in fields if field.widget == RULE}


def _editor_of(shown: Shown, field: FormField, typed: TypedStep) -> Drawn:
    prefix = f"{SETTING}{field.name}"
    raw = field.value if isinstance(field.value, Mapping) and field.value.get("rules") else editor.new_rule()
    complaints = _complaints(raw) if prefix in typed.errors else ()
    return drawn_rule(shown.row.id, shown.graph, raw, prefix, complaints)


def asked_to_act(node: Node, form: MultiDict[str, str], files: Mapping[str, Upload]) -> TypedStep | None:
    """The step as typed after an act in one of its editors, for browsers without scripts; None where the form is to be saved."""
    kind = KINDS.get(node.kind)
    for field in form_fields(kind.Config, {}) if kind else ():
        prefix = f"{SETTING}{field.name}"
        act = editor.act_in(form, prefix) if field.widget == RULE else ""
        if act and kind:
            typed, _ = read_step(form, kind, vocabulary(), files)
            raw, _ = editor.acted(editor.typed(form, prefix), act)
            return replace(typed, settings={**typed.settings, field.name: raw}, errors={})
    return None


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


def _complaints(raw: Mapping[str, Any]) -> Sequence[Complaint]:
    try:
        read(raw, "enrollment")
    except RuleRefused as refused:
        return refused.complaints
    return ()
