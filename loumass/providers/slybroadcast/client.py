"""Drops by Slybroadcast's form gateway (https://www.slybroadcast.com/documentation.php)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import httpx2

from loumass.core.network import AddressRefused
from loumass.providers.base import (
    Capability,
    HookAnswer,
    HookRequest,
    OutgoingMessage,
    Provider,
    ProviderContext,
    SentRecord,
    StoredItem,
    refuse_control_characters,
)
from loumass.providers.breaking import broken
from loumass.providers.errors import Disconnected, Rejected, Sent, Unavailable
from loumass.providers.events import ProviderEvent
from loumass.providers.kept_http import KeptHttp
from loumass.providers.slybroadcast import errors, inbound
from loumass.providers.slybroadcast.credentials import SlybroadcastCredentials
from loumass.providers.slybroadcast.numbers import eastern, national
from loumass.providers.texting import is_e164

API = "https://www.mobile-sphere.com"
GATEWAY = "/gateway/vmb.php"
#: What `c_audio` may say, by how the file's address ends.
SOUNDS = {"mp3": "mp3", "wav": "wav", "m4a": "m4a"}
LONGEST_URL = 2_000
_LARGEST_ANSWER = 64 * 1024


class Slybroadcast(KeptHttp, Provider):
    """One caller id. The vendor knows no way to look a drop up that it gave no session for: its call settles doubts."""

    kind, medium, Credentials = "slybroadcast", "voicemail", SlybroadcastCredentials
    label = "Slybroadcast"
    summary = "Voicemail drops in the United States and Canada: the phone does not ring."
    capabilities = frozenset({Capability.HOOKS, Capability.REPORTS})
    signs_calls = False

    credentials: SlybroadcastCredentials

    def __init__(self, credentials: SlybroadcastCredentials, context: ProviderContext) -> None:
        super().__init__(credentials, context)
        self._gateway = context.base_urls.get(self.kind, API).rstrip("/") + GATEWAY

    def send(self, message: OutgoingMessage) -> Sent:
        """Hand over one drop; accepted is not delivered. Raises ProviderError values."""
        refuse_control_characters(message)
        form = self._form(message)
        try:
            answer = self._posted(form)
        except (httpx2.TransportError, AddressRefused) as problem:
            raise broken(problem, "Slybroadcast") from problem
        session = _session(answer)
        if not session:
            raise errors.of_answer(answer)
        return Sent(session)

    def check(self) -> str:
        """Ask how many drops are left; touches nothing."""
        answer = self._looked_up({"remain_message": "1"})
        left = re.search(r"remain\D*?=\s*(\d+)", answer, re.I)
        count = f" {int(left[1]):,} drops are left." if left else ""
        return f"Logged in as {self.credentials.email}.{count}"

    def reports(self, sent: Sequence[SentRecord]) -> Iterator[StoredItem]:
        """What became of drops, one by one, as the disposition call would tell it. Raises ProviderError."""
        for one in sent:
            asked = {
                "c_option": "callstatus",
                "session_id": one.provider_message_id,
                "c_phone": national(one.to),
            }
            try:
                answer = self._looked_up(asked)
            except Unavailable:
                continue  # not known there yet
            if item := inbound.item_of_status(answer, self.context.now()):
                yield item

    def verify(self, hook: HookRequest) -> None:
        """Raises Forged unless the call came to this channel's own secret address: nothing is signed."""
        inbound.verify(hook, self.context.hook_url)

    def identity(self, hook: HookRequest) -> str:
        """Session, number and status: the same for every repetition, and for what `reports` finds."""
        return inbound.identity(hook.body)

    def answer(self, hook: HookRequest) -> HookAnswer:
        """They call again until they hear exactly this."""
        return HookAnswer(b"OK")

    def parse(self, item: StoredItem) -> list[ProviderEvent]:
        """Delivered or not."""
        return inbound.parse(item, self._secret)

    @property
    def _secret(self) -> bytes:
        return self.credentials.password.get_secret_value().encode()

    def _form(self, message: OutgoingMessage) -> dict[str, str]:
        if not is_e164(message.to):
            raise Rejected(f"{message.to} is not an international number.", "number", address_is_dead=True)
        phone = national(message.to)
        if not phone:
            raise Rejected("Slybroadcast reaches numbers in the United States and Canada only.", "country")
        url = message.media_urls[0] if message.media_urls else ""
        sound = SOUNDS.get(urlsplit(url).path.rpartition(".")[2].lower())
        if not url or sound is None or len(url) > LONGEST_URL:
            raise Rejected("There is no MP3, WAV or M4A recording to drop.", "audio")
        form = {
            "c_method": "new_campaign",
            "c_phone": phone,
            "c_callerID": national(message.sender) or national(self.credentials.caller_id),
            "c_url": url,
            "c_audio": sound,
            "c_date": eastern(message.send_at) if message.send_at else "now",
            "c_title": str(message.id),
        }
        if self.credentials.mobile_only:
            form["mobile_only"] = "1"
        if hook_url := message.status_callback_url or self.context.hook_url:
            form["c_dispo_url"] = inbound.own_address(hook_url, message.id, self._secret)
        return form

    def _posted(self, form: dict[str, str]) -> httpx2.Response:
        """The answer, read in pieces so that none can fill the memory."""
        login = {"c_uid": self.credentials.email, "c_password": self.credentials.password.get_secret_value()}
        content = bytearray()
        with self._http.stream(
            "POST", self._gateway, data=login | form, timeout=self.context.timeout
        ) as answer:
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > _LARGEST_ANSWER:
                    break
            kept = {name: value for name, value in answer.headers.items() if name == "retry-after"}
            return httpx2.Response(answer.status_code, headers=kept, content=bytes(content[:_LARGEST_ANSWER]))

    def _looked_up(self, form: dict[str, str]) -> str:
        try:
            answer = self._posted(form)
        except AddressRefused as problem:
            raise Disconnected(str(problem)) from problem
        except httpx2.TransportError as problem:
            raise Unavailable(f"Slybroadcast cannot be reached: {problem}") from problem
        if answer.status_code != 200 or not answer.text.strip().upper().startswith("OK"):
            raise errors.of_lookup(answer)
        return answer.text


def _session(answer: httpx2.Response) -> str:
    """The session of a drop that was accepted; empty where it was not, or nobody can say."""
    if answer.status_code != 200 or not answer.text.strip().upper().startswith("OK"):
        return ""
    found = re.search(r"session_?id\s*=\s*([\w.-]{1,80})", answer.text, re.I)
    return found[1] if found else ""
