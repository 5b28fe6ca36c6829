"""Whether a domain takes mail, as DNS says. No mail server is ever asked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from loumass.core.resolving import records_of

#: So many names are asked for at once, in batches after each of which the clock is looked at.
TOGETHER, BATCH = 16, 32
#: A mail server of this name is the asking machine itself: nobody takes mail there.
_NOWHERE = frozenset({"localhost", "localhost.localdomain"})


def standing_of(domain: str) -> str:
    """`accepts` (has mail servers), `address_only` (none, but an address that may take mail, RFC 5321 section 5.1),
    `refuses` (null MX, RFC 7505), `missing` (neither), or `unknown` when DNS gave no answer now."""
    try:
        servers = {record.partition(" ")[2].strip(". ").lower() for record in records_of(domain, "MX")}
        if servers:
            return "accepts" if servers - {""} - _NOWHERE else "refuses"
        return "address_only" if records_of(domain, "A") or records_of(domain, "AAAA") else "missing"
    except (
        OSError,
        ValueError,
    ):  # a name that cannot stand in a question was never asked: that proves nothing
        return "unknown"


def standings_of(domains: Sequence[str], ends_at: float) -> dict[str, str]:
    """Domain -> its standing, as many as can be asked before the monotonic moment `ends_at`; at least one batch."""
    found: dict[str, str] = {}
    with ThreadPoolExecutor(TOGETHER, thread_name_prefix="dns") as asking:
        for at in range(0, len(domains), BATCH):
            some = domains[at : at + BATCH]
            found |= dict(zip(some, asking.map(standing_of, some), strict=True))
            if time.monotonic() > ends_at:
                break
    return found
