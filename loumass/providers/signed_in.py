"""The tokens of one mailbox that somebody signed in to: renewed before they end, and kept before they are used."""

from __future__ import annotations

import httpx2

from loumass.providers.base import ProviderContext
from loumass.providers.oauth import Client, SignedIn, SignIn, TokenEndpoint, is_over


class Session:
    """Gives tokens. `credentials` are the newest."""

    def __init__(self, sign_in: SignIn, credentials: SignedIn, context: ProviderContext) -> None:
        self.credentials = credentials
        self._sign_in, self._context = sign_in, context

    def token(self) -> str:
        """An access token that goes on for a while. Raises Disconnected, Throttled, Unavailable."""
        if is_over(self.credentials, self._context.now()):
            self.renew()
        return self.credentials.access_token.get_secret_value()

    def renew(self) -> None:
        """A new access token whatever the old one says. Raises Disconnected, Throttled, Unavailable."""
        with self._context.open_http() as http:
            tokens = self._endpoint(http).renewed(self.credentials.refresh_token.get_secret_value())
        self.credentials = self.credentials.with_tokens(tokens)
        # A vendor may take the old refresh token back once the new one was given.
        self._context.keep(self.credentials)

    def _endpoint(self, http: httpx2.Client) -> TokenEndpoint:
        base_url = accounts_url(self._sign_in, self._context)
        return TokenEndpoint(self._sign_in, client_of(self.credentials), base_url, http, self._context.now)


def client_of(credentials: SignedIn) -> Client:
    """The application that the mailbox signed in to."""
    secret = credentials.client_secret.get_secret_value()
    return Client(client_id=credentials.client_id, client_secret=secret, options=credentials.options)


def accounts_url(sign_in: SignIn, context: ProviderContext) -> str:
    """Where the vendor signs people in."""
    return context.base_urls.get(f"{sign_in.vendor}_accounts", sign_in.base_url).rstrip("/")
