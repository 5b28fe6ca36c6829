"""Answers with forms: sent as text and as HTML, filled, signed and quoted; drafts keep the editor's document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from loumass.core.errors import Refused
from loumass.inbox.formed import appended, formed
from loumass.inbox.models import Draft
from tests.inbox.answering import answer
from tests.inbox.desk import outgoing, replied
from tests.messages.letters import count_of, one
from tests.world import World


def doc(*paragraphs: list[dict[str, Any]]) -> str:
    """A document of paragraphs."""
    return json.dumps(
        {"type": "doc", "content": [{"type": "paragraph", "content": one} for one in paragraphs]}
    )


def said(text: str, *marks: str) -> dict[str, Any]:
    return {"type": "text", "text": text, "marks": [{"type": mark} for mark in marks]}


NAME = {"type": "mergeTag", "attrs": {"name": "contact.first_name", "fallback": ""}}
BOLD = doc([said("Hi "), NAME, said(", "), said("gladly & <soon>", "bold")], [said("Ann")])


@pytest.mark.parametrize("plain", ["", doc([said("Hi "), NAME]), doc([said("One")], [said("Two")])])
def test_what_has_no_form_is_plain_text(plain: str) -> None:
    assert formed(plain) is None


@pytest.mark.parametrize(
    "broken", ["{", "[]", '{"type": "doc", "content": [{"type": "table"}]}', "null", "[" * 5_000]
)
def test_what_is_no_document_is_refused(broken: str) -> None:
    with pytest.raises(Refused):
        formed(broken)


def test_paragraphs_are_put_below(world: World) -> None:
    longer = formed(appended(BOLD, "One\nmore\n\nTwo"))
    assert longer is not None
    assert longer.text.endswith("Ann\n\nOne\nmore\n\nTwo")
    assert (appended("", "x"), appended("{", "x")) == ("", "")


def test_an_answer_with_forms_says_the_same_as_text_and_as_html(world: World) -> None:
    conversation = replied(world, "Count me in")
    agent = world.acme.agent
    text = "Hi {{contact.first_name}}, gladly & <soon>\n\nAnn"
    agent.post(f"/inbox/{conversation.id}/draft", {"kind": "email", "text": text, "doc": BOLD})
    assert json.loads(one(world.acme, Draft).more["doc"]) == json.loads(BOLD)
    refused = answer(world, conversation, text, doc="{")
    assert refused.status_code == 422
    assert one(world.acme, Draft).text == text
    answer(world, conversation, text, doc=BOLD)
    (message,) = outgoing(world)
    assert message.reply_text == "Hi Priya, gladly & <soon>\n\nAnn"
    assert "<b>gladly &amp; &lt;soon&gt;</b>" in message.html
    assert "{{" not in message.html
    assert "Count me in" in message.html
    assert count_of(world.acme, Draft) == 0
    # Typed on after it was sent, and taken back: both, with their forms.
    agent.post(f"/inbox/{conversation.id}/draft", {"kind": "email", "text": "One more"})
    agent.post(f"/inbox/messages/{message.id}/withdrawal")
    kept = formed(one(world.acme, Draft).more["doc"])
    assert kept is not None
    assert kept.text.endswith("Ann\n\nOne more")
    assert "<b>gladly" in kept.html
