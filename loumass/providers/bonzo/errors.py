"""Bonzo's answers in our words. It answers as Laravel does: a status, a message, and errors by field."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2

from loumass.providers.errors import Disconnected, ProviderError, Rejected, Throttled, Unavailable, Unknown

OPTED_OUT = "dnc"
DO_NOT_CONTACT = "Bonzo marks this person as do not contact."
_PAUSE, _LONGEST = timedelta(minutes=1), timedelta(days=1)
_BROKEN = {
    401: "Bonzo refused the API token.",
    402: "The Bonzo account is not paid for.",
    403: "The API token may not do this.",
    404: "Bonzo knows no such address. Look at base address and paths.",
    405: "Bonzo knows no such address. Look at base address and paths.",
}


def of_answer(answer: httpx2.Response) -> ProviderError:
    """What an answer of 300 or more to a text means."""
    told = content_of(answer)
    message = str(told.get("message") or f"HTTP {answer.status_code}")[:300]
    if answer.status_code == 429:
        return Throttled(f"Bonzo asks to slow down ({message}).", _pause(answer))
    if answer.status_code in _BROKEN:
        return Disconnected(f"{_BROKEN[answer.status_code]} ({message})")
    if answer.status_code == 503:
        return Unavailable(f"Bonzo is not available ({message}).")
    if answer.status_code >= 500 or answer.status_code == 408:
        return Unknown(
            f"Bonzo failed with HTTP {answer.status_code} after taking the text; it may have gone."
        )
    if not told or answer.status_code < 400:
        return Unavailable(f"What answered was not Bonzo's API ({message}).")
    return _refused(answer.status_code, message, told)


def of_lookup(answer: httpx2.Response) -> ProviderError:
    """What a refused question means: nothing was sent, so nothing is in doubt."""
    error = of_answer(answer)
    if isinstance(error, Unknown | Rejected):
        return Unavailable(f"Bonzo answered HTTP {answer.status_code}.")
    return error


def content_of(answer: httpx2.Response) -> dict[str, Any]:
    """The JSON object that was answered; empty for anything else."""
    try:
        content = answer.json()
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _refused(status: int, message: str, told: dict[str, Any]) -> Rejected:
    fields = told.get("errors")
    wrong = set(fields) if isinstance(fields, dict) else set()
    if "dnc" in wrong or "do not contact" in message.lower():
        return Rejected(DO_NOT_CONTACT, OPTED_OUT, has_opted_out=True)
    if "phone" in wrong:
        return Rejected(f"Bonzo does not take the number: {message}", f"{status}:phone", address_is_dead=True)
    return Rejected(f"Bonzo refused the text: {message}", str(status))


def _pause(answer: httpx2.Response) -> timedelta:
    asked = answer.headers.get("Retry-After", "")
    if asked.isascii() and asked.isdigit() and int(asked[:6]):
        return min(timedelta(seconds=int(asked[:6])), _LONGEST)
    return _PAUSE
