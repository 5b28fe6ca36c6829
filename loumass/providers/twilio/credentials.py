"""What is asked for to connect a Twilio number."""

from __future__ import annotations

import re
from typing import Self

from pydantic import SecretStr, model_validator

from loumass.providers.credentials import Credentials, asked
from loumass.providers.texting import is_e164


class TwilioCredentials(Credentials):
    """One number, or one messaging service with its main number."""

    account_sid: str = asked("Account SID", "Starts with AC, on the first page of the Twilio console")
    auth_token: SecretStr = asked(
        "Auth token", "Below the account SID; it also proves that calls come from Twilio"
    )
    number: str = asked("Number", "The Twilio number people see, like +13035550142")
    messaging_service_sid: str = asked(
        "Messaging service SID",
        "Starts with MG; texts then go out by this service, which may pick among several numbers",
        default="",
        group="Optional",
    )
    api_key_sid: str = asked(
        "API key SID",
        "Starts with SK; used for sending instead of the auth token",
        default="",
        group="Optional",
    )
    api_key_secret: SecretStr = asked("API key secret", default=SecretStr(""), group="Optional")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for value, prefix, label in (
            (self.account_sid, "AC", "Account SID"),
            (self.messaging_service_sid, "MG", "Messaging service SID"),
            (self.api_key_sid, "SK", "API key SID"),
        ):
            if (value or prefix == "AC") and not re.fullmatch(prefix + r"[0-9a-fA-F]{32}", value):
                raise ValueError(f"{label} must be {prefix} followed by 32 letters and figures.")
        if not self.auth_token.get_secret_value():
            raise ValueError("Auth token is missing.")
        if not is_e164(self.number):
            raise ValueError("Number must be international, like +13035550142.")
        if bool(self.api_key_sid) != bool(self.api_key_secret.get_secret_value()):
            raise ValueError("API key SID and API key secret belong together: give both or neither.")
        return self

    @property
    def address(self) -> str:
        """The number people see."""
        return self.number

    @property
    def account(self) -> str:
        """What Twilio calls AccountSid."""
        return self.account_sid

    @property
    def login(self) -> tuple[str, str]:
        """User name and password of the REST API."""
        if self.api_key_sid:
            return self.api_key_sid, self.api_key_secret.get_secret_value()
        return self.account_sid, self.auth_token.get_secret_value()
