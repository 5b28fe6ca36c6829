"""What Twilio calls us with: signatures (https://www.twilio.com/docs/usage/security) and meaning."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

from loumass.providers.base import HookAnswer, HookRequest, StoredItem
from loumass.providers.errors import Forged
from loumass.providers.events import Media, MessageArrived, MessageBounced, MessageDelivered, ProviderEvent
from loumass.providers.texting import keyword_event, meaning_of
from loumass.providers.twilio import errors

EMPTY_ANSWER = HookAnswer(
    b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>', "text/xml; charset=utf-8"
)
_MAXIMUM_MEDIA = 10


def verify(hook: HookRequest, public_url: str, token: str) -> None:
    """Raises Forged unless `hook` is signed over its public address and exactly these bytes."""
    given = hook.headers.get("x-twilio-signature", "")
    if not given:
        raise Forged("The call carries no signature.")
    target = public_url + hook.target
    signed = "" if _is_json(hook) else _joined(hook.body)
    if _is_json(hook):
        _verify_body_hash(hook)
    matches = [
        hmac.compare_digest(given.encode(errors="replace"), _signature(url + signed, token))
        for url in _spellings(target)
    ]
    if not any(matches):
        raise Forged("The signature does not fit.")


def identity(hook: HookRequest) -> str:
    """From signed fields, so that nobody can present one call as two; else a hash of the body.

    I-Twilio-Idempotency-Token is not covered by the signature and is therefore not used.
    """
    fields = _fields(hook.body, is_json=_is_json(hook))
    sid = fields.get("MessageSid") or fields.get("SmsSid")
    if not sid:
        return f"body:{hashlib.sha256(hook.body).hexdigest()}"
    status = fields.get("MessageStatus") or fields.get("SmsStatus") or "received"
    return f"{sid}:{status}:{fields.get('ErrorCode', '')}".rstrip(":")


def account_and_number(hook: HookRequest) -> tuple[str, str]:
    """AccountSid and the number of ours that the call is about, unproven: where to look for the channel."""
    fields = _fields(hook.body, is_json=_is_json(hook))
    ours = "From" if _is_report(fields) else "To"
    account, number = fields.get("AccountSid", ""), fields.get(ours, "")
    return _plain(account), _plain(number)


def parse(item: StoredItem) -> list[ProviderEvent]:
    """A text with its keyword, or what became of one of ours. Empty for what means nothing to us."""
    is_json = "json" in item.headers.get("content-type", "")
    fields = _fields(item.body, is_json=is_json)
    if _is_report(fields):
        return list(_report(fields, item))
    if fields.get("From") and (fields.get("MessageSid") or fields.get("SmsSid")):
        return list(_text(fields, item))
    return []


def _report(fields: dict[str, str], item: StoredItem) -> Iterator[ProviderEvent]:
    sid, status = fields.get("MessageSid") or fields.get("SmsSid") or "", _status(fields)
    recipient = fields.get("To", "")
    if status in ("delivered", "read"):
        yield MessageDelivered(at=item.received_at, provider_message_id=sid, recipient=recipient)
    elif status in ("undelivered", "failed"):
        code = fields.get("ErrorCode", "")
        number = _count(code)
        yield MessageBounced(
            at=item.received_at,
            provider_message_id=sid,
            recipient=recipient,
            permanent=number in errors.DEAD_NUMBER,
            code=code,
            reason=errors.reason_of(number) or fields.get("ErrorMessage") or f"The text was {status}.",
            address_is_dead=number in errors.DEAD_NUMBER,
        )
        if number == errors.OPTED_OUT:
            yield keyword_event(
                "STOP",
                sender=recipient,
                to=fields.get("From", ""),
                at=item.received_at,
                keyword="STOP",
                is_answered=True,
            )


def _text(fields: dict[str, str], item: StoredItem) -> Iterator[ProviderEvent]:
    sender, to, text = fields["From"], fields.get("To", ""), fields.get("Body", "")
    yield MessageArrived(
        medium="sms",
        sender=sender,
        to=(to,) if to else (),
        received_at=item.received_at,
        provider_message_id=fields.get("MessageSid") or fields.get("SmsSid") or "",
        text=text,
        reply_text=text,
        media=tuple(_media(fields)),
    )
    told = fields.get("OptOutType", "").upper()
    meaning = told if told in ("STOP", "START", "HELP") else meaning_of(text)
    if meaning:
        yield keyword_event(
            meaning, sender=sender, to=to, at=item.received_at, keyword=text.strip(), is_answered=True
        )


def _media(fields: dict[str, str]) -> Iterator[Media]:
    for position in range(min(_count(fields.get("NumMedia", "")), _MAXIMUM_MEDIA)):
        url = fields.get(f"MediaUrl{position}")
        if url:
            yield Media(url, fields.get(f"MediaContentType{position}") or "application/octet-stream")


def _count(value: str) -> int:
    """A small whole number; 0 for whatever else stands there."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def _plain(value: str) -> str:
    """`value` as an account or number may be written; nothing for what cannot be one."""
    return value if len(value) <= 100 and value.isascii() and value.isprintable() else ""


def _is_report(fields: dict[str, str]) -> bool:
    return bool(_status(fields)) and _status(fields) not in ("received", "receiving")


def _status(fields: dict[str, str]) -> str:
    return (fields.get("MessageStatus") or fields.get("SmsStatus") or "").lower()


def _is_json(hook: HookRequest) -> bool:
    return "json" in hook.headers.get("content-type", "")


def _verify_body_hash(hook: HookRequest) -> None:
    given = parse_qs(urlsplit(hook.target).query).get("bodySHA256", [""])[0]
    if not hmac.compare_digest(
        given.lower().encode(errors="replace"), hashlib.sha256(hook.body).hexdigest().encode()
    ):
        raise Forged("The body is not the one that was signed.")


def _joined(body: bytes) -> str:
    """Form fields as they are signed: by name, each once per distinct value."""
    fields = parse_qsl(
        body.decode("utf-8", "surrogateescape"), keep_blank_values=True, errors="surrogateescape"
    )
    return "".join(name + value for name, value in sorted(set(fields)))


def _signature(signed: str, token: str) -> bytes:
    return base64.b64encode(hmac.digest(token.encode(), signed.encode("utf-8", "surrogateescape"), "sha1"))


def _spellings(url: str) -> list[str]:
    """The address with and without its default port: Twilio signs either, depending on the product."""
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    spellings = [url]
    if parts.port is None:
        spellings.append(urlunsplit(parts._replace(netloc=f"{parts.netloc}:{default}")))
    elif parts.port == default:
        spellings.append(urlunsplit(parts._replace(netloc=parts.netloc.rsplit(":", 1)[0])))
    return spellings


def _fields(body: bytes, *, is_json: bool) -> dict[str, str]:
    text = body.decode("utf-8", "replace")
    if not is_json:
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {str(name): str(value) for name, value in content.items() if isinstance(value, str | int)}
