"""The rule editor inside of a step's form: one for each setting that is a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import request, url_for

from loumass.contacts.rules import editor
from loumass.contacts.rules.drawing import Drawn, drawn
from loumass.contacts.rules.predicate import TRIGGER
from loumass.contacts.rules.reading import Complaint, RuleRefused, read
from loumass.content.queries import vocabulary
from loumass.funnels.forms import SETTING, TypedStep, read_step
from loumass.funnels.graph_view import Shown
from loumass.funnels.kinds import KINDS
from loumass.funnels.kinds.settings import FormField, form_fields
from loumass.funnels.node import Node

RULE = "rule"


def editors_of(shown: Shown, fields: Sequence[FormField], typed: TypedStep) -> dict[str, Drawn]:
    """The editors of a step's form, by setting."""
    return {
        field.name: draw(shown, field.name, field.value, is_wrong=f"{SETTING}{field.name}" in typed.errors)
        for field in fields
        if field.widget == RULE
    }


def draw(shown: Shown, name: str, raw: Any, *, is_wrong: bool = False, focus: str = "") -> Drawn:
    """One editor. What is wrong stands at the question that it is about."""
    rule = raw if isinstance(raw, Mapping) and raw.get("rules") else editor.new_rule()
    return drawn(
        rule,
        prefix=f"{SETTING}{name}",
        url=url_for("graphs.edit_rule", graph_id=shown.row.id, setting=name),
        scope="enrollment",
        complaints=_complaints(rule) if is_wrong else (),
        offers={"step": _steps(shown)},
        focus=focus,
    )


def after_act(shown: Shown, name: str) -> Drawn:
    """The editor of the setting after the act that was asked for: a question more, one less, another in its place."""
    prefix = f"{SETTING}{name}"
    raw, focus = editor.acted(editor.typed(request.form, prefix), editor.act_in(request.form, prefix))
    return draw(shown, name, raw, focus=focus)


def asked_to_act(shown: Shown, node: Node) -> TypedStep | None:
    """The step as typed after an act in one of its editors, for browsers without scripts; None where the form is to be saved."""
    kind = KINDS.get(node.kind)
    for field in form_fields(kind.Config, {}) if kind else ():
        prefix = f"{SETTING}{field.name}"
        act = editor.act_in(request.form, prefix) if field.widget == RULE else ""
        if act and kind:
            typed, _ = read_step(request.form, kind, vocabulary(), request.files)
            raw, _ = editor.acted(editor.typed(request.form, prefix), act)
            return replace(typed, settings={**typed.settings, field.name: raw}, errors={})
    return None


def _complaints(raw: Mapping[str, Any]) -> Sequence[Complaint]:
    try:
        read(raw, "enrollment")
    except RuleRefused as refused:
        return refused.complaints
    return ()


def _steps(shown: Shown) -> list[tuple[str, str]]:
    """Which message a question may be about."""
    sends = [(node.key, node.name) for node in shown.graph.nodes if _sends(node.kind)]
    return [("", "any message"), *sends, (TRIGGER, "the message that started this")]


def _sends(kind: str) -> bool:
    return kind in KINDS and KINDS[kind].medium is not None
