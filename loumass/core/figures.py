"""What workers count, added up in Redis: they have no door of their own, so any web process tells it for all machines.

An emptied Redis begins at nought, which Prometheus knows how to read.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping

import structlog
from prometheus_client import Metric
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError

from loumass.core import metrics, told

KEY = "figures"
EVERY_SECONDS = 2.0
SHARED = (metrics.JOBS, metrics.JOB_SECONDS, metrics.SENDS, metrics.RETURNS)
log = structlog.get_logger("figures")


class Sharing:
    """Adds what this process has counted since to what all have, every two seconds and at the end of `with`."""

    def __init__(self, redis: Redis, process: str = "worker") -> None:
        self.redis, self.process = redis, process
        self._told = _counted()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="figures", daemon=True)

    def __enter__(self) -> Sharing:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.share()

    def share(self) -> None:
        """Tell what is new. What a silent Redis does not hear is told the next time."""
        counted = _counted()
        news = {field: value - self._told.get(field, 0.0) for field, value in counted.items()}
        try:
            with self.redis.pipeline(transaction=True) as pipeline:
                for field, more in news.items():
                    if more:
                        pipeline.hincrbyfloat(KEY, field, more)
                told.tell_sends(pipeline, _by_outcome(news))
                told.tell_memory(pipeline, self.process)
                pipeline.execute()
        except RedisError as problem:
            log.debug("figures.silent", problem=str(problem))
            return
        self._told = counted

    def _go_on(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            self.share()


class OfAllMachines(Collector):
    """What workers have counted, as Redis holds it. `collect` raises RedisError."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    def collect(self) -> Iterator[Metric]:
        """One family for each figure that is shared, also those that nobody has counted yet."""
        families = {family.name: family for family in _families(metric.describe() for metric in SHARED)}
        for field, value in sorted(self.redis.hgetall(KEY).items()):  # pyright: ignore[reportAttributeAccessIssue]  this client does not await
            name, sample, labels = json.loads(field)
            if name in families:
                families[name].add_sample(sample, labels, float(value))
        yield from families.values()


class OfThisMachine(Collector):
    """What `inner` collects, but for what is shared."""

    def __init__(self, inner: Collector) -> None:
        self.inner = inner

    def collect(self) -> Iterator[Metric]:
        """The families of this machine's own."""
        shared = {family.name for family in _families(metric.describe() for metric in SHARED)}
        return (family for family in self.inner.collect() if family.name not in shared)


def _counted() -> dict[str, float]:
    """Field -> value, for every figure that this process has counted so far."""
    return {
        json.dumps([family.name, sample.name, sample.labels], sort_keys=True): sample.value
        for family in _families(metric.collect() for metric in SHARED)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def _by_outcome(news: Mapping[str, float]) -> dict[str, float]:
    """How many messages were sent, refused, returned: what the figures of the last hour are made of."""
    found: dict[str, float] = {}
    for field, more in news.items():
        _, sample, labels = json.loads(field)
        outcome = labels.get("outcome" if sample == "loumass_sends_total" else "how")
        if more and sample in ("loumass_sends_total", "loumass_returns_total"):
            found[outcome] = found.get(outcome, 0.0) + more
    return found


def _families(found: Iterable[Iterable[Metric]]) -> Iterator[Metric]:
    for families in found:
        yield from families
