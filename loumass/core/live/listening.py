"""What one listener is sent: what they asked for and may see, at a pace, with the id of its place."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from loumass.core.live.entries import Entry, Place, merged

BEAT_SECONDS = 10.0
#: So far apart the streams of a process end, so that not all come back in the same moment.
_SPREAD = 0.1
Sieve = Callable[[Sequence[Entry]], Sequence[Entry]]


class Told(NamedTuple):
    """Frames, and the place of the last one."""

    text: str
    place: Place


#: By who hears what of which entries (their first and their last): the entries, and what is told of them.
Shared = dict[tuple[frozenset[str], frozenset[str], int, int], tuple[Sequence[Entry], Told | None]]


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears of which topics and kinds of facts. `sieve` leaves out what is not theirs to see."""

    user_id: str
    topics: frozenset[str]
    kinds: frozenset[str]
    sieve: Sieve | None = None

    def told(self, entries: Sequence[Entry], shared: Shared) -> Told | None:
        """What of `entries` they are told, if anything. Worked out once for all who are told the same."""
        if not entries:
            return None
        of = (self.topics, self.kinds, id(entries[0]), id(entries[-1]))
        if self.sieve is None and (kept := shared.get(of)):
            return kept[1]
        heard = self.heard(entries)
        told = Told("".join(entry.frame for entry in heard), heard[-1].place) if heard else None
        if self.sieve is None and not any(entry.to for entry in entries):
            # With the entries: what is gone may lend its identity to something else.
            shared[of] = entries, told
        return told

    def heard(self, entries: Sequence[Entry]) -> list[Entry]:
        """What of `entries` they are told."""
        wanted = [entry for entry in entries if self._asked_for(entry)]
        if self.sieve is not None and any(entry.kind for entry in wanted):
            wanted = list(self.sieve(wanted))
        return merged(wanted)

    def end_in(self, entries: Sequence[Entry]) -> int | None:
        """Which of `entries` ends their streams, if one does."""
        return next((at for at, entry in enumerate(entries) if entry.ends(self.user_id)), None)

    def _asked_for(self, entry: Entry) -> bool:
        if entry.topic:
            return entry.topic in self.topics
        return entry.kind in self.kinds and (not entry.to or self.user_id in entry.to)


class Reader(Protocol):
    """The news from a place on."""

    place: Place | None

    @property
    def shared(self) -> Shared: ...

    def more(self) -> tuple[bool, Sequence[Entry]]: ...


def frames_for(listener: Listener, reader: Reader, wake: threading.Event, seconds: float) -> Iterator[str]:
    """Frames until about `seconds` have passed; `wake` is set whenever the reader may have more."""
    ends_at = time.monotonic() + seconds * random.uniform(1 - _SPREAD, 1)  # noqa: S311  spreads load, guards nothing
    yield f"retry: {random.randint(200, 700)}\n{_place_of(reader)}\n"  # noqa: S311  the same
    told, has_listened = reader.place, False
    while True:
        wake.clear()
        is_missing, entries = reader.more()
        end = listener.end_in(entries)
        heard = listener.told(entries[:end] if end is not None else entries, reader.shared)
        if is_missing:
            yield f"event: reset\ndata: {{}}\n{_place_of(reader)}\n"
            told = reader.place
        elif heard:
            yield heard.text
            told = heard.place
        if end is not None:
            # What follows is told once rights are proved anew: to go on from here, and not to end here again.
            yield f"id: {entries[end].place.text}\n\n"
        if end is not None or (is_missing and has_listened):
            # Also where something was lost while it listened: that rights changed may be among it.
            return
        now, has_listened = time.monotonic(), True
        if now >= ends_at:
            break
        if not wake.wait(min(BEAT_SECONDS, ends_at - now)):
            yield _beat(reader, told)
            told = reader.place
    if told != reader.place:
        yield _beat(reader, told)


def _beat(reader: Reader, told: Place | None) -> str:
    """A sign of life. Past what was not for this listener, which need not be looked through when it comes back."""
    return f"{_place_of(reader)}\n" if told != reader.place else ": still here\n\n"


def _place_of(reader: Reader) -> str:
    return f"id: {reader.place.text}\n" if reader.place else ""
