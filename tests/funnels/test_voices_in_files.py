"""A template's file keeps the voice that speaks a step, and nothing that is no voice comes in by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loumass.funnels import exchange
from loumass.funnels.csv_format import (
    UnreadableTemplate,
    WrittenContent,
    WrittenStep,
    WrittenTemplate,
    read,
    written,
)
from loumass.funnels.seeds import add_written
from tests.voicemail.calls import SPOKEN
from tests.world import World

CALL = WrittenStep("call", "voicemail_drop", "Call", {}, WrittenContent(text="Hi, Maya here.", voice=SPOKEN))
FUNNEL = WrittenTemplate("Calls", start="call", steps=(CALL,))


def test_a_voice_round_trips(world: World) -> None:
    with world.acme.acting():
        made = add_written(read(written(FUNNEL)))
        assert exchange.written_template(made, made.draft_graph_id).steps == FUNNEL.steps


@pytest.mark.parametrize(
    "voice",
    [
        {"id": "x"},
        {"name": "Rachel"},
        SPOKEN | {"steadiness": 101},
        SPOKEN | {"likeness": True},
        SPOKEN | {"model": "theirs"},
        SPOKEN | {"id": "x" * 201},
        {"id": ["x"], "name": "y"},
    ],
)
def test_what_is_no_voice_is_refused_with_its_step(world: World, voice: dict[str, Any]) -> None:
    spoilt = replace(FUNNEL, steps=(replace(CALL, content=WrittenContent(text="Hi", voice=voice)),))
    with (
        world.acme.acting(),
        pytest.raises(UnreadableTemplate, match="voice of the step 'call' cannot be read"),
    ):
        add_written(read(written(spoilt)))


def test_only_voicemail_is_spoken(world: World) -> None:
    text = WrittenStep("text", "sms_send", "Text", {}, WrittenContent(text="Hi", voice=SPOKEN))
    with (
        world.acme.acting(),
        pytest.raises(UnreadableTemplate, match="only what is dropped as voicemail is spoken"),
    ):
        add_written(read(written(replace(FUNNEL, start="text", steps=(text,)))))
