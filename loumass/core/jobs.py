"""Jobs: Redis is the doorbell, PostgreSQL holds the work. The only importer of RQ.

A job is a function that does one bounded slice and returns True when more is ready now. It may be
rung twice, at the same time, or after a crash: it claims its work in PostgreSQL. A bell
(`SET NX PX`) keeps one ring per job and arguments in the queue; the job takes the bell off before
it looks, so no wake-up is lost. The organization travels in the ring.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import FrameType
from typing import Any, Protocol
from uuid import UUID

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, get_current_job
from rq import job as rq_job
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from loumass.core import agenda, clock, keyvalue, memory, metrics, schema
from loumass.core.database import db
from loumass.core.figures import Sharing
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id, serving, transaction

QUEUES = ("deliver", "advance", "receive", "bulk")
#: How long a ring keeps others like it out of the queue. Short, and a busy queue fills with rings for the same work;
#: long, and a worker that dies between taking a ring and its first statement delays that work.
BELL_MILLISECONDS = 30_000
JOB_SECONDS = 300
#: How long a worker that was told to stop finishes what it is at; hosts kill after about 30.
PATIENCE_SECONDS = 15
#: How long a worker that Redis forgot counts as there; it asks for its next ring 15 seconds less long at a time.
_WORKER_SECONDS = 30
_AWAY_SECONDS = 1.0
#: What the jobs of urgent rings are called, so that one look at the head of a queue tells.
_URGENT = "urgent-"
log = structlog.get_logger("jobs")


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring of the bell: which job, for whom, with which arguments (canonical JSON)."""

    job: str
    organization_id: UUID
    key: str
    #: A person waits for it: it goes before the others of its queue.
    is_urgent: bool = field(default=False, compare=False)


class Bell(Protocol):
    """Whoever carries rings to workers."""

    def ring(self, ring: Ring) -> None: ...

    def take_off(self, ring: Ring) -> None: ...

    def waiting(self, queue: str) -> int: ...

    def is_urgent(self, queue: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Job:
    """A function on a queue. Call it for one slice inside `serving(organization)`."""

    name: str
    queue: str
    function: Callable[..., bool | None]

    def __call__(self, *arguments: Any) -> bool | None:
        return self.function(*arguments)

    def later(self, *arguments: Any, at: datetime | None = None) -> None:
        """Run for the current organization once the current transaction has committed (or at `at`).

        The wish is committed with the work, so a crash between commit and ring loses nothing.
        """
        due_at = at or clock.now()
        wake_all([self.wake(due_at, *arguments)])

    def wake(self, at: datetime, *arguments: Any) -> agenda.Wake:
        """What `wake_all` takes: this job with `arguments` at `at`."""
        return agenda.Wake(self.name, arguments, at)


JOBS: dict[str, Job] = {}
_bell: Bell | None = None


def job(queue: str) -> Callable[[Callable[..., bool | None]], Job]:
    """Declare a job on `queue`. Its name is `<slice>.<function>`."""
    if queue not in QUEUES:
        raise ValueError(f"{queue} is no queue; there are {', '.join(QUEUES)}")

    def declare(function: Callable[..., bool | None]) -> Job:
        slice_name = function.__module__.removeprefix("loumass.").split(".")[0]
        declared = Job(f"{slice_name}.{function.__name__}", queue, function)
        if declared.name in JOBS and JOBS[declared.name].function.__module__ != function.__module__:
            raise ValueError(f"two jobs are called {declared.name}")
        JOBS[declared.name] = declared
        return declared

    return declare


def wake_all(wakes: list[agenda.Wake], *, is_urgent: bool = False) -> None:
    """Write `wakes` to the agenda and ring what is due once the transaction has committed.

    Urgent is what a person waits for: it goes before the others of its queue.
    """
    agenda.wake_all(wakes)
    moment = clock.now()
    rings = db().info.setdefault("rings", {})
    organization_id = current_organization_id()
    for wake in wakes:
        if wake.at <= moment:
            a_ring = Ring(wake.job, organization_id, wake.key, is_urgent)
            rings[a_ring] = rings.get(a_ring, False) or is_urgent


def use(bell: Bell) -> None:
    """Take `bell` for this process."""
    global _bell  # noqa: PLW0603  one process, one doorbell
    _bell = bell


def ring(a_ring: Ring) -> None:
    """Ring now. A dead bell is only logged: the ticker finds the row on the agenda."""
    if _bell is None:
        raise RuntimeError("core.jobs.use(bell) was not called")
    if a_ring.job not in JOBS:
        # On the agenda by a newer release, whose workers and clock know it.
        log.debug("bell.unknown_job", job=a_ring.job)
        return
    try:
        _bell.ring(a_ring)
    except ConnectionError as problem:
        log.warning("bell.silent", job=a_ring.job, problem=str(problem))


def others_wait(queue: str) -> bool:
    """Whether another ring waits in `queue`: a long slice makes room for it."""
    try:
        return _bell is not None and _bell.waiting(queue) > 0
    except ConnectionError as problem:
        log.warning("bell.silent", job=queue, problem=str(problem))
        return False


def person_waits(queue: str) -> bool:
    """Whether an urgent ring waits in `queue`: a slice that just began makes room for it as well."""
    try:
        return _bell is not None and _bell.is_urgent(queue)
    except ConnectionError as problem:
        log.warning("bell.silent", job=queue, problem=str(problem))
        return False


@event.listens_for(Session, "after_commit")
def _ring_after_commit(session: Session) -> None:
    for a_ring, is_urgent in session.info.pop("rings", {}).items():
        ring(replace(a_ring, is_urgent=is_urgent))


@event.listens_for(Session, "after_soft_rollback")
def _forget_after_rollback(session: Session, previous: Any) -> None:
    if not previous.nested:
        session.info.pop("rings", None)


def run(name: str, organization_id: str, key: str) -> None:
    """What a worker does for one ring: one slice of the job, then the bell again if more is ready."""
    a_ring = Ring(name, UUID(organization_id), key)
    declared = JOBS.get(name)
    if declared is None:
        # During a release: the bell stays on for a while, then the clock rings again, perhaps for a newer worker.
        log.warning("job.unknown", job=name)
        return
    if _bell is not None:
        _bell.take_off(a_ring)
    started = time.perf_counter()
    with ExitStack() as stack:
        stack.enter_context(structlog.contextvars.bound_contextvars(job=name, job_id=_job_id()))
        stack.enter_context(serving(a_ring.organization_id))
        stack.enter_context(metrics.counted_job(name))
        with transaction() as session:
            hidden_until = agenda.begin(session, name, key)
        more = declared(*json.loads(key))
        with transaction() as session:
            agenda.finish(session, name, key, hidden_until)
        log.debug("job.done", seconds=round(time.perf_counter() - started, 3), more=bool(more))
    if more:
        ring(a_ring)


def _job_id() -> str:
    """What RQ calls the job that runs; one of our own where RQ does not run it."""
    current = get_current_job()
    return current.id if current is not None else uuid7().hex


class RedisBell:
    """The doorbell over Redis and RQ."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.queues = {name: Queue(name, connection=redis, serializer=JSONSerializer) for name in QUEUES}

    def ring(self, ring: Ring) -> None:
        """Enqueue unless the same ring waits already. Raises ConnectionError when Redis is away."""
        try:
            if self.redis.set(_bell_key(ring), 1, nx=True, px=BELL_MILLISECONDS):
                self.queues[JOBS[ring.job].queue].enqueue_call(
                    "loumass.core.jobs.run",
                    args=(ring.job, str(ring.organization_id), ring.key),
                    job_id=f"{_URGENT if ring.is_urgent else ''}{uuid7()}",
                    timeout=JOB_SECONDS,
                    result_ttl=0,
                    failure_ttl=86_400,
                    at_front=ring.is_urgent,
                )
        except RedisError as problem:
            raise ConnectionError(str(problem)) from problem

    def take_off(self, ring: Ring) -> None:
        """Let the next ring through, before the job looks for work. A store that is away holds no bell on."""
        try:
            self.redis.delete(_bell_key(ring), _bell_key(replace(ring, is_urgent=True)))
        except RedisError as problem:
            log.warning("bell.silent", job=ring.job, problem=str(problem))

    def waiting(self, queue: str) -> int:
        """How many rings wait in `queue`. Raises ConnectionError when Redis is away."""
        try:
            return self.queues[queue].count
        except RedisError as problem:
            raise ConnectionError(str(problem)) from problem

    def is_urgent(self, queue: str) -> bool:
        """Whether an urgent ring waits in `queue`: it would be the first. Raises ConnectionError when Redis is away."""
        try:
            return any(job_id.startswith(_URGENT) for job_id in self.queues[queue].get_job_ids(0, 1))
        except RedisError as problem:
            raise ConnectionError(str(problem)) from problem

    def depth(self) -> dict[str, int]:
        """Jobs that wait, per queue."""
        return {name: queue.count for name, queue in self.queues.items()}


def _bell_key(ring: Ring) -> str:
    # An urgent ring does not stand back behind one that waits at the end of a long queue.
    return f"{'urgent' if ring.is_urgent else 'bell'}:{ring.job}:{ring.organization_id}:{ring.key}"


class _Worker(SimpleWorker):
    """A server that never answers must not keep its worker from stopping: work is cut off as by a crash, tidily."""

    #: Redis that comes back is noticed within seconds (RQ waits up to a minute).
    max_connection_wait_time = 2.0
    is_told_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Finish the slice at hand, or leave it after PATIENCE_SECONDS: the agenda rings it again."""
        cut = threading.Timer(PATIENCE_SECONDS, os.kill, (os.getpid(), signal.SIGTERM))
        cut.daemon = True
        cut.start()
        self.is_told_to_stop = True
        super().request_stop(signum, frame)

    def handle_exception(self, job: rq_job.Job, *exc_info: Any) -> None:
        """One structured line that names the organization; what is due stays on the agenda and is rung again."""
        name, organization_id, _ = job.args
        log.error("job.failed", job=name, organization=organization_id, job_id=job.id, exc_info=exc_info)


def work(queue: str, redis: Redis, *, burst: bool = False) -> None:
    """Serve one queue until told to stop; the slice at hand is finished first, if that does not take long.

    Redis may come and go meanwhile, and the database may wait for its migration.
    """
    if not burst:
        _wait_for_the_schema()
    waiting = keyvalue.waiting_like(redis)
    memory.settle()
    # The signal's handler raises where no job runs, also while we wait here.
    with Sharing(redis, queue), suppress(StopRequested):
        while not _served(queue, waiting, burst=burst):
            time.sleep(_AWAY_SECONDS)


def _served(queue: str, redis: Redis, *, burst: bool) -> bool:
    """Serve `queue` until Redis goes away (False), or somebody tells us to stop (True)."""
    worker = None
    try:
        worker = _Worker(
            [queue],
            connection=redis,
            serializer=JSONSerializer,
            log_job_description=False,
            worker_ttl=_WORKER_SECONDS,
        )
        worker.work(burst=burst, logging_level="WARNING", with_scheduler=False)
    except RedisError as problem:
        log.warning("worker.redis_away", queue=queue, problem=str(problem))
    return burst or (worker is not None and worker.is_told_to_stop)


def _wait_for_the_schema() -> None:
    while lacking := _lacking():
        log.warning("worker.waits", problem=lacking)
        time.sleep(_AWAY_SECONDS)


def _lacking() -> str | None:
    try:
        return schema.lacks()
    except DBAPIError as problem:
        return f"The database does not answer: {str(problem).splitlines()[0]}"
