"""Figures for Prometheus. With PROMETHEUS_MULTIPROC_DIR set, all processes are added up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram

#: With bounds where the alerts of ops/alerts.yml look.
_ANSWER_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
REQUESTS = Counter("loumass_requests_total", "Answered requests", ["method", "endpoint", "status"])
REQUEST_SECONDS = Histogram("loumass_request_seconds", "Time to answer", ["endpoint"], buckets=_ANSWER_BOUNDS)
JOBS = Counter("loumass_jobs_total", "Slices of jobs", ["job", "outcome"])
JOB_SECONDS = Histogram("loumass_job_seconds", "Time of one slice", ["job"])
SENDS = Counter("loumass_sends_total", "Attempts to send", ["medium", "provider", "outcome"])
RETURNS = Counter(
    "loumass_returns_total", "Messages that came back for good, or were called spam", ["medium", "how"]
)
HITS = Counter(
    "loumass_hits_total", "Openings and clicks that came, and whether they were kept", ["kind", "outcome"]
)
# With a label, since a figure without one opens its file when this is imported, and the folder may not be there yet.
SIGN_UPS = Counter("loumass_sign_ups_total", "Organizations that were founded", ["by"])


def begin() -> None:
    """Tell noughts from the start: Prometheus sees no rise in a figure that begins with its first event."""
    SIGN_UPS.labels("page")
    HITS.labels("open", "lost")
    HITS.labels("click", "lost")


@contextmanager
def counted_job(name: str) -> Iterator[None]:
    """Count one slice and how it ended."""
    started = time.perf_counter()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        JOBS.labels(name, outcome).inc()
        JOB_SECONDS.labels(name).observe(time.perf_counter() - started)
