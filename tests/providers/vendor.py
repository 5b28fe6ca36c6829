"""A provider and the fake that it talks to, as the contract wants them: what the vendor does where, messages, a world of loopback."""

from __future__ import annotations

import socket
import ssl
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, cached_property
from typing import Any, ClassVar
from uuid import UUID, uuid4

import httpx2

from loumass.core import clock
from loumass.core.http import client
from loumass.providers.base import (
    HookRequest,
    OutgoingMessage,
    Provider,
    ProviderContext,
    SentRecord,
)
from loumass.providers.errors import (
    Outcome,
)
from tests.fakes.loopback import certificate

PUBLIC_URL = "https://loumass.example"


class Behaviour(StrEnum):
    """What the vendor does with a message to an address."""

    ACCEPTS = "accepts"
    REJECTS = "rejects"
    KNOWS_NOBODY = "knows nobody"
    THROTTLES = "throttles"
    IS_UNAVAILABLE = "is unavailable"
    IS_DISCONNECTED = "refuses the account"
    ACCEPTS_AND_HANGS = "accepts and never answers"
    ACCEPTS_AND_CUTS = "accepts and cuts before answering"
    LOSES_AND_CUTS = "loses it and cuts before answering"
    ANSWERS_AND_CUTS = "accepts, answers, then cuts"
    REFUSES_AND_CUTS = "refuses, answers, then cuts"


class Vendor(ABC):
    """One provider and the fake that it talks to."""

    provider: ClassVar[type[Provider]]
    good_credentials: dict[str, Any]
    #: False for vendors that report dead addresses later: then only impossible ones are told at once.
    tells_dead_addresses: ClassVar[bool] = True
    #: Stands in the name of the header that proves a call: a signature, or a secret that was agreed.
    proof_header: ClassVar[str] = "signature"

    @abstractmethod
    def address_that(self, behaviour: Behaviour) -> str:
        """A new address at which the vendor behaves like this."""

    @abstractmethod
    def accepted(self) -> list[str]:
        """The addresses of all messages that the vendor really took, in order."""

    @abstractmethod
    def text_received(self, address: str) -> str:
        """What the person at `address` reads."""

    def resigned(self, call: HookRequest, signature: str | None) -> HookRequest:
        """`call` with another signature, or without one."""
        headers = {name: value for name, value in call.headers.items() if self.proof_header not in name}
        if signature is not None:
            headers |= {name: signature for name in call.headers if self.proof_header in name}
        return replace(call, headers=headers)

    def refuse_login(self) -> None:
        """Refuse the account from now on."""
        raise NotImplementedError

    def open(self, **changes: Any) -> Provider:
        """The provider with good credentials, changed by `changes`."""
        credentials = self.provider.Credentials.model_validate({**self.good_credentials, **changes})
        opened = self.provider(credentials, self.context())
        opened.note_draft = self._note
        return opened

    def noted(self, message: OutgoingMessage) -> OutgoingMessage:
        """The message as we know it after it was tried: with its draft, where the vendor keeps drafts."""
        return replace(message, draft_id=self._drafts.get(message.id, ""))

    def _note(self, message_id: UUID, draft_id: str) -> bool:
        self._drafts[message_id] = draft_id
        return True

    @cached_property
    def _drafts(self) -> dict[UUID, str]:
        return {}

    def context(self) -> ProviderContext:
        """A world of loopback."""
        return context()

    def message(self, to: str = "", text: str = "Hello there", **changes: Any) -> OutgoingMessage:
        """A message to `to`, else to somebody who takes it."""
        to = to or self.address_that(Behaviour.ACCEPTS)
        message_id = uuid4()
        built = OutgoingMessage(
            id=message_id,
            medium=self.provider.medium,
            to=to,
            sender=self.open().credentials.address,
            message_id=f"{message_id.hex}@loumass.example" if self.provider.medium == "email" else "",
            text=text,
            attempted_at=clock.now(),
        )
        return replace(built, **{"mime": mime(built, text), **changes})

    def record(self, to: str = "") -> SentRecord:
        """What is known of a message after it was sent."""
        message = self.message(to)
        return SentRecord(
            id=message.id,
            to=message.to,
            sender=message.sender,
            sent_at=datetime(2026, 3, 3, 16, tzinfo=UTC),
            subject="An invitation",
            message_id=message.message_id,
            text=message.text,
            provider_message_id=f"sandbox-{message.id.hex}",
        )


@cache
def _trusted() -> ssl.SSLContext:
    """Reading what this system trusts takes longer than most tests that open a vendor."""
    return httpx2.create_ssl_context()


def browsing() -> httpx2.Client:
    """A client that dials loopback as well."""
    return httpx2.Client(verify=_trusted())


def context(**changes: Any) -> ProviderContext:
    """Providers' view of a loopback world, with short waits."""
    options: dict[str, Any] = {
        "open_http": browsing,
        "dial": lambda host, port, timeout: socket.create_connection((host, port), timeout),
        "now": clock.now,
        "public_url": PUBLIC_URL,
        "open_tls": lambda: certificate().trusting_context,
        "timeout": 0.4,
    }
    return ProviderContext(**{**options, **changes})


def guarded_context(**changes: Any) -> ProviderContext:
    """The same with the installation's real address check."""
    from loumass.core.network import dial

    return context(open_http=client, dial=dial, **changes)


def mime(message: OutgoingMessage, text: str) -> bytes:
    """A small complete e-mail."""
    if message.medium != "email":
        return b""
    return (
        f"From: <{message.sender}>\r\nTo: <{message.to}>\r\nSubject: An invitation\r\n"
        f"Message-ID: <{message.message_id}>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"{text}\r\n"
    ).encode()


def outcomes(provider: Provider, *messages: OutgoingMessage) -> list[Outcome]:
    """The outcomes of one batch, which must come in order and one for each."""
    told = list(provider.deliver(messages))
    assert [message_id for message_id, _ in told] == [message.id for message in messages]
    return [outcome for _, outcome in told]
