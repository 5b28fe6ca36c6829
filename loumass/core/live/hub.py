"""One ear per process: a single subscription hears of every organization, and whoever streams reads what it keeps.

Nothing is queued for anybody: the latest news of an organization is kept once, a listener has its place in it, and is woken.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import structlog
from redis import Redis
from redis.client import PubSub
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer

from loumass.core.live.entries import ENDS, Entry, Place
from loumass.core.live.listening import Listener, Shared, frames_for
from loumass.core.live.log import SAID, Log, channel_of, read_all
from loumass.core.live.waiting import Waiting

HEARTBEAT_SECONDS = 10.0
#: So many of an organization's news are kept here; who is further behind reads the log.
HELD = 500
#: How far back, before it was drawn, a page is told again to look: it may have been drawn while something happened.
OVERLAP_SECONDS = 10.0
#: Between the proof of rights and the place where a stream begins passes less, also by another machine's clock.
PROVED_SECONDS = 3.0
#: How often the log is asked whether somebody died with a promise, while anybody listens.
LOOKED_SECONDS = 10.0
#: An organization to which nobody listens any more is forgotten after so long.
_FORGOTTEN_SECONDS = 60.0
#: So many pings in a row without an answer (one in 30 s of silence): the server hangs.
_UNANSWERED = 2
log = structlog.get_logger("live")
Lines = list[tuple[Place, Entry | None]]


class Missing(Exception):
    """What follows a place is not known any more."""


class Channel:
    """What is kept of one organization's news, and who waits for more."""

    def __init__(self, organization_id: UUID) -> None:
        self.organization_id = organization_id
        self.lines: Lines = []
        #: The last place that is known; None until the log was read.
        self.last: Place | None = None
        self.looked_at, self.heard_at = float("-inf"), time.monotonic()
        self.lock = threading.Lock()
        self.waiting = Waiting()
        #: What is told of the latest news, until more comes.
        self.shared: Shared = {}

    def take(self, lines: Lines) -> bool:
        """Keep what follows; False where something lies between."""
        for place, entry in lines:
            if self.last is None or place.epoch != self.last.epoch or place.number > self.last.number + 1:
                return False
            if place.number > self.last.number:
                # A new list now and then, so that whoever reads the old one is not disturbed.
                self.lines = [*self.lines[-HELD:]] if len(self.lines) > 2 * HELD else self.lines
                self.lines.append((place, entry))
                self.last = place
        self.shared = {}
        self.waiting.wake(entry for _, entry in lines)
        return True

    def begin(self, last: Place) -> None:
        """Nothing before `last` is kept."""
        self.lines, self.last, self.shared = [], last, {}
        self.waiting.wake_all()


class Hub:
    """The ear of this process."""

    def __init__(self, redis: Redis) -> None:
        self.redis, self.log = redis, Log(redis)
        self.channels: dict[str, Channel] = {}
        self.server = ""
        self.started = False
        self.lock = threading.Lock()
        self.is_closed = threading.Event()

    def listen(
        self, organization_id: UUID, listener: Listener, after: str | None, seconds: float, drawn: float = 0.0
    ) -> Iterator[str]:
        """Server-Sent Event frames for `listener`, cut after about `seconds`: from `after` on (an event's id), else from now on,
        with the topics of what happened since a page was drawn, so many seconds ago."""
        channel, wake = self._channel(organization_id), threading.Event()
        channel.waiting.enter(wake, listener)
        try:
            yield from frames_for(listener, _Reader(self, channel, after, drawn), wake, seconds)
        finally:
            channel.waiting.leave(wake)
            channel.heard_at = time.monotonic()

    def place(self, organization_id: UUID) -> str:
        """An event's id from which on a page that is drawn now has to hear; empty where this process hears nothing of the
        organization yet. Asks nobody."""
        channel = self.channels.get(channel_of(organization_id))
        return channel.last.text if channel is not None and channel.last is not None else ""

    def after(self, channel: Channel, place: Place) -> Lines:
        """What follows `place`. Raises Missing."""
        if _is_beyond(place, channel.last):
            # Another process may have heard it before this one does.
            self.look(channel)
        lines, last = channel.lines, channel.last
        if last is None or _is_beyond(place, last):
            raise Missing
        if place == last:
            return []
        if not lines or place.number < lines[0][0].number - 1:
            lines = self._older(channel, place)
        behind = place.number - lines[0][0].number + 1
        return lines[max(behind, 0) :]

    def _older(self, channel: Channel, place: Place) -> Lines:
        try:
            lines = self.log.after(channel.organization_id, place)
        except RedisError as problem:
            raise Missing from problem
        if not lines or lines[0][0].number != place.number + 1:
            raise Missing
        return lines

    def _channel(self, organization_id: UUID) -> Channel:
        self._start()
        with self.lock:
            channel = self.channels.setdefault(channel_of(organization_id), Channel(organization_id))
        channel.heard_at = time.monotonic()
        self.look(channel, every=LOOKED_SECONDS)
        return channel

    def look(self, channel: Channel, *, every: float = 0.0) -> None:
        """Read what the log has and this process has not heard, unless somebody did so within `every` seconds."""
        if time.monotonic() - channel.looked_at < every:
            return
        with channel.lock:
            if time.monotonic() - channel.looked_at < every:
                return
            try:
                first, last = self.log.enter(channel.organization_id, self._server())
                if channel.last is None:
                    channel.begin(first._replace(number=max(first.number - 1, last.number - HELD, 0)))
                elif (
                    channel.last.epoch != last.epoch
                    or not first.number - 1 <= channel.last.number <= last.number
                ):
                    channel.begin(last)
                if channel.last != last:
                    channel.take(self.log.after(channel.organization_id, cast(Place, channel.last)))
                # Not before: who comes meanwhile waits for it, and knows then where the log ends.
                channel.looked_at = time.monotonic()
            except RedisError as problem:
                log.debug("live.unread", problem=str(problem))

    def _server(self) -> str:
        self.server = self.server or self.log.server()
        return self.server

    def _start(self) -> None:
        with self.lock:
            if not self.started:
                self.started = True
                threading.Thread(target=self._subscribe, name="live", daemon=True).start()

    def close(self) -> None:
        """Hear nothing more, from the next word or heartbeat on."""
        self.is_closed.set()

    def _subscribe(self) -> None:
        is_lost = False
        while not self.is_closed.is_set():
            try:
                subscriber = self.redis.pubsub()
                subscriber.psubscribe(f"{SAID}*")
                for item in _heard(subscriber):
                    if self.is_closed.is_set():
                        break
                    if item is None:
                        self._forget()
                    elif item["type"] == "psubscribe":
                        is_lost, self.server = False, self.log.server()
                        self._look_everywhere()
                    elif item["type"] == "pmessage":
                        self._deliver(item["channel"].decode(), item["data"].decode())
                subscriber.close()
            except RedisError as problem:
                # Once for each time that it goes, not once for each try.
                if not is_lost and not self.is_closed.is_set():
                    log.warning("live.lost", problem=str(problem))
                is_lost = True
                self.is_closed.wait(1)

    def _look_everywhere(self) -> None:
        """What was said before this process could hear is read; what cannot be is missing."""
        for channel in list(self.channels.values()):
            self.look(channel)

    def _deliver(self, name: str, said: str) -> None:
        channel = self.channels.get(name)
        if channel is None or channel.last is None:
            return
        with channel.lock:
            is_next = channel.take(read_all(said))
        if not is_next:
            self.look(channel)

    def _forget(self) -> None:
        before = time.monotonic() - _FORGOTTEN_SECONDS
        with self.lock:
            for name, channel in list(self.channels.items()):
                if not channel.waiting and channel.heard_at < before:
                    del self.channels[name]


class _Reader:
    """What one listener reads, from its place on."""

    def __init__(self, hub: Hub, channel: Channel, after: str | None, drawn: float) -> None:
        self._hub, self._channel = hub, channel
        #: None also for what no stream of ours ever said: then something may be missing.
        self.place = Place.read(after) if after is not None else channel.last
        self._lately = _lately(channel, drawn + OVERLAP_SECONDS) if after is None else ()

    @property
    def shared(self) -> Shared:
        """What listeners of the same have been told of the latest."""
        return self._channel.shared

    def more(self) -> tuple[bool, Sequence[Entry]]:
        """Whether something is missing before it, and what has come."""
        lately, self._lately = self._lately, ()
        self._hub.look(self._channel, every=LOOKED_SECONDS)
        if self._channel.last is None:
            return False, lately
        try:
            if self.place is None:
                raise Missing
            lines = self._hub.after(self._channel, self.place)
        except Missing:
            self.place = self._channel.last
            return True, ()
        if lines:
            self.place = lines[-1][0]
        return False, [*lately, *(entry for _, entry in lines if entry is not None)]


def _is_beyond(place: Place, last: Place | None) -> bool:
    return last is None or place.epoch != last.epoch or place.number > last.number


def _lately(channel: Channel, seconds: float) -> Sequence[Entry]:
    """Topics of so many seconds; then whose streams ended, in case that it was after rights were proved for this one: it begins
    anew where the log ends."""
    now, last = time.time(), channel.last
    entries = [entry for _, entry in channel.lines[-HELD:] if entry is not None]
    topics = [one.again() for one in entries if one.topic and one.at >= now - seconds]
    ends = [one for one in entries if one.kind == ENDS and one.at >= now - PROVED_SECONDS]
    return topics + [replace(one, place=last) for one in ends if last]


def _heard(subscriber: PubSub) -> Iterator[dict[str, Any] | None]:
    """What the subscriber hears, None in silence. Raises RedisError, also when its server does not answer any more."""
    while subscriber.health_check_response_counter < _UNANSWERED:
        yield subscriber.get_message(timeout=HEARTBEAT_SECONDS)
    raise NoAnswer("Redis takes questions and does not answer.")
