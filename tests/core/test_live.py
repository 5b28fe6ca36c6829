"""News of an organization: in order and whole after a reconnect, or it is said that something may be missing."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis import Redis
from sqlalchemy.exc import DBAPIError

from loumass import embedded
from loumass.config import Settings
from loumass.core import keyvalue, live
from loumass.core.live import door, entries, hub, log, news, waiting
from loumass.core.live.entries import Place
from loumass.core.live.hub import Hub
from loumass.core.live.listening import Listener
from loumass.core.live.log import Log
from tests.waiting import MOST_SECONDS, until
from tests.world import World

SOMEBODY = Listener("u", frozenset({"inbox"}), frozenset({"message.replied", "message.sent"}))


class Browser(threading.Thread):
    """Listens until it has enough; says where it was, as browsers do when they come back."""

    def __init__(self, hub: Hub, organization_id: UUID, after: str | None = None, enough: int = 1) -> None:
        super().__init__(daemon=True)
        self.heard: list[tuple[str, Any]] = []
        self.place = after or ""
        self.began = threading.Event()
        self._frames = hub.listen(organization_id, SOMEBODY, after, MOST_SECONDS)
        self._enough = enough
        self.start()
        assert self.began.wait(MOST_SECONDS)

    def run(self) -> None:
        for chunk in self._frames:
            for block in chunk.split("\n\n"):
                lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
                if "event" in lines:
                    self.heard.append((lines["event"], json.loads(lines["data"])))
                self.place = lines.get("id", self.place)
            self.began.set()
            if len(self.heard) >= self._enough:
                break
        self._frames.close()  # pyright: ignore[reportAttributeAccessIssue]  a generator

    def all(self) -> list[tuple[str, Any]]:
        self.join(MOST_SECONDS)
        assert not self.is_alive()
        return self.heard


@pytest.fixture
def redis(settings: Settings) -> Redis:
    return Redis.from_url(settings.redis_url)


@pytest.fixture
def ears(redis: Redis) -> Iterator[Callable[[], Hub]]:
    """Ears of as many processes as a test wants. None of them listens when Redis goes."""
    opened: list[Hub] = []

    def another() -> Hub:
        opened.append(Hub(redis))
        return opened[-1]

    yield another
    for one in opened:
        one.close()


@pytest.fixture
def ear(ears: Callable[[], Hub]) -> Hub:
    return ears()


def say(redis: Redis, organization_id: UUID, *texts: str, is_incomplete: bool = False) -> None:
    Log(redis).append(organization_id, "", [_reply(one) for one in texts], is_incomplete=is_incomplete)


def _reply(text: str) -> str:
    [one] = entries.facts("message.replied", [{"contact_id": text}])
    return one


def told(heard: list[tuple[str, Any]]) -> list[str]:
    return [said.get("contact_id", event) for event, said in heard]


def test_a_reconnect_in_the_middle_of_a_burst_misses_nothing_and_repeats_nothing(
    redis: Redis, ear: Hub, ears: Callable[[], Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SHORTEST_REST_SECONDS", 0.0)
    monkeypatch.setattr(waiting, "REST_SECONDS", 0.0)
    ours, theirs, heard, place = uuid4(), uuid4(), [], None
    began = threading.Event()

    def burst() -> None:
        began.wait(MOST_SECONDS)
        for n in range(300):
            say(redis, ours, str(n))
            say(redis, theirs, f"theirs {n}")

    writer = threading.Thread(target=burst)
    writer.start()
    while len(heard) < 300:
        # Another process answers each time that the browser comes back.
        answers = ear if len(heard) % 2 else ears()
        browser = Browser(answers, ours, place, enough=min(7, 300 - len(heard)))
        began.set()
        heard += told(browser.all())
        if answers is not ear:
            answers.close()
        place = browser.place
    writer.join()
    assert heard == [str(n) for n in range(300)]


def test_what_is_too_old_forged_or_lost_is_told_as_a_reset(
    redis: Redis, ear: Hub, ears: Callable[[], Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = uuid4()
    say(redis, ours, "a", "b")
    last = Log(redis).enter(ours, redis.info("server")["run_id"]).last  # pyright: ignore[reportIndexIssue]
    forged = [
        "1-1",
        "x",
        "-",
        "9" * 30,
        f"{last.epoch}-{last.number + 1}",
        f"{last.epoch + 1}-1",
        "٣-٣",
        "1-2-3",
    ]
    for place in forged:
        browser = Browser(ear, ours, place)
        assert (browser.all(), browser.place) == ([("reset", {})], last.text), place
    assert told(Browser(ear, ours, f"{last.epoch}-1").all()) == ["b"]
    # Older than what is kept.
    monkeypatch.setattr(log, "KEPT", 100)
    say(redis, ours, *map(str, range(500)))
    other = ears()
    assert Browser(other, ours, f"{last.epoch}-1").all() == [("reset", {})]
    # Longer ago than it is kept, or by a server without memory.
    redis.delete(log._log(ours))
    other.look(other.channels[log.channel_of(ours)])
    assert Browser(other, ours, f"{last.epoch}-2").all() == [("reset", {})]


def test_whoever_promised_and_died_or_could_not_write_is_not_silent(
    redis: Redis, ear: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = uuid4()
    server = redis.info("server")["run_id"]  # pyright: ignore[reportIndexIssue]
    say(redis, ours, "a")
    before = Log(redis).enter(ours, server).last
    Log(redis).promise(ours, "killed between its commit and its news")
    assert Log(redis).enter(ours, server).last == before
    monkeypatch.setattr(log, "PROMISED_SECONDS", -1)
    assert Browser(ear, ours, before.text).all() == [("reset", {})]
    monkeypatch.undo()
    after = Log(redis).enter(ours, server).last
    assert Log(redis).enter(ours, server).last == after, "once"
    say(redis, ours, "b", is_incomplete=True)
    heard = Browser(ear, ours, after.text).all()
    assert heard == [("reset", {})]
    # Another server, or the same from an old copy of its memory.
    last = Log(redis).enter(ours, server).last
    assert Log(redis).enter(ours, "another run").last.epoch > last.epoch


def test_a_server_that_comes_back_empty_resets_who_listens_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, ours = Path(tempfile.mkdtemp(dir="/tmp")), uuid4()
    monkeypatch.setattr(news, "_owed", set())
    # Put back: whoever is tested next in this process tells its news to a server that is there.
    monkeypatch.setattr(news, "_log", None)
    try:
        with embedded.redis(folder) as server:
            client = keyvalue.connect(server.url)
            news.use(client)
            ear = Hub(client)
            browser = Browser(ear, ours, enough=9)
            _tell(ours, "a")
            until(lambda: browser.heard, "the first is heard")
        _tell(ours, "lost")
        for left in folder.rglob("*.rdb"):
            left.unlink()
        with embedded.redis(folder) as server:
            until(lambda: len(browser.heard) == 2 or _tell(ours), "something is said to be missing")
            _tell(ours, "b")
            assert told(browser.all()) == ["a", "reset"], "it ends: that rights changed may be lost as well"
            assert told(Browser(ear, ours, browser.place).all()) == ["b"]
            ear.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tell(organization_id: UUID, *texts: str) -> None:
    """As a commit does."""
    one = news._News(organization_id)
    one.facts["message.replied"] = [{"contact_id": text} for text in texts]
    news._promise(one)
    news._write_down(one)


def test_a_stream_that_begins_with_a_reset_goes_on_since_its_rights_were_just_proved(
    redis: Redis, ear: Hub
) -> None:
    ours = uuid4()
    browser = Browser(ear, ours, "1-1", enough=2)
    until(lambda: browser.heard, "it is told that something may be missing")
    say(redis, ours, "a")
    assert told(browser.all()) == ["reset", "a"]


def test_what_comes_while_listeners_rest_is_told_together(
    redis: Redis, ear: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = uuid4()
    quick, slow = Browser(ear, ours, enough=41), ear.listen(ours, SOMEBODY, None, MOST_SECONDS)
    next(slow)
    monkeypatch.setattr(waiting, "REST_SECONDS", 3600.0)
    say(redis, ours, "first")
    until(lambda: quick.heard, "the first is told at once")
    channel = ear.channels[log.channel_of(ours)]
    for n in range(40):
        say(redis, ours, str(n))
    until(lambda: channel.last and channel.last.number >= 41, "this process has heard all of it")
    assert len(quick.heard) == 1
    channel.waiting._wake_now()
    assert told(quick.all()) == ["first", *map(str, range(40))]
    assert next(slow).count("event: ") == 41


def test_all_that_a_commit_tells_is_heard_in_one_piece(redis: Redis, ear: Hub) -> None:
    ours = uuid4()
    frames = ear.listen(ours, SOMEBODY, None, MOST_SECONDS)
    next(frames)
    until(lambda: ear.server, "this process hears")
    say(redis, ours, "a", "b", "c")
    assert next(frames).count("event: ") == 3


def test_news_is_told_after_the_commit_and_never_without(
    world: World, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[UUID, str]] = []

    class Loudspeaker:
        def promise(self, organization_id: UUID, token: str) -> None:
            said.append((organization_id, "promised"))

        def append(self, organization_id: UUID, token: str, told: list[str], *, is_incomplete: bool) -> None:
            said.extend((organization_id, json.loads(one).get("t") or json.loads(one)["k"]) for one in told)

    monkeypatch.setattr(news, "_log", Loudspeaker())
    with world.acme.acting() as session:
        live.announce("inbox")
        live.tell("message.replied", contact_id=uuid4())
        live.tell("contact.created", contact_id=uuid4())
        session.connection()
        assert said == []
        session.rollback()
        live.announce("inbox")
        live.announce("inbox")
        live.tell("message.replied", contact_id=uuid4())
        session.connection()
        session.commit()
        assert said == [(world.acme.id, one) for one in ("promised", "message.replied", "inbox")]
        live.announce("inbox")
        with pytest.raises(DBAPIError):
            session.connection().exec_driver_sql("SELECT 1 / 0")
        session.rollback()
        session.commit()
    assert len(said) == 3
    later = live.Later("message.sent", world.acme.id)
    later.tell("inbox")
    later.promise()
    later.promise()
    later.note([{"campaign_id": world.acme.id}] * 50)
    later.tell("inbox", every=1)
    later.promise()
    later.tell("inbox", every=3600)
    assert [one for _, one in said[3:]] == ["promised", "message.sent", "inbox", "promised"]


def test_a_page_that_was_just_drawn_is_told_to_look_again_and_no_fact_twice(
    redis: Redis, ear: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = uuid4()
    Log(redis).append(
        ours, "", [entries.topic("inbox"), _reply("old"), entries.topic("inbox")], is_incomplete=False
    )
    browser = Browser(ear, ours)
    assert browser.all() == [("inbox", "inbox")]
    monkeypatch.setattr(hub, "OVERLAP_SECONDS", -5.0)
    assert next(ear.listen(ours, SOMEBODY, None, 0.01)).startswith("retry")
    assert [one for one in ear.listen(ours, SOMEBODY, None, 0.01) if "event" in one] == []
    assert len([one for one in ear.listen(ours, SOMEBODY, None, 0.01, drawn=60) if "event" in one]) == 1
    assert Place.read(browser.place) == ear.channels[log.channel_of(ours)].last
    ear.channels[log.channel_of(ours)].heard_at -= 2 * hub._FORGOTTEN_SECONDS
    ear._forget()
    assert ear.channels == {}


def test_whose_rights_change_comes_back_from_there_and_misses_nothing(
    redis: Redis, ear: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = uuid4()
    theirs = [Browser(ear, ours, enough=9), Browser(ear, ours, enough=9)]
    colleague = Listener("v", frozenset(), frozenset({"message.replied"}))
    others = ear.listen(ours, colleague, None, 5)
    next(others)
    written = [_reply("a"), _end("u"), _reply("b"), _end("w"), _reply("c")]
    Log(redis).append(ours, "", written, is_incomplete=False)
    for browser in theirs:
        assert told(browser.all()) == ["a"], "what came before was theirs to hear"
        assert told(Browser(ear, ours, browser.place, enough=2).all()) == ["b", "c"]
    assert "".join(others).count("event: message.replied") == 3
    # Everybody; one who was away meanwhile ends once, and not again.
    place = theirs[0].place
    Log(redis).append(ours, "", [_end(), _reply("d")], is_incomplete=False)
    away = Browser(ear, ours, place, enough=9)
    assert told(away.all()) == ["b", "c"]
    assert told(Browser(ear, ours, away.place).all()) == ["d"]


def test_rights_that_go_between_their_proof_and_the_stream_end_it_as_well(
    redis: Redis, ear: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = uuid4()
    Log(redis).append(ours, "", [entries.topic("inbox"), _end("u"), _reply("a")], is_incomplete=False)
    opened = Browser(ear, ours, enough=9)
    assert opened.all() == [("inbox", "inbox")], "what a page has to look at again is told all the same"
    say(redis, ours, "b")
    assert told(Browser(ear, ours, opened.place).all()) == ["b"]
    monkeypatch.setattr(hub, "PROVED_SECONDS", -5.0)
    goes_on = Browser(ear, ours, enough=2)
    say(redis, ours, "c")
    assert [event for event, _ in goes_on.all()] == ["inbox", "message.replied"]


def _end(*users: str) -> str:
    [one] = entries.facts(entries.ENDS, [{"to": users}])
    return one


def test_streams_are_opened_a_few_at_a_time_and_pages_do_not_wait_for_them() -> None:
    inside, most, go = [0], [0], threading.Event()

    def application(environ: dict[str, str], _: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/live":
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            go.wait(MOST_SECONDS)
            inside[0] -= 1
        return [environ["PATH_INFO"].encode()]

    stands: Any = door.StreamsDoor(application)  # pyright: ignore[reportArgumentType]  no more of WSGI than it needs
    came_back = [threading.Thread(target=stands, args=({"PATH_INFO": "/live"}, None)) for _ in range(50)]
    for one in came_back:
        one.start()
    until(lambda: inside[0] == door.AT_ONCE, "as many as may are inside")
    assert stands({"PATH_INFO": "/inbox"}, None) == [b"/inbox"]
    go.set()
    for one in came_back:
        one.join(MOST_SECONDS)
    assert (most[0], inside[0]) == (door.AT_ONCE, 0)
