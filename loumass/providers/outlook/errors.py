"""Graph's errors in our words (https://learn.microsoft.com/graph/errors). Those of mailboxes keep Exchange's names
(https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from loumass.providers.errors import Disconnected, ProviderError, Rejected, Throttled, Unavailable, Unknown


class Gone(Unavailable):
    """Outlook does not have what was asked for."""


class Forgotten(Gone):
    """Outlook no longer knows how far we had read: read again by time."""


#: A mailbox that has sent enough for a day: Microsoft does not say for how long, so it is asked again before the day is over.
_SENT_ENOUGH = frozenset({
    "ErrorExceededMessageLimit", "ErrorSendLimitExceeded", "ErrorSubmissionQuotaExceeded", "ErrorRecipientLimitExceeded",
})  # fmt: skip
_ENOUGH_PAUSE = timedelta(hours=1)
_TOO_BIG = frozenset({
    "ErrorMessageSizeExceeded", "ErrorAttachmentSizeLimitExceeded", "ErrorContentLengthExceeded", "RequestBodyTooLarge",
})  # fmt: skip
_NOBODY = frozenset({"ErrorInvalidRecipients", "ErrorInvalidSmtpAddress"})
_FORGOTTEN = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
#: Somebody else changed the draft at the same time: it was not sent.
_NOT_NOW = frozenset({"ErrorIrresolvableConflict", "ErrorItemSaveConflict"})
_BROKEN = {
    "ErrorAccessDenied": "Microsoft does not let us read and send for this mailbox. Sign in again and allow both.",
    "AccessDenied": "Microsoft does not let us read and send for this mailbox. Sign in again and allow both.",
    "Authorization_RequestDenied": "The organization's administrator has to allow this application first.",
    "ErrorSendAsDenied": "This mailbox may not send under the address that the message comes from.",
    "MailboxNotEnabledForRESTAPI": "This account has no mailbox at Microsoft that can be read here.",
    "MailboxNotSupportedForRESTAPI": "This account's mailbox is of a kind that cannot be read here.",
    "ErrorNonExistentMailbox": "This account has no mailbox at Microsoft.",
    "ErrorAccountDisabled": "Microsoft has closed this account.",
    "ErrorMessageSubmissionBlocked": "Microsoft has stopped this mailbox from sending. Its administrator can release it.",
    "ErrorQuotaExceeded": "The mailbox is full. Nothing goes out until there is room again.",
    "QuotaExceeded": "The mailbox is full. Nothing goes out until there is room again.",
}
_WORDS = {code.lower(): sentence for code, sentence in _BROKEN.items()}


def of_answer(
    status: int, body: bytes, headers: Mapping[str, str], now: datetime, *, sends: bool
) -> ProviderError:
    """What an answer that is no success means. `sends`: the request would have sent the message."""
    message, code = _told(body)
    named = _by_name(code, message, status)
    if named is not None:
        return named
    asked_for = _asked_for(headers, now)
    # A gateway that gave up waiting (504) does not know what became of the request.
    if status in (429, 509) or (asked_for is not None and (status == 503 or (status == 504 and not sends))):
        return Throttled("Outlook asks us to go slower.", asked_for or timedelta(minutes=1))
    if sends and status == 404:
        return Unknown("The draft is not there any more: it may have been sent.")
    if sends and (status >= 500 or status < 400):
        return Unknown(f"Outlook took the request and did not say what became of it ({status}).")
    return _refused(status, message, code)


def _by_name(code: str, message: str, status: int) -> ProviderError | None:
    """What the code alone says; None where the status has to."""
    found: ProviderError | None = None
    if code in _SENT_ENOUGH:
        found = Throttled("This mailbox has sent as much as Microsoft allows for now.", _ENOUGH_PAUSE)
    elif code in _NOBODY:
        found = Rejected(f"Outlook takes this for no address: {message}", code, address_is_dead=True)
    elif code in _TOO_BIG or status == 413:
        found = Rejected("The message is larger than Outlook takes.", code or "413")
    elif code.lower() in _WORDS:
        found = Disconnected(_WORDS[code.lower()])
    elif code in _NOT_NOW:
        found = Unavailable("Outlook was changing the draft at the same time.")
    elif code.lower() in _FORGOTTEN or status == 410:
        found = Forgotten("Outlook no longer knows how far this mailbox was read.")
    return found


def _refused(status: int, message: str, code: str) -> ProviderError:
    if status == 401:
        return Disconnected("Microsoft does not accept the sign-in any more. Sign in again.")
    if status == 403:
        return Disconnected(f"Microsoft refuses this mailbox: {message}")
    if status == 404:
        return Gone("Outlook does not have it any more.")
    if status in (400, 405, 406, 411, 414, 415, 422):
        return Rejected(f"Outlook refused it: {message}", code or str(status))
    return Unavailable(f"Outlook cannot do it just now ({status}): {message}")


def _told(body: bytes) -> tuple[str, str]:
    """Microsoft's sentence and its code."""
    try:
        error: Any = json.loads(body)["error"]
        message, code = str(error.get("message") or ""), str(error.get("code") or "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        message, code = "", ""
    return (message.splitlines() or ["no reason given"])[0][:300], code


def _asked_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long Retry-After says to wait: seconds, or a date (RFC 9110, 10.2.3)."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit() and len(told) < 7:
        wait = timedelta(seconds=int(told))
    else:
        try:
            moment = parsedate_to_datetime(told)
        except ValueError:
            return None
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta(seconds=1)), timedelta(days=1))
