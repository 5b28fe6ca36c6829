"""An organization keeps other days off. Who waits for a day lives on higher floors, which hand down what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Listener = Callable[[], None]
_listeners: Sequence[Listener] = ()


def use(listeners: Sequence[Listener]) -> None:
    """Take `listeners` for this process."""
    global _listeners  # noqa: PLW0603  one process, one set of listeners
    _listeners = listeners


def changed() -> None:
    """Tell them, in the current transaction, that the current organization's days off are others now."""
    for listener in _listeners:
        listener()
