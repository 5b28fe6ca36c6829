"""The Twilio of the rehearsal: takes texts, reports each as delivered, and calls back signed as Twilio does."""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Callable

import httpx2

from tests.fakes.twilio import Failure, FakeTwilio, form_call, inbound, status_callback

#: What Twilio answers when a text goes to somebody who said STOP.
OPTED_OUT = Failure(400, 21610, "Attempt to send to unsubscribed recipient")
REPORT_SECONDS = 1.0
#: Where a number that is not told otherwise calls (one address for all numbers of an installation).
INBOUND_PATH = "/api/twilio/inbound-sms"


class Telephone(FakeTwilio):
    """`loumass` is the address of the installation; `told` hears a line about everything that happens."""

    def __init__(self, port: int, loumass: str, told: Callable[[str], None]) -> None:
        super().__init__(port=port)
        self._inbound_url, self._told = f"{loumass}{INBOUND_PATH}", told
        self._reports: queue.SimpleQueue[tuple[float, str, dict[str, str]]] = queue.SimpleQueue()
        threading.Thread(target=self._report_all, daemon=True).start()

    def keep(self, fields: dict[str, str], created_at: object = None) -> dict[str, str]:
        """Take a text, and report it as delivered a moment later."""
        resource = super().keep(fields)
        # Numbered anew with every start they would be taken for the texts of the last one.
        resource["sid"] = f"SM{uuid.uuid4().hex}"
        self._told(f"text to {resource['to']}: {resource['body']}")
        if callback := fields.get("StatusCallback"):
            report = status_callback(resource["sid"], "delivered", to=resource["to"])
            self._reports.put((time.monotonic() + REPORT_SECONDS, callback, report))
        return resource

    def says(self, number: str, text: str) -> None:
        """Somebody at `number` writes `text`; STOP and START do at Twilio what they say."""
        word = text.strip().upper()
        if word == "STOP":
            self.on_send[number] = OPTED_OUT
        elif word == "START":
            self.on_send.pop(number, None)
        self._call(self._inbound_url, inbound(text, sender=number))

    def _report_all(self) -> None:
        while True:
            due_at, url, fields = self._reports.get()
            time.sleep(max(0.0, due_at - time.monotonic()))
            self._call(url, fields)

    def _call(self, url: str, fields: dict[str, str]) -> None:
        headers, body = form_call(url, fields)
        try:
            answer = httpx2.post(url, content=body, headers=headers, timeout=30, trust_env=False)
        except httpx2.TransportError as problem:
            self._told(f"Loumass does not answer at {url}: {problem}")
        else:
            if answer.status_code >= 300:
                self._told(f"Loumass refused the call to {url}: {answer.status_code} {answer.text[:200]}")
