"""What was paused for two weeks asks before anything past due goes out, and then goes on exactly where it stood."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.stories.browsing import Page
from tests.stories.cast import Bdr
from tests.stories.funnels import funnel, pause, step
from tests.stories.sample import MAILED, TEXTED
from tests.world import World

PEOPLE = {"e-mail": MAILED, "text": TEXTED}


def two_messages(rosa: Bdr, medium: str) -> Page:
    """A campaign of two messages with three days between them; the first has gone, and it is paused."""
    kind, words = ("email_send", {"subject": "{}"}) if medium == "e-mail" else ("sms_send", {})
    first, second = ({**{k: v.format(n) for k, v in words.items()}, "text": f"Message {n}"} for n in (1, 2))
    rosa.imports_template(
        funnel("Two messages", step("one", kind, **first), pause("rest", 3), step("two", kind, **second), step("over", "end"))
    )  # fmt: skip
    campaign = rosa.runs("Two messages", "Spring dinner")
    rosa.world.later(hours=1)
    rosa.get(campaign.path).send("/pause")
    return campaign


def sent(rosa: Bdr, medium: str) -> Counter[tuple[str, str]]:
    """How often who got which message."""
    if medium == "text":
        return Counter((one["To"], one["Body"].partition("\n")[0]) for one in rosa.vendors.texts)
    return Counter((str(one["To"]), str(one["Subject"])) for one in rosa.vendors.letters)


@pytest.mark.parametrize("medium", ["e-mail", "text"])
def test_nothing_past_due_goes_out_before_somebody_has_said_how(
    world: World, listed: Bdr, medium: str
) -> None:
    campaign = two_messages(listed, medium)
    firsts = sent(listed, medium)
    assert len(firsts) == PEOPLE[medium]
    world.later(days=14)
    assert sent(listed, medium) == firsts
    asked = listed.get(campaign.path).send("/resume")
    assert "became due while it was paused" in asked.text
    world.later(hours=1)
    assert sent(listed, medium) == firsts, "asking sends nothing"
    asked.send("/resume", "Resume campaign", what="spread", hours="4")
    world.later(minutes=5)
    assert len(firsts) <= len(sent(listed, medium)) < 1.5 * len(firsts)
    for _ in range(5):
        world.later(hours=1)
    everything = sent(listed, medium)
    assert set(everything.values()) == {1}
    assert len(everything) == 2 * len(firsts)
