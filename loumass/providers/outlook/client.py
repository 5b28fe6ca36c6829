"""An Outlook mailbox: sends by a draft, so that a crash can be settled, and reads by what changed in its folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from loumass.providers.errors import Disconnected, NotSent, ProviderError, Rejected, Sent, Unavailable
from loumass.providers.events import ProviderEvent
from loumass.providers.mail import mailbox_items
from loumass.providers.oauth import SignedIn
from loumass.providers.outlook import inbound, reading, watching
from loumass.providers.outlook.api import Api
from loumass.providers.outlook.credentials import MICROSOFT, OutlookCredentials
from loumass.providers.outlook.drafts import SHOWN, Draft, path_of, same_id
from loumass.providers.outlook.errors import Gone

#: Graph takes requests of 4 MB, an e-mail goes in base64, and there is no way to hand one over in pieces
#: (https://learn.microsoft.com/graph/outlook-send-mime-message).
MAXIMUM_MESSAGE = 3 * 1024 * 1024
#: From here on Graph has been seen to say yes and keep nothing (microsoft-graph-docs issue 13979).
_DOUBTFUL = 2 * 1024 * 1024
_NEEDED = frozenset({"mail.readwrite", "mail.send"})
_TOO_BIG = "The message is larger than Outlook takes from other programs (3 MB). Send large files as links."
log = structlog.get_logger("outlook")


class Outlook(Provider):
    """One mailbox at Microsoft."""

    kind, medium, Credentials = "outlook", "email", OutlookCredentials
    label = "Outlook"
    summary = (
        "A Microsoft 365 or Outlook.com mailbox: sign in with Microsoft, send as you, see replies at once."
    )
    signs_in = MICROSOFT
    mail_server = "outlook.com"
    capabilities = frozenset(
        {Capability.DRAFTS, Capability.FINDS, Capability.POLLED, Capability.WATCHED, Capability.HOOKS}
    )

    credentials: OutlookCredentials

    def __init__(self, credentials: OutlookCredentials, context: ProviderContext) -> None:
        super().__init__(credentials, context)
        self._api = Api(credentials, context)

    def close(self) -> None:
        """Give back the kept connection."""
        self._api.close()

    def draft(self, message: OutgoingMessage) -> str:
        """The draft as `send` and `find` take it. Raises ProviderError, never Unknown."""
        refuse_control_characters(message)
        if len(message.mime) > MAXIMUM_MESSAGE:
            raise Rejected(_TOO_BIG, "413")
        left = self._left_draft(message) if message.attempts > 1 else None
        made = left or self._api.post_mime("/me/messages", message.mime_with_blind)
        if made.get("id"):
            return str(Draft.of(made))
        if len(message.mime) > _DOUBTFUL:
            raise Rejected(_TOO_BIG, "413")
        raise Unavailable("Outlook kept no draft.")

    def send(self, message: OutgoingMessage) -> Sent:
        """Send the draft. Raises ProviderError values."""
        if not message.draft_id:
            message = replace(message, draft_id=self.draft(message))
        draft = Draft.read(message.draft_id)
        try:
            self._api.send(f"{path_of(draft.id)}/send")
        except Rejected:
            self._discard(draft)
            raise
        return self._as_sent(draft, message)

    def find(self, message: OutgoingMessage) -> Sent | NotSent | None:
        """A draft that was never noted, or that still lies among the drafts, was not sent; else only finding the message
        counts."""
        if not message.draft_id:
            return NotSent()
        draft = Draft.read(message.draft_id)
        try:
            told = self._api.get(path_of(draft.id), {"$select": f"{SHOWN},isDraft,parentFolderId"})
        except Gone:
            return self._in_sent_items(draft, message)
        if not told.get("isDraft"):
            return Draft.of(told).sent()
        # In the outbox, or wherever somebody put it, it proves nothing.
        drafts = self._api.get("/me/mailFolders/drafts", {"$select": "id"})
        return NotSent() if told.get("parentFolderId") == drafts.get("id") else None

    def check(self) -> str:
        """Ask for the account and its inbox; touches nothing."""
        mailbox = _mailbox(self._api)
        return f"Signed in to {mailbox or self.credentials.mailbox}."

    def fetch(self, cursor: Mapping[str, Any], sent: Sequence[SentRecord] = ()) -> FetchedBatch:
        """What arrived since `cursor`, folder by folder; by time where Outlook forgot how far we had read."""
        return reading.fetch(self._api, cursor, self.context.now())

    def watch(self, state: Mapping[str, Any]) -> Watch | None:
        """Have Outlook tell us of what arrives; None where it cannot call us."""
        return watching.watch(self._api, state, self.context.hook_url, self.context.now())

    def unwatch(self, state: Mapping[str, Any]) -> None:
        """End the subscriptions."""
        watching.unwatch(self._api, state)

    @classmethod
    def of_sign_in(cls, signed_in: SignedIn, scopes: frozenset[str], context: ProviderContext) -> SignedIn:
        """The same with its mailbox. Raises Disconnected where reading and sending were not allowed."""
        # Microsoft names what was allowed with or without the address of Graph, in any case.
        allowed = {scope.rsplit("/", 1)[-1].lower() for scope in scopes}
        if not allowed.issuperset(_NEEDED):
            raise Disconnected(
                "Microsoft was not allowed to let us read and send. Sign in again and allow both."
            )
        api = Api(OutlookCredentials.model_validate(signed_in.model_dump()), context)
        try:
            mailbox = _mailbox(api)
        finally:
            api.close()
        if "@" not in mailbox:
            raise Disconnected("This Microsoft account has no mailbox.")
        return signed_in.model_copy(update={"mailbox": mailbox})

    @classmethod
    def greeted(cls, hook: HookRequest) -> HookAnswer | None:
        """Microsoft asks whether we are there before it promises to call."""
        return inbound.greeted(hook)

    def verify(self, hook: HookRequest) -> None:
        """Raises Forged unless each notification carries what only we told Microsoft for this address."""
        inbound.verify(hook, self.context.public_url, self.context.hook_url)

    def identity(self, hook: HookRequest) -> str:
        """What changed: the same for every repetition."""
        return inbound.identity(hook, self.context.now())

    def answer(self, hook: HookRequest) -> HookAnswer:
        """Taken; what it means is found out later."""
        return HookAnswer(status=202)

    def parse(self, item: StoredItem) -> list[ProviderEvent]:
        """Mail as it was read; a notification says only that there is some, or that no more will come."""
        if item.meta.get("kind") != "mail":
            return [inbound.change(item.body)]
        return mailbox_items.parse(item, self.credentials.mailbox)

    def _left_draft(self, message: OutgoingMessage) -> dict[str, Any] | None:
        """What an earlier try stored without hearing so."""
        query = {"$filter": same_id(message.message_id), "$select": f"{SHOWN},isDraft", "$top": "1"}
        found = self._api.get("/me/mailFolders/drafts/messages", query)
        return next((one for one in found.get("value") or [] if one.get("isDraft")), None)

    def _as_sent(self, draft: Draft, message: OutgoingMessage) -> Sent:
        """Exchange may have given it another Message-ID: follow-ups must name that. It was sent whatever comes of asking,
        and may still be on its way."""
        known = replace(draft, message_id=draft.message_id or message.message_id)
        try:
            return Draft.of(self._api.get(path_of(draft.id), {"$select": SHOWN}), known).sent()
        except Gone:
            return known.sent()
        except ProviderError as problem:
            log.warning("outlook.message_id_unknown", message=draft.id, problem=problem.reason)
            return known.sent()

    def _in_sent_items(self, draft: Draft, message: OutgoingMessage) -> Sent | None:
        for message_id in dict.fromkeys(filter(None, (draft.message_id, message.message_id))):
            query = {"$filter": same_id(message_id), "$select": f"{SHOWN},isDraft", "$top": "1"}
            for one in self._api.get("/me/mailFolders/sentitems/messages", query).get("value") or []:
                if not one.get("isDraft"):
                    return Draft.of(one).sent()
        return None

    def _discard(self, draft: Draft) -> None:
        """Nobody wants to find what can never be sent among their drafts."""
        try:
            self._api.delete(path_of(draft.id))
        except ProviderError as problem:
            log.info("outlook.draft_left", message=draft.id, problem=problem.reason)


def _mailbox(api: Api) -> str:
    """The address of the account, which has an inbox. Raises ProviderError."""
    api.get("/me/mailFolders/inbox", {"$select": "id"})
    account = api.get("/me", {"$select": "mail,userPrincipalName"})
    return str(account.get("mail") or account.get("userPrincipalName") or "")
