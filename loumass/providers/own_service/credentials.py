"""What the customer is asked for."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import SecretStr, model_validator

from loumass.providers.credentials import Credentials, asked


class OwnServiceCredentials(Credentials):
    """Where it is asked, and what it knows us by."""

    url: str = asked("Address", "Begins with https://. Each answer is sent there as JSON.", max_length=500)
    api_key: SecretStr = asked("Key", "Sent along as a bearer token")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
            raise ValueError("Address is no web address.")
        if not self.api_key.get_secret_value() or not self.api_key.get_secret_value().isascii():
            raise ValueError("Key is missing, or holds letters that no key has.")
        return self

    @property
    def address(self) -> str:
        """Nobody is called from here."""
        return ""
