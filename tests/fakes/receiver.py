"""Somebody's system that is called: it checks signatures as the Standard Webhooks specification says, and answers as told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Barrier
from typing import Any

from tests.fakes.forms import FakeVendor, Reply


@dataclass(frozen=True)
class Called:
    """One call as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def is_signed_by(self, secret: str) -> bool:
        """As a receiver verifies: any of the signatures, over exactly what came."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{wanted}" in self.headers["webhook-signature"].split(" ")


class FakeReceiver(FakeVendor):
    """`answers` are given in turn, then 200. With `together`, so many calls wait for each other before any is answered."""

    def __init__(self, port: int = 0) -> None:
        self.calls: list[Called] = []
        self.answers: list[Reply | str] = []
        self.together: Barrier | None = None
        super().__init__(port)
        self.host = self.base_url.removeprefix("http://")
        self.url = f"{self.base_url}/in?x=1"

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply | str:
        with self.lock:
            self.calls.append(Called(path, {name.lower(): value for name, value in headers.items()}, body))
            answer = self.answers.pop(0) if self.answers else Reply(200, b'{"ok": true}')
        if self.together is not None:
            self.together.wait(30)
        return answer

    def get(self, path: str, headers: Mapping[str, str]) -> Reply | str:
        return Reply(404)

    def last_answer(self) -> Reply:
        return Reply(200)
