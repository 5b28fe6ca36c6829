"""Twilio's error numbers in our words (https://www.twilio.com/docs/api/errors)."""

from __future__ import annotations

from datetime import timedelta

import httpx2

from loumass.providers.errors import Disconnected, ProviderError, Rejected, Throttled, Unavailable, Unknown

#: No handset can ever be reached at the number.
DEAD_NUMBER = {
    21211: "The number is not valid.",
    21217: "The number is not valid.",
    21614: "The number cannot receive texts.",
    30005: "The number does not exist.",
    30006: "The number is a landline or cannot be reached by texts.",
    21421: "The number is not valid.",
    21635: "The number is a landline.",
}
#: The person said STOP to this sender; Twilio blocks by itself.
OPTED_OUT = 21610
#: This text, or texts to this person, will not go; others will.
REFUSED = {
    OPTED_OUT: "The person opted out by texting STOP.",
    21408: "Texts to this country are not switched on in the Twilio account.",
    21612: "Twilio cannot route from this number to that one.",
    21617: "The text is longer than 1,600 characters.",
    21619: "The text is empty.",
    21602: "The text is empty.",
    30004: "The person or their carrier blocks texts.",
    30007: "The carrier filtered the text as spam.",
    30034: "The carrier blocks texts from unregistered numbers (A2P 10DLC).",
}
#: Nothing will go out until somebody mends the account or the sender.
BROKEN = {
    20003: "Twilio refused account SID and auth token.",
    20005: "The Twilio account is suspended.",
    20404: "Twilio does not know this account.",
    21212: "The sender's number is not valid.",
    21603: "The sender's number is missing.",
    21606: "The sender's number does not belong to the account or cannot send texts.",
    21659: "The sender's number does not belong to the account.",
    21660: "The sender's number belongs to another account.",
    21701: "The messaging service does not exist.",
    21703: "The messaging service has no numbers.",
    30002: "The Twilio account is suspended.",
    63007: "The sender is not set up at Twilio.",
}
TOO_FAST = {
    14107: timedelta(seconds=30),
    20429: timedelta(seconds=30),
    21611: timedelta(minutes=10),  # this number's queue is full
    30001: timedelta(minutes=10),
    30022: timedelta(minutes=1),
    30023: timedelta(hours=6),  # the brand's daily cap
    63038: timedelta(hours=6),  # the account's daily cap
}


def of_answer(answer: httpx2.Response) -> ProviderError:
    """What an HTTP answer of 300 or more means. Only what Twilio itself says, by its number, is final."""
    code, message = _told(answer)
    if code in TOO_FAST or answer.status_code == 429:
        return Throttled(f"Twilio asks to slow down ({message}).", _pause(answer, TOO_FAST.get(code)))
    if code in BROKEN or answer.status_code in (401, 403):
        return Disconnected(f"{BROKEN.get(code) or 'Twilio refused the login.'} ({_label(code)}{message})")
    if answer.status_code == 503:
        return Unavailable(f"Twilio is not available ({message}).")
    if answer.status_code >= 500 or answer.status_code == 408:
        return Unknown(
            f"Twilio failed with HTTP {answer.status_code} after taking the text; it may have gone."
        )
    return _refused(code, message)


def _refused(code: int, message: str) -> ProviderError:
    if not code:
        return Unavailable(f"What answered was not Twilio's API ({message}).")
    return Rejected(
        DEAD_NUMBER.get(code) or REFUSED.get(code) or f"Twilio refused the text: {message}",
        str(code),
        address_is_dead=code in DEAD_NUMBER,
        has_opted_out=code == OPTED_OUT,
    )


def of_lookup(answer: httpx2.Response) -> ProviderError:
    """What a refused GET means: nothing was sent, so nothing is in doubt."""
    error = of_answer(answer)
    if isinstance(error, Unknown | Rejected):
        return Unavailable(f"Twilio answered HTTP {answer.status_code}.")
    return error


def reason_of(code: int) -> str:
    """A sentence for an error number of a status callback."""
    return DEAD_NUMBER.get(code) or REFUSED.get(code) or BROKEN.get(code) or ""


def _told(answer: httpx2.Response) -> tuple[int, str]:
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return 0, f"HTTP {answer.status_code}"
    code = content.get("code")
    return (code if isinstance(code, int) else 0), str(content.get("message") or f"HTTP {answer.status_code}")


def _pause(answer: httpx2.Response, default: timedelta | None) -> timedelta:
    asked = answer.headers.get("Retry-After", "")
    if asked.isascii() and asked.isdigit():
        return min(timedelta(seconds=int(asked[:6])), timedelta(days=1))
    return default or timedelta(seconds=30)


def _label(code: int) -> str:
    return f"{code}: " if code else ""
