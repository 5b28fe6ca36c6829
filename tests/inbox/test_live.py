"""News for open pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from loumass.core import live
from loumass.core.database import engine
from tests.inbox.desk import replied
from tests.world import Person, World


@pytest.fixture
def hub(app: Flask) -> Iterator[live.Hub]:
    """The application's hub, which tests feed by hand: no Redis in between."""
    hub: live.Hub = app.extensions["loumass.hub"]
    started, hub.started = hub.started, True
    yield hub
    hub.started = started


def stream(person: Person, url: str, **headers: str) -> Iterator[str]:
    """The frames of a stream, as they come."""
    answer = person.browser.get(url, headers=headers, buffered=False)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    return (frame.decode() if isinstance(frame, bytes) else frame for frame in answer.response)


def test_a_page_hears_of_its_organizations_news_only(world: World, hub: live.Hub) -> None:
    frames = stream(world.acme.agent, "/live?topic=inbox")
    assert next(frames) == "retry: 1000\n\n"
    assert next(frames) == "id: 1\n\n"
    hub._deliver(f"live:{world.globex.id}", "inbox")
    hub._deliver(f"live:{world.acme.id}", "campaigns")
    hub._deliver(f"live:{world.acme.id}", "inbox")
    assert next(frames) == 'event: inbox\ndata: "inbox"\n\n'


def test_a_page_that_comes_back_is_refreshed_at_once(world: World, hub: live.Hub) -> None:
    frames = stream(world.acme.agent, "/live?topic=inbox", **{"Last-Event-ID": "1"})
    assert [next(frames) for _ in range(3)][2] == 'event: inbox\ndata: "inbox"\n\n'


def test_what_was_told_while_the_page_was_drawn_is_told_again(world: World, hub: live.Hub) -> None:
    for topic in ("inbox", "campaigns"):
        hub._deliver(f"live:{world.acme.id}", topic)
    hub._deliver(f"live:{world.globex.id}", "dashboard")
    frames = stream(world.acme.agent, "/live?topic=inbox&topic=dashboard")
    assert [next(frames) for _ in range(3)][2] == 'event: inbox\ndata: "inbox"\n\n'


def test_every_page_asks_again_once_redis_is_back(world: World, hub: live.Hub) -> None:
    frames = stream(world.acme.agent, "/live?topic=inbox")
    assert [next(frames), next(frames)] == ["retry: 1000\n\n", "id: 1\n\n"]
    hub._refresh()
    assert next(frames) == 'event: inbox\ndata: "inbox"\n\n'


def test_the_session_is_given_back_before_the_first_byte(world: World, hub: live.Hub) -> None:
    before = engine().pool.checkedout()  # pyright: ignore[reportAttributeAccessIssue]  a QueuePool
    frames = [stream(world.acme.agent, "/live?topic=inbox") for _ in range(3)]
    for one in frames:
        next(one)
    assert engine().pool.checkedout() == before  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("topic", ["", "secrets", "inbox%0aevent: x", "conversation:", "CAMPAIGN:1"])
def test_topics_that_do_not_exist_are_refused(world: World, topic: str) -> None:
    assert world.acme.agent.get(f"/live?topic={topic}").status_code == 422


def test_topics_ask_for_the_permission_of_their_pages(world: World) -> None:
    assert world.acme.viewer.get("/live?topic=inbox").status_code == 403
    assert world.acme.agent.get("/live?topic=import:01a1fd6a-e290-7ed4-8d79-0c8af563aeb0").status_code == 403
    assert world.stranger().get("/live?topic=inbox").status_code == 302


def test_what_happens_is_announced_after_the_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []

    class Loudspeaker:
        def publish(self, channel: str, topic: str) -> None:
            said.append((channel, topic))

    monkeypatch.setattr(live, "_redis", Loudspeaker())
    conversation = replied(world)
    assert (f"live:{world.acme.id}", "inbox") in said
    assert (f"live:{world.acme.id}", f"conversation:{conversation.id}") in said
