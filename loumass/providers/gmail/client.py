"""A Gmail mailbox: sends by a draft, so that a crash can be settled, and reads by the mailbox's history."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import structlog

from loumass.providers.base import (
    Capability,
    FetchedBatch,
    HookAnswer,
    HookRequest,
    OutgoingMessage,
    Provider,
    ProviderContext,
    SentRecord,
    StoredItem,
    Watch,
    refuse_control_characters,
)
from loumass.providers.errors import Disconnected, NotSent, ProviderError, Rejected, Sent
from loumass.providers.events import MailboxChanged, ProviderEvent
from loumass.providers.gmail import push, reading
from loumass.providers.gmail.api import Api, Gone
from loumass.providers.gmail.credentials import GOOGLE, GmailCredentials
from loumass.providers.mail import mailbox_items
from loumass.providers.oauth import SignedIn

#: Larger messages are uploaded instead of written into the request.
_INLINE = 3 * 1024 * 1024
#: What Gmail sends, attachments in base64 included.
MAXIMUM_MESSAGE = 25_000_000
_ORIGINAL = "X-Google-Original-Message-ID"
log = structlog.get_logger("gmail")


class Gmail(Provider):
    """One mailbox at Google."""

    kind, medium, Credentials = "gmail", "email", GmailCredentials
    label = "Gmail"
    summary = "A Gmail or Google Workspace mailbox: sign in with Google, send as you, see replies at once."
    signs_in = GOOGLE
    mail_server = "gmail.com"
    signs_calls, calls_all = False, True
    capabilities = frozenset(
        {Capability.DRAFTS, Capability.FINDS, Capability.POLLED, Capability.WATCHED, Capability.HOOKS}
    )

    credentials: GmailCredentials

    def __init__(self, credentials: GmailCredentials, context: ProviderContext) -> None:
        super().__init__(credentials, context)
        self._api = Api(credentials, context)

    def close(self) -> None:
        """Give back the kept connection."""
        self._api.close()

    def draft(self, message: OutgoingMessage) -> str:
        """Draft and thread, as `send` and `find` take them. Raises ProviderError, never Unknown."""
        if len(message.mime) > MAXIMUM_MESSAGE:
            raise Rejected("The message is larger than Gmail takes.", "413")
        made = self._left_draft(message) if message.attempts > 1 else None
        if made is None:
            made = self._api.ask("draft", lambda users: _create(users, message))
        return f"{made['id']}/{made.get('message', {}).get('threadId', '')}"

    def send(self, message: OutgoingMessage) -> Sent:
        """Send the draft. Raises ProviderError values."""
        refuse_control_characters(message)
        if not message.draft_id:
            message = replace(message, draft_id=self.draft(message))
        draft_id, _, _ = message.draft_id.partition("/")
        sent = self._api.ask(
            "send", lambda users: users.drafts().send(userId="me", body={"id": draft_id}), sends=True
        )
        sent_id = str(sent.get("id") or "")
        return Sent(
            sent_id, self._message_id(sent_id, message.message_id), str(sent.get("threadId") or "") or None
        )

    def find(self, message: OutgoingMessage) -> Sent | NotSent | None:
        """A draft that was never noted, or that is still there, was not sent; else only finding the message counts."""
        if not message.draft_id:
            return NotSent()
        draft_id, _, thread_id = message.draft_id.partition("/")
        try:
            self._api.ask("get", lambda users: users.drafts().get(userId="me", id=draft_id, format="minimal"))
            return NotSent()
        except Gone:
            return self._sent_in(thread_id, message) or self._sent_by_id(message)

    def check(self) -> str:
        """Ask for the mailbox; touches nothing."""
        profile = self._api.ask("profile", lambda users: users.getProfile(userId="me"))
        return f"Signed in to {profile.get('emailAddress') or self.credentials.mailbox}."

    def fetch(self, cursor: Mapping[str, Any], sent: Sequence[SentRecord] = ()) -> FetchedBatch:
        """What arrived since `cursor`, by the mailbox's history; by time where Gmail forgot that."""
        return reading.fetch(self._api, cursor, self.context.now())

    def watch(self, state: Mapping[str, Any]) -> Watch | None:
        """Have Gmail tell the topic of every change; ends after a week. None without a topic."""
        topic = self.credentials.topic
        if not topic:
            return None
        told = self._api.ask("watch", lambda users: users.watch(userId="me", body={"topicName": topic}))
        return Watch(datetime.fromtimestamp(int(told["expiration"]) / 1000, UTC), {})

    def unwatch(self, state: Mapping[str, Any]) -> None:
        """Have Gmail tell nobody. Not where the application is the installation's: another organization may have the same
        mailbox, and Gmail stops for all."""
        if self.credentials.client_of == "organization":
            self._api.ask("stop", lambda users: users.stop(userId="me"))

    @classmethod
    def of_sign_in(cls, signed_in: SignedIn, scopes: frozenset[str], context: ProviderContext) -> SignedIn:
        """The same with its mailbox. Raises Disconnected where reading and sending were not allowed."""
        if not scopes.issuperset(GOOGLE.scopes):
            raise Disconnected(
                "Google was not allowed to let us read and send. Sign in again and tick that box."
            )
        api = Api(GmailCredentials.model_validate(signed_in.model_dump()), context)
        try:
            profile = api.ask("profile", lambda users: users.getProfile(userId="me"))
        finally:
            api.close()
        mailbox = str(profile.get("emailAddress") or "")
        if "@" not in mailbox:
            raise Disconnected("This Google account has no mailbox.")
        return signed_in.model_copy(update={"mailbox": mailbox})

    @classmethod
    def addressee(cls, hook: HookRequest) -> tuple[str, str]:
        """The mailbox that changed."""
        mailbox = push.mailbox_of(hook)
        return mailbox, mailbox

    @classmethod
    def look_up(cls, hook: HookRequest, context: ProviderContext) -> None:
        """Fetch Google's public keys, unless they are known."""
        push.look_up(hook, context)

    def verify(self, hook: HookRequest) -> None:
        """Raises Forged unless Google signed the call for us, as the expected service account."""
        audience = f"{self.context.public_url}/hooks/gmail"
        push.verify(hook, audience, self.credentials.pusher, self.context.now())

    def identity(self, hook: HookRequest) -> str:
        """The notification's own id."""
        return push.identity(hook)

    def answer(self, hook: HookRequest) -> HookAnswer:
        """Nothing: taken."""
        return HookAnswer(status=204)

    def parse(self, item: StoredItem) -> list[ProviderEvent]:
        """Mail as it was read; a notification says only that there is some."""
        if item.meta.get("kind") != "mail":
            return [MailboxChanged()]
        return mailbox_items.parse(item, self.credentials.mailbox)

    def _left_draft(self, message: OutgoingMessage) -> dict[str, Any] | None:
        """What an earlier try stored without hearing so."""
        query = f"rfc822msgid:{message.message_id}"
        found = self._api.ask("list", lambda users: users.drafts().list(userId="me", q=query, maxResults=1))
        return next(iter(found.get("drafts") or []), None)

    def _message_id(self, sent_id: str, ours: str) -> str:
        """Gmail may have given it another Message-ID: follow-ups must name that. It was sent whatever comes of asking."""
        try:
            headers = _headers(self._metadata(sent_id))
        except ProviderError as problem:
            log.warning("gmail.message_id_unknown", message=sent_id, problem=problem.reason)
            return ours
        return headers.get("message-id") or ours

    def _metadata(self, sent_id: str) -> dict[str, Any]:
        return self._api.ask(
            "get",
            lambda users: users.messages().get(
                userId="me", id=sent_id, format="metadata", metadataHeaders=["Message-ID", _ORIGINAL]
            ),
        )

    def _sent_in(self, thread_id: str, message: OutgoingMessage) -> Sent | None:
        if not thread_id:
            return None
        try:
            thread = self._api.ask(
                "thread",
                lambda users: users.threads().get(
                    userId="me", id=thread_id, format="metadata", metadataHeaders=["Message-ID", _ORIGINAL]
                ),
            )
        except Gone:
            return None
        found = (one for one in thread.get("messages") or [] if _is_sent(one) and _is_named(one, message))
        return next((_found(one) for one in found), None)

    def _sent_by_id(self, message: OutgoingMessage) -> Sent | None:
        query = f"rfc822msgid:{message.message_id}"
        listed = self._api.ask(
            "list",
            lambda users: users.messages().list(userId="me", q=query, includeSpamTrash=True, maxResults=5),
        )
        for one in listed.get("messages") or []:
            told = self._metadata(str(one["id"]))
            if _is_sent(told):
                return _found(told)
        return None


def _create(users: Any, message: OutgoingMessage) -> Any:
    thread = {"threadId": message.thread_id} if message.thread_id else {}
    mime = message.mime_with_blind
    if len(mime) <= _INLINE:
        raw = base64.urlsafe_b64encode(mime).decode()
        return users.drafts().create(userId="me", body={"message": {"raw": raw, **thread}})
    from googleapiclient.http import MediaIoBaseUpload

    upload = MediaIoBaseUpload(BytesIO(mime), "message/rfc822")
    return users.drafts().create(userId="me", body={"message": thread}, media_body=upload)


def _is_sent(told: Mapping[str, Any]) -> bool:
    return "SENT" in (told.get("labelIds") or ())


def _is_named(told: Mapping[str, Any], message: OutgoingMessage) -> bool:
    headers = _headers(told)
    return message.message_id in (headers.get("message-id"), headers.get(_ORIGINAL.lower()))


def _found(told: Mapping[str, Any]) -> Sent:
    return Sent(
        str(told["id"]), _headers(told).get("message-id", ""), str(told.get("threadId") or "") or None
    )


def _headers(told: Mapping[str, Any]) -> dict[str, str]:
    listed = (told.get("payload") or {}).get("headers") or []
    return {str(one["name"]).lower(): str(one["value"]).strip().strip("<>") for one in listed}
