"""What the customer is asked for."""

from __future__ import annotations

from typing import Self

from pydantic import SecretStr, model_validator

from loumass.providers.credentials import Credentials, asked


class ElevenLabsCredentials(Credentials):
    """One API key."""

    api_key: SecretStr = asked(
        "API key",
        "Made at ElevenLabs under Developers, API keys; it needs Text to Speech, and Voices to read",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.api_key.get_secret_value():
            raise ValueError("API key is missing.")
        if not self.api_key.get_secret_value().isascii():
            raise ValueError("API key holds letters that no key has. Copy it again.")
        return self

    @property
    def address(self) -> str:
        """Nobody is called from here."""
        return ""
