"""One client for all requests of a vendor that is opened: its connections are used again until it is closed."""

from __future__ import annotations

import httpx2

from loumass.providers.base import ProviderContext


class KeptHttp:
    """Opened at the first request. Whoever asks with a login says so in `_open_http`."""

    context: ProviderContext
    _kept: httpx2.Client | None = None

    def close(self) -> None:
        """Close kept connections."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    @property
    def _http(self) -> httpx2.Client:
        if self._kept is None:
            self._kept = self._open_http()
        return self._kept

    def _open_http(self) -> httpx2.Client:
        return self.context.open_http()
