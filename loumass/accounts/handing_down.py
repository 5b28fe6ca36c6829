"""News for higher floors, which hand down what is to be done about it when a process starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Listener = Callable[[], None]


class HandedDown:
    """What is done when something of the current organization has changed."""

    def __init__(self) -> None:
        self._listeners: Sequence[Listener] = ()

    def use(self, listeners: Sequence[Listener]) -> None:
        """Take `listeners` for this process."""
        self._listeners = listeners

    def changed(self) -> None:
        """Tell them, in the current transaction."""
        for listener in self._listeners:
            listener()


#: Its clock was set otherwise: who waits for an hour.
HOURS = HandedDown()
#: It keeps other days off: who waits for a day.
DAYS_OFF = HandedDown()
