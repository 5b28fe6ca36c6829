"""What a request that broke means for the message in it."""

from __future__ import annotations

import httpx2

from loumass.core.network import AddressRefused
from loumass.providers.errors import Disconnected, ProviderError, Unavailable, Unknown

#: Nothing was written to the vendor yet.
_EARLY = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.InvalidURL)


def broken(problem: Exception, vendor: str, *, sends: bool = True) -> ProviderError:
    """What `problem` says of a request to `vendor`: only what broke before it was written is certain not to have been done.

    `sends` is false for requests that send nothing to anybody, whatever becomes of them.
    """
    if isinstance(problem, AddressRefused):
        return Disconnected(str(problem))
    if not sends or isinstance(problem, _EARLY):
        return Unavailable(f"{vendor} cannot be reached: {problem or type(problem).__name__}")
    return Unknown(f"{vendor} took the request and gave no answer: {type(problem).__name__}")
