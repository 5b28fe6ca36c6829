"""Names that lead here and are not the application's: under them nobody signs in."""

from __future__ import annotations

import ipaddress
import time
from contextlib import suppress

from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError

from loumass.channels.tracking_models import TrackingHost
from loumass.core.tenancy import globally

#: Seconds that an answer is believed, and how many are kept.
_BELIEVED, _MOST = 60.0, 5_000


class TrackingHosts:
    """Which hosts are tracking domains, of whichever organization; asked of the database once a minute for each."""

    def __init__(self, own_host: str) -> None:
        self._own = own_host
        self._known: dict[str, tuple[bool, float]] = {}

    def has(self, host: str) -> bool:
        """Whether `host` (without its port) is one. Where nobody can be asked, it is not."""
        name = host.lower().rstrip(".")
        if not name or name == self._own or "." not in name or _is_address(name):
            return False
        known, until = self._known.get(name, (False, 0.0))
        return known if time.monotonic() < until else self._asked(name)

    def forget(self) -> None:
        """Ask anew."""
        self._known.clear()

    def _asked(self, name: str) -> bool:
        found = False
        with (
            suppress(SQLAlchemyError),
            globally() as session,
        ):  # without a database no page can be shown either
            found = bool(
                session.scalar(select(exists().where(TrackingHost.name == name, TrackingHost.was_verified)))
            )
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[name] = (found, time.monotonic() + _BELIEVED)
        return found


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
