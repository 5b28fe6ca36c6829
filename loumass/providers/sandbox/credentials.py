"""What is asked for to write to invented people."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from loumass.providers.credentials import Credentials, asked
from loumass.providers.mail.addresses import is_plausible
from loumass.providers.texting import is_e164

_SEED_HINT = "People react the same way for the same word; choose another for other people"


class SandboxEmailCredentials(Credentials):
    """A mailbox that exists only here."""

    email: str = asked("E-mail address", "Any address: nothing leaves this installation", max_length=254)
    seed: str = asked("Seed", _SEED_HINT, default="", max_length=80)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not is_plausible(self.email):
            raise ValueError(f"{self.email} is not an e-mail address.")
        return self

    @property
    def address(self) -> str:
        """The mailbox."""
        return self.email


class SandboxSmsCredentials(Credentials):
    """A number that exists only here."""

    number: str = asked("Number", "Any number like +13035550100: nothing leaves this installation")
    seed: str = asked("Seed", _SEED_HINT, default="", max_length=80)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not is_e164(self.number):
            raise ValueError("Number must be international, like +13035550142.")
        return self

    @property
    def address(self) -> str:
        """The number."""
        return self.number
