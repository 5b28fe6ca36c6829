"""Texts by Twilio's REST API (https://www.twilio.com/docs/messaging/api/message-resource)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from loumass.core.http import AnswerTooLarge, whole_answer
from loumass.core.network import AddressRefused
from loumass.providers.base import (
    Capability,
    HookAnswer,
    HookRequest,
    OutgoingMessage,
    Provider,
    ProviderContext,
    StoredItem,
    refuse_control_characters,
)
from loumass.providers.breaking import broken
from loumass.providers.errors import Disconnected, Rejected, Sent, Unavailable, Unknown
from loumass.providers.events import Attachment, Media, ProviderEvent
from loumass.providers.kept_http import KeptHttp
from loumass.providers.texting import is_e164
from loumass.providers.twilio import errors, inbound
from loumass.providers.twilio.credentials import TwilioCredentials

API = "https://api.twilio.com"
MAXIMUM_TEXT = 1600
MAXIMUM_MEDIA = 25 * 1024 * 1024
#: How far Twilio's clock and ours may be apart, and how long it may take to file a message.
_BEFORE, _AFTER = timedelta(minutes=1), timedelta(minutes=15)
_MAXIMUM_PAGES = 20
_TRIAL = "Sent from your Twilio trial account"


class Twilio(KeptHttp, Provider):
    """One Twilio number or messaging service."""

    kind, medium, Credentials = "twilio", "sms", TwilioCredentials
    label = "Twilio"
    hook_hint = "Give it to Twilio as the number's webhook for incoming messages. Delivery reports find it by themselves."
    summary = "Texts from a Twilio number, with replies, delivery reports and opt-outs."
    capabilities = frozenset({Capability.HOOKS, Capability.FINDS})

    credentials: TwilioCredentials

    def __init__(self, credentials: TwilioCredentials, context: ProviderContext) -> None:
        super().__init__(credentials, context)
        self._base = context.base_urls.get(self.kind, API).rstrip("/")
        self._account = f"/2010-04-01/Accounts/{credentials.account_sid}"

    def send(self, message: OutgoingMessage) -> Sent:
        """Hand over one text. Raises ProviderError values."""
        refuse_control_characters(message)
        if not is_e164(message.to):
            raise Rejected(f"{message.to} is not an international number.", "21211", address_is_dead=True)
        if not message.text and not message.media_urls:
            raise Rejected(errors.REFUSED[21619], "21619")
        if len(message.text) > MAXIMUM_TEXT:
            raise Rejected(errors.REFUSED[21617], "21617")
        try:
            answer = self._http.post(
                f"{self._base}{self._account}/Messages.json",
                data=self._form(message),
                timeout=self.context.timeout,
            )
        except (httpx2.TransportError, AddressRefused) as problem:
            raise broken(problem, "Twilio") from problem
        if answer.status_code >= 300:
            raise errors.of_answer(answer)
        return _accepted(answer)

    def find(self, message: OutgoingMessage) -> Sent | None:
        """The account's own message with the same number, sender, text and time, if there is one."""
        attempted = (message.attempted_at or self.context.now()).astimezone(UTC)
        near: list[tuple[timedelta, dict[str, Any]]] = []
        for listed in self._listed(message, attempted - _BEFORE):
            created = _moment(listed.get("date_created"))
            in_time = created is not None and attempted - _BEFORE <= created <= attempted + _AFTER
            if created and in_time and listed.get("sid") and _is_text_of(listed, message):
                near.append((abs(created - attempted), listed))
        # The same words may have gone to the same person twice: the one filed when this one was handed over.
        return _sent(min(near, key=lambda pair: pair[0])[1]) if near else None

    def check(self) -> str:
        """Ask for the account; touches nothing."""
        account = self._get(f"{self._account}.json")
        if account.get("status") not in (None, "active"):
            raise Disconnected(f"The Twilio account is {account['status']}.")
        return f"Logged in to the account {account.get('friendly_name') or self.credentials.account_sid}."

    @classmethod
    def addressee(cls, hook: HookRequest) -> tuple[str, str]:
        """The account, and the number that was written to."""
        return inbound.account_and_number(hook)

    def verify(self, hook: HookRequest) -> None:
        """Raises Forged unless the call is signed with this account's auth token."""
        token = self.credentials.auth_token.get_secret_value()
        inbound.verify(hook, self.context.public_url, token)

    def identity(self, hook: HookRequest) -> str:
        """Message and status: the same for every repetition of the call."""
        return inbound.identity(hook)

    def answer(self, hook: HookRequest) -> HookAnswer:
        """Empty TwiML: say nothing to the person."""
        return inbound.EMPTY_ANSWER

    def parse(self, item: StoredItem) -> list[ProviderEvent]:
        """Texts, keywords and delivery reports."""
        return inbound.parse(item)

    def download(self, media: Media) -> Attachment:
        """A picture of an MMS. Raises Rejected when it is gone, too big or not Twilio's."""
        # The login goes along, so nothing but the API's own address will do: not its name with another scheme either.
        if not media.url.startswith(f"{self._base}/"):
            raise Rejected("The media is not kept at Twilio.")
        answer = self._fetched(media.url)
        if answer.is_redirect:  # to a signed address that must not see our login
            target = answer.headers.get("Location", "")
            with self.context.open_http() as anonymous:
                answer = _guarded_get(anonymous, target, self.context.timeout)
        if answer.status_code == 404:
            raise Rejected("Twilio no longer keeps the media.", "404")
        if answer.status_code >= 300:
            raise errors.of_lookup(answer)
        return Attachment(media.url.rsplit("/", 1)[-1], media.content_type, answer.content)

    def _open_http(self) -> httpx2.Client:
        opened = super()._open_http()
        opened.auth = httpx2.BasicAuth(*self.credentials.login)
        return opened

    def _form(self, message: OutgoingMessage) -> dict[str, Any]:
        service = self.credentials.messaging_service_sid
        form: dict[str, Any] = {"To": message.to, "Body": message.text}
        form |= (
            {"MessagingServiceSid": service}
            if service
            else {"From": message.sender or self.credentials.number}
        )
        if message.media_urls:
            form["MediaUrl"] = list(message.media_urls)
        callback = message.status_callback_url or self.context.hook_url
        if callback:
            form["StatusCallback"] = callback
        return form

    def _listed(self, message: OutgoingMessage, since: datetime) -> Iterator[dict[str, Any]]:
        query = {"To": message.to, "DateSent>": f"{since:%Y-%m-%d}", "PageSize": "100"}
        if not self.credentials.messaging_service_sid:
            query["From"] = message.sender or self.credentials.number
        page = self._get(f"{self._account}/Messages.json", query)
        for _ in range(_MAXIMUM_PAGES):
            yield from page.get("messages") or []
            following = page.get("next_page_uri")
            if not following:
                return
            page = self._get(following)
        raise Unavailable("Twilio lists more texts to this number than can be looked through.")

    def _get(self, path: str, query: dict[str, str] | None = None) -> dict[str, Any]:
        answer = self._fetched(f"{self._base}{path}", query)
        if answer.status_code >= 300:
            raise errors.of_lookup(answer)
        try:
            content = answer.json()
        except ValueError as problem:
            raise Unavailable("Twilio gave no readable answer.") from problem
        return content if isinstance(content, dict) else {}

    def _fetched(self, url: str, query: dict[str, str] | None = None) -> httpx2.Response:
        return _guarded_get(self._http, url, self.context.timeout, query)


def _guarded_get(
    http: httpx2.Client, url: str, timeout: float, query: dict[str, str] | None = None
) -> httpx2.Response:
    """The whole answer. Raises Rejected for a huge one, Disconnected, Unavailable."""
    try:
        return whole_answer(http, "GET", url, most=MAXIMUM_MEDIA, params=query, timeout=timeout)
    except AnswerTooLarge as problem:
        raise Rejected("The answer is too big.") from problem
    except AddressRefused as problem:
        raise Disconnected(str(problem)) from problem
    except (httpx2.TransportError, httpx2.InvalidURL) as problem:
        raise Unavailable(f"Twilio cannot be reached: {problem}") from problem


def _accepted(answer: httpx2.Response) -> Sent:
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not isinstance(content, dict) or not content.get("sid"):
        raise Unknown("Twilio said yes in a way that cannot be read.")
    return _sent(content)


def _sent(resource: dict[str, Any]) -> Sent:
    segments = str(resource.get("num_segments") or "")
    count = int(segments) if segments.isascii() and segments.isdigit() and len(segments) < 6 else 0
    return Sent(str(resource["sid"]), segments=count or None)


def _is_text_of(listed: dict[str, Any], message: OutgoingMessage) -> bool:
    """Whether `listed` says what `message` says. Trial accounts put a sentence in front."""
    body = str(listed.get("body"))
    is_same = body == message.text or (body.startswith(_TRIAL) and body.endswith(f" - {message.text}"))
    return is_same and "outbound" in str(listed.get("direction"))


def _moment(value: object) -> datetime | None:
    try:
        return parsedate_to_datetime(str(value)) if value else None
    except ValueError:
        return None
