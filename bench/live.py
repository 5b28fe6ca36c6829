"""500 open streams of one organization while pages are loaded, on the processes of the Procfile.

`value` is the p95 from just before the commit of a fact to each stream that hears of it, in ms, also of those that were just
coming back; `ratio` how the p95 of pages without streams compares with theirs, measured in turns. No stream may miss a fact, hear one
twice or be reset, and no page may fail. SIZE=<seconds of each turn>; SIZE=full: 20 with 500 streams, else 4 with 100.
STREAMS=<n> for another number of them.
"""

from __future__ import annotations

import os
import random
import statistics
import threading
import time
from collections.abc import Callable
from uuid import UUID

import httpx2
from sqlalchemy import select

from bench import seeding
from bench.inbox_seeding import furnish
from bench.installation import House, installed
from bench.listeners import Heard, listening
from bench.measuring import print_line, size
from bench.running import Browser, Running
from loumass.core import live
from loumass.core.ids import uuid7
from loumass.events.service import publish
from loumass.messages.models import Conversation

TALKS, VISITORS, ROUNDS = 300, 4, 3
#: Facts a second that each of the streams is told of, beside what pages of the inbox look again for.
FACTS_PER_SECOND = 4.0
#: A person reads between two clicks.
READS_SECONDS = (0.1, 0.4)
PATH = "/live?topic=inbox&topic=answering&event=message.replied&event=notification"


def main() -> None:
    """Prints one line. Raises AssertionError for a fact that a stream missed or heard twice, and for a page that failed."""
    seconds = size(4, 20)
    count = int(os.environ.get("STREAMS") or (500 if seconds >= 20 else 100))
    with installed() as house:
        _, campaign = furnish(house, TALKS)
        house.analyze(*seeding.TABLES)
        with Running(house) as running:
            browser = running.browser(house.user.email)
            pages = _pages(house, browser, campaign)
            _visited(pages, 3)
            calm, busy, shares, heard = list[float](), list[float](), list[float](), list[Heard]()
            for _ in range(ROUNDS):
                calm += _visited(pages, seconds)
                with listening(count, running.port, PATH, browser.cookie) as streams:
                    teller = _Teller(house)
                    busy += _visited(pages, seconds)
                    # Says more than milliseconds on a machine that others use.
                    shares.append(_share_of_a_processor(running, seconds))
                    told = teller.stop()
                    one = streams.heard(until=told - 1)
                _nothing_went_wrong(one, told)
                heard.append(one)
            cpu = statistics.median(shares)
            _print(count, seconds, calm, busy, heard, running.largest_child_mib("web"), cpu)


def _share_of_a_processor(running: Running, seconds: float) -> float:
    """What the web process spends on streams alone, while facts are told and nobody asks for pages."""
    began, computed = time.monotonic(), running.cpu_seconds("web")
    time.sleep(seconds)
    return (running.cpu_seconds("web") - computed) / (time.monotonic() - began)


def _pages(house: House, browser: Browser, campaign: UUID) -> list[Callable[[], httpx2.Response]]:
    client = browser.client
    with house.acting() as session:
        talks = session.scalars(select(Conversation.id).order_by(Conversation.id).limit(50)).all()
    paths = ["/", "/inbox?view=everything", "/contacts", f"/campaigns/{campaign}"]
    plain = [lambda path=path: client.get(path, follow_redirects=True) for path in paths]
    talk = [lambda: client.get(f"/inbox/{random.choice(talks)}", follow_redirects=True)]
    return [*plain, *talk]


def _visited(pages: list[Callable[[], httpx2.Response]], seconds: float) -> list[float]:
    """Milliseconds of each page that visitors were shown."""
    taken, wrong, ends_at = list[float](), list[str](), time.monotonic() + seconds

    def visit(seed: int) -> None:
        chance = random.Random(seed)
        while time.monotonic() < ends_at:
            began = time.perf_counter()
            answer = chance.choice(pages)()
            taken.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                wrong.append(f"{answer.url}: {answer.status_code}")
            time.sleep(chance.uniform(*READS_SECONDS))

    visitors = [threading.Thread(target=visit, args=(n,)) for n in range(VISITORS)]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join()
    assert not wrong, wrong[:5]
    return taken


class _Teller(threading.Thread):
    """Commits facts at their pace, as workers do."""

    def __init__(self, house: House) -> None:
        super().__init__(daemon=True)
        self._house, self._told, self._is_over = house, 0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self._is_over.wait(1 / FACTS_PER_SECOND):
            with self._house.acting() as session:
                facts = {"number": self._told, "at": time.time()}
                publish("message.replied", conversation_id=uuid7(), facts=facts)
                live.announce("inbox")
                session.commit()
            self._told += 1

    def stop(self) -> int:
        """How many were told."""
        self._is_over.set()
        self.join()
        return self._told


def _nothing_went_wrong(heard: Heard, told: int) -> None:
    assert not heard.wrong, heard.wrong[:5]
    assert not heard.resets, f"{heard.resets} resets"
    for numbers in heard.numbers:
        assert numbers == list(range(told)), f"a stream heard {numbers} of {told}"


def _print(
    count: int,
    seconds: int,
    calm: list[float],
    busy: list[float],
    heard: list[Heard],
    peak: float,
    cpu: float,
) -> None:
    taken = [one for each in heard for one in each.milliseconds]
    print_line(
        "live", _p95(taken), "ms", 300.0, _p95(calm) / _p95(busy), peak=peak, streams=count, told=len(taken),
        median_ms=round(statistics.median(taken), 1), page_p95_ms=round(_p95(busy), 1), page_p95_without_ms=round(_p95(calm), 1),
        page_medians_ms=[round(statistics.median(calm), 1), round(statistics.median(busy), 1)],
        streams_cpu=round(cpu, 3), pages=len(busy), returns=sum(each.returns for each in heard), seconds=seconds * ROUNDS,
    )  # fmt: skip


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
