"""What the customer is asked for."""

from __future__ import annotations

from typing import Self

from pydantic import SecretStr, model_validator

from loumass.providers.credentials import Credentials, asked
from loumass.providers.slybroadcast.numbers import national


class SlybroadcastCredentials(Credentials):
    """One caller id of one account."""

    email: str = asked("Login e-mail", "The address you sign in to Slybroadcast with")
    password: SecretStr = asked("Password", "Slybroadcast has no API keys: it asks for the password itself")
    caller_id: str = asked(
        "Caller ID", "The number that people see and call back, like +13035550142; confirmed at Slybroadcast"
    )
    mobile_only: bool = asked(
        "Mobile numbers only", "Landlines are refused by Slybroadcast instead of rung", default=True
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if "@" not in self.email:
            raise ValueError("Login e-mail must be an e-mail address.")
        if not self.password.get_secret_value():
            raise ValueError("Password is missing.")
        if not national(self.caller_id):
            raise ValueError("Caller ID must be a number in the United States or Canada, like +13035550142.")
        return self

    @property
    def address(self) -> str:
        """The caller id."""
        return self.caller_id

    @property
    def account(self) -> str:
        """Who signs in."""
        return self.email
