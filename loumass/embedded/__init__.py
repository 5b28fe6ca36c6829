"""PostgreSQL and Redis out of Python wheels, for a machine that has neither.

    with embedded.postgres(folder, throwaway=False) as running:
        connect(running.url)

Both servers listen on a unix socket that only this account (and root) can reach. A second process that
asks for the same folder gets the server that runs already; it stops when its last user has gone, even if
that user was killed (see `sharing`). Development and tests only: access is by `trust`.
"""

from __future__ import annotations

from loumass.embedded.keyvalue import redis
from loumass.embedded.places import Broken, home
from loumass.embedded.postgresql import postgres
from loumass.embedded.sharing import Running

__all__ = ["Broken", "Running", "home", "postgres", "redis"]
