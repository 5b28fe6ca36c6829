"""Two slices at a time: whoever is called helps, has a session of its own, and what either raises is told."""

from __future__ import annotations

from threading import get_ident

import pytest

from loumass.campaigns.advancing.hands import Call, Hands
from loumass.core.database import session_at_work
from loumass.core.tenancy import current_organization_id, serving, transaction
from tests.world import World


def test_the_other_hand_comes_when_called_for_the_same_organization_in_a_session_of_its_own(
    world: World,
) -> None:
    seen: list[tuple[int, object, object]] = []

    def work(call: Call) -> int:
        with transaction() as session:
            call()
            call()
            seen.append((get_ident(), current_organization_id(), session))
        return len(seen)

    with serving(world.acme.id):
        assert sorted(Hands[int]().both(work)) == [1, 2]
    (one, first, mine), (other, second, theirs) = seen
    assert first == second == world.acme.id
    assert one != other
    assert mine is not theirs
    assert session_at_work.get() is None


def test_nobody_called_nobody_comes() -> None:
    assert Hands[str]().both(lambda call: "alone") == ["alone"]


@pytest.mark.parametrize("who", ["the first", "the second"])
def test_what_either_raises_is_told_after_both_have_ended(who: str) -> None:
    ended: list[str] = []

    def work(call: Call) -> None:
        name = "the second" if call.__name__ == "_nobody" else "the first"
        call()
        ended.append(name)
        if name == who:
            raise ValueError(name)

    with pytest.raises(ValueError, match=who):
        Hands[None]().both(work)
    assert sorted(ended) == ["the first", "the second"]
