"""The log of an organization's latest news: a Redis stream whose ids are `<epoch>-<number>`, without a gap within an epoch.

A new epoch begins where something may be missing: the stream was lost or is another server's, or whoever committed did not
come to write down what. Places of an older epoch then say by themselves that pages have to look anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast
from uuid import UUID

from redis import Redis

from loumass.core.live import entries
from loumass.core.live.entries import Entry, Place

#: So many are kept, and none longer than this after the last one.
KEPT, KEPT_SECONDS = 2_000, 15 * 60
#: Whoever promised news and told nothing for so long died in between. Delivery promises before it waits for a mail server.
PROMISED_SECONDS = 120
_PROMISES_SECONDS = 3600
#: Before an organization's id. Another word than releases before this one used, which could not read several lines at once: they
#: look into the log instead, as this one does for what they say.
SAID = "news:"

_NEXT = """
    local function now() local t = redis.call('TIME'); return t[1] * 1000 + math.floor(t[2] / 1000) end
    local function last(key)
        local found = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
        if not found then return nil end
        local epoch, number = string.match(found[1], '^(%d+)%-(%d+)$')
        return {tonumber(epoch), tonumber(number)}
    end
    local said = {}
    local function add(key, kept, epoch, number, what)
        local id = string.format('%.0f-%.0f', epoch, number)
        redis.call('XADD', key, 'MAXLEN', '~', kept, id, 'e', what)
        said[#said + 1] = id .. ' ' .. what
    end
    local function begin(key, kept)
        local at, before = now(), last(key)
        if before and at <= before[1] then at = before[1] + 1 end
        add(key, kept, at, 0, '')
        return {at, 0}
    end
    local function say(channel)
        if #said > 0 then redis.call('PUBLISH', channel, table.concat(said, '\\n')) end
    end
"""
#: KEYS: log, promises. ARGV: channel, kept, seconds, token, whether something is missing before this, the news.
_APPEND = f"""{_NEXT}
    local here = last(KEYS[1])
    if not here or ARGV[5] == '1' then here = begin(KEYS[1], ARGV[2]) end
    for i = 6, #ARGV do
        here[2] = here[2] + 1
        add(KEYS[1], ARGV[2], here[1], here[2], ARGV[i])
    end
    say(ARGV[1])
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    redis.call('ZREM', KEYS[2], ARGV[4])
    return string.format('%.0f-%.0f', here[1], here[2])
"""
#: KEYS: log, promises, server. ARGV: channel, kept, seconds, patience, which server this is.
_ENTER = f"""{_NEXT}
    local here = last(KEYS[1])
    local broken = redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', redis.call('TIME')[1] - ARGV[4])
    local server = redis.call('GET', KEYS[3])
    if not here or broken > 0 or (server and server ~= ARGV[5]) then here = begin(KEYS[1], ARGV[2]) end
    redis.call('SET', KEYS[3], ARGV[5], 'EX', ARGV[3])
    say(ARGV[1])
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    local first = redis.call('XRANGE', KEYS[1], string.format('%.0f-0', here[1]), '+', 'COUNT', 1)[1][1]
    return {{first, string.format('%.0f-%.0f', here[1], here[2])}}
"""
_PROMISE = (
    "redis.call('ZADD', KEYS[1], redis.call('TIME')[1], ARGV[1]); redis.call('EXPIRE', KEYS[1], ARGV[2])"
)


class Bounds(NamedTuple):
    """The first and the last place of the present epoch that are kept."""

    first: Place
    last: Place


class Log:
    """The logs of all organizations. Every call raises RedisError while the store is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._append, self._enter = redis.register_script(_APPEND), redis.register_script(_ENTER)
        self._promise = redis.register_script(_PROMISE)

    def promise(self, organization_id: UUID, token: str) -> None:
        """Say that news is about to be committed: if nothing follows, something is missing."""
        self._promise(keys=[_promises(organization_id)], args=[token, _PROMISES_SECONDS])

    def append(self, organization_id: UUID, token: str, news: Sequence[str], *, is_incomplete: bool) -> None:
        """Write down what was promised, and tell whoever listens. `is_incomplete`: some before it could not be written."""
        self._append(
            keys=[_log(organization_id), _promises(organization_id)],
            args=[channel_of(organization_id), KEPT, KEPT_SECONDS, token, int(is_incomplete), *news],
        )

    def enter(self, organization_id: UUID, server: str) -> Bounds:
        """Where the log begins and ends now. A new epoch begins where it has to."""
        found = self._enter(
            keys=[_log(organization_id), _promises(organization_id), _server(organization_id)],
            args=[channel_of(organization_id), KEPT, KEPT_SECONDS, PROMISED_SECONDS, server],
        )
        first, last = (cast(Place, Place.read(one.decode())) for one in cast("list[bytes]", found))
        return Bounds(first, last)

    def after(self, organization_id: UUID, place: Place) -> list[tuple[Place, Entry | None]]:
        """What follows `place` within its epoch."""
        rows: Any = self._redis.xrange(_log(organization_id), f"({place.text}", f"{place.epoch}-{2**63}")
        return [read_at(key.decode(), values[b"e"].decode()) for key, values in rows]

    def server(self) -> str:
        """Which run of which server answers."""
        return str(cast("dict[str, Any]", self._redis.info("server"))["run_id"])


def channel_of(organization_id: UUID) -> str:
    """Where it is said that the log grows: all of a commit at once, for whoever listens is woken once for it."""
    return f"{SAID}{organization_id}"


def read_all(said: str) -> list[tuple[Place, Entry | None]]:
    """The lines of the log in what was said."""
    lines = (line.partition(" ") for line in said.split("\n"))
    return [read_at(place, written) for place, _, written in lines]


def read_at(place: str, written: str) -> tuple[Place, Entry | None]:
    """A line of the log."""
    at = cast(Place, Place.read(place))
    return at, entries.read(at, written)


# One organization's keys lie together, also where the store is a cluster.
def _log(organization_id: UUID) -> str:
    return f"live:{{{organization_id}}}:log"


def _promises(organization_id: UUID) -> str:
    return f"live:{{{organization_id}}}:promised"


def _server(organization_id: UUID) -> str:
    return f"live:{{{organization_id}}}:server"
