"""Logs as structured lines, ours and those of the libraries. Secrets never enter: what is called one is cut out."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from loumass.config import Settings
from loumass.core.at_work import organization_at_work

_SECRET_WORDS = ("password", "secret", "token", "credential", "authorization", "cookie")
#: The library whose news of an ordinary day are wanted.
_TOLD_AT_INFO = "gunicorn.error"


def configure(settings: Settings) -> None:
    """One line per event on standard error, for people or as JSON."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    ending = _ending(settings.log_format)
    structlog.configure(
        processors=[*_shared(), _without_secrets, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=_StandardError()),  # pyright: ignore[reportArgumentType]  a stream by duck type
        cache_logger_on_first_use=True,
    )
    _bring_in_libraries(level, ending)


class _StandardError:
    """Wherever standard error leads at this moment: whoever replaces it (a test, a supervisor) is followed."""

    def write(self, words: str) -> int:
        return self._stream().write(words)

    def flush(self) -> None:
        self._stream().flush()

    @staticmethod
    def _stream() -> TextIO:
        return sys.stderr


def _bring_in_libraries(level: int, ending: list[Any]) -> None:
    """What libraries say by `logging` becomes the same lines."""
    handler = _Structured()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_secrets,
                *ending,
            ],
            foreign_pre_chain=[*_shared(), structlog.stdlib.add_logger_name],
        )
    )
    root = logging.getLogger()
    root.handlers = [*(one for one in root.handlers if not isinstance(one, _Structured)), handler]
    # Not lower: HTTP clients tell whole addresses at `info`, and some carry tokens.
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger(_TOLD_AT_INFO).setLevel(max(level, logging.INFO))


class _Structured(logging.StreamHandler):
    def __init__(self) -> None:
        super().__init__(_StandardError())


def _shared() -> list[Any]:
    """What is done to our own events and to those of libraries alike."""
    return [
        structlog.contextvars.merge_contextvars,
        _with_organization,
        structlog.stdlib.add_log_level,
    ]


def _ending(log_format: str) -> list[Any]:
    if log_format == "json":
        return [
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    return [
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=24, exception_formatter=structlog.dev.plain_traceback
        ),
    ]


def _with_organization(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whom the line is about, wherever in a request or a job it was written."""
    organization_id = organization_at_work.get()
    if organization_id is not None:
        entry.setdefault("organization", str(organization_id))
    return entry


def _without_secrets(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in entry:
        if is_secret(name):
            entry[name] = "(cut out)"
    return entry


def is_secret(name: str) -> bool:
    """Whether what is called `name` must not be written down."""
    return any(word in name.lower() for word in _SECRET_WORDS)
