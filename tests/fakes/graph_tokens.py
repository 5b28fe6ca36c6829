"""Microsoft's sign-in: codes with PKCE, access tokens that end, refresh tokens that change with each use."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

CLIENT_ID, CLIENT_SECRET = "11111111-2222-3333-4444-555555555555", "a client's secret"
LASTS = timedelta(minutes=70)


@dataclass
class Tokens:
    """Who signed in. `is_strict` takes a refresh token back as soon as its successor was given."""

    now: Callable[[], datetime]
    is_strict: bool = True
    is_revoked: bool = False
    #: What the person allowed; None: all that was asked for.
    allowed: str | None = None
    renewals: int = 0
    access: dict[str, datetime] = field(default_factory=dict)
    refresh: set[str] = field(default_factory=set)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    number: int = 0

    def given(self, scopes: str = "") -> dict[str, Any]:
        """A new pair."""
        self.number += 1
        access, refresh = f"access-{self.number}", f"refresh-{self.number}"
        self.access[access] = self.now() + LASTS
        self.refresh.add(refresh)
        kept = " ".join(one for one in scopes.split() if one != "offline_access")
        return {
            "token_type": "Bearer",
            "scope": kept if self.allowed is None else self.allowed,
            "expires_in": int(LASTS.total_seconds()),
            "ext_expires_in": int(LASTS.total_seconds()),
            "access_token": access,
            "refresh_token": refresh,
        }

    def is_good(self, header: str) -> bool:
        """Whether the Authorization header carries a token that goes on."""
        ends = self.access.get(header.removeprefix("Bearer "))
        return ends is not None and ends > self.now() and not self.is_revoked

    def forget_access(self) -> None:
        """All access tokens end at once, as after a change of password."""
        self.access.clear()

    def authorized(self, query: dict[str, str]) -> str:
        """Where the person's browser goes after saying yes."""
        self.number += 1
        code = f"code-{self.number}"
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query.get('state', '')})}"

    def asked(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The token endpoint's answer."""
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, _error("invalid_client", "AADSTS7000215: Invalid client secret provided.")
        if form.get("grant_type") == "authorization_code":
            return self._exchanged(form)
        token = form.get("refresh_token", "")
        if self.is_revoked or token not in self.refresh:
            return 400, _error(
                "invalid_grant", "AADSTS50173: The provided grant has expired due to it being revoked."
            )
        if self.is_strict:
            self.refresh.discard(token)
        self.renewals += 1
        return 200, self.given()

    def _exchanged(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, _error("invalid_grant", "AADSTS70008: The provided authorization code has expired.")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked.get("code_challenge"):
            return 400, _error(
                "invalid_grant", "AADSTS501481: The Code_Verifier does not match the code_challenge."
            )
        return 200, self.given(asked.get("scope", ""))


def _error(error: str, said: str) -> dict[str, Any]:
    return {
        "error": error,
        "error_description": f"{said}\r\nTrace ID: 0000",
        "error_codes": [int(said[6:].partition(":")[0])],
    }
