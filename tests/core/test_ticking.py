"""How often the clock looks at what is due, and at what is done at regular times."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from loumass import ticker
from loumass.core.database import engine


@dataclass
class Watch:
    """Time that passes only while the clock process rests; it is told to stop after two seconds."""

    now: float = 100.0
    rests: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return self.now >= 102.0

    def wait(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.now += seconds


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("rung", "looks", "pulses", "rests"),
    [(0, 6, 2, [0.25] * 8), (ticker.MUCH, 0, 2, [1.0] * 2)],
    ids=["little is due", "workers are behind"],
)
def test_the_agenda_is_looked_at_more_often_than_the_clock_strikes(
    monkeypatch: pytest.MonkeyPatch, rung: int, looks: int, pulses: int, rests: list[float]
) -> None:
    watch, done = Watch(), list[str]()
    monkeypatch.setattr(ticker, "_stop", watch)
    monkeypatch.setattr(ticker, "time", watch)
    monkeypatch.setattr(ticker, "tick", lambda _: done.append("pulse") or rung)
    monkeypatch.setattr(ticker, "ring_due", lambda *_: done.append("look") or rung)
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        ticker._tick_while_locked(connection)
    assert (done.count("look"), done.count("pulse"), watch.rests) == (looks, pulses, rests)
