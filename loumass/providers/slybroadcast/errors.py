"""Slybroadcast answers in sentences: what they mean for us, by the words in them."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx2

from loumass.providers.errors import Disconnected, ProviderError, Rejected, Throttled, Unavailable, Unknown

_PAUSE, _LONGEST = timedelta(minutes=1), timedelta(days=1)
#: First match counts. The vendor documents no list: these are the words of its answers, and what is none of them is a
#: refusal of this one drop.
_BROKEN = re.compile(
    r"c_uid|c_password|login|log in|password|suspend|inactive|not authori[sz]ed|caller ?id", re.I
)
_EMPTY = re.compile(r"credit|balance|insufficient|no (more )?(remaining )?messages|purchase", re.I)
_FAST = re.compile(r"too many|rate limit|throttl|slow down|exceed", re.I)
_AWAY = re.compile(r"try again|unavailable|maintenance|busy|timed? ?out", re.I)
#: Nobody can ever be reached there by a drop.
_DEAD = re.compile(
    r"invalid (c_)?phone|invalid (destination )?number|not a valid (phone )?number|not in service"
    r"|disconnected number|unallocated|landline|not (a )?(mobile|wireless|cell)", re.I,
)  # fmt: skip
_SOUND = re.compile(r"audio|c_url|sound|record|file", re.I)


def of_answer(answer: httpx2.Response) -> ProviderError:
    """What an answer means that is no `OK`. Only what Slybroadcast itself says is final."""
    if answer.status_code == 429:
        return Throttled("Slybroadcast asks to slow down.", _asked_pause(answer))
    if answer.status_code in (401, 403):
        return Disconnected("Slybroadcast refused the login.")
    if answer.status_code == 503:
        return Unavailable("Slybroadcast is not available.")
    if answer.status_code >= 500 or answer.status_code == 408:
        return Unknown(
            f"Slybroadcast failed with HTTP {answer.status_code} after taking the drop; it may go out."
        )
    if answer.status_code >= 300:
        return Unavailable(f"What answered was not Slybroadcast (HTTP {answer.status_code}).")
    return _of_words(answer)


def of_lookup(answer: httpx2.Response) -> ProviderError:
    """The same where nothing was handed over, so that nothing is in doubt and nobody is refused."""
    error = of_answer(answer)
    if isinstance(error, Unknown | Rejected):
        return Unavailable(f"Slybroadcast gave no useful answer: {error.reason}")
    return error


def is_dead(reason: str) -> bool:
    """Whether `reason` says that the number itself cannot be reached by drops."""
    return bool(_DEAD.search(reason))


def _of_words(answer: httpx2.Response) -> ProviderError:
    mark, _, said = answer.text.strip().partition("\n")
    if not mark.upper().startswith("ERROR"):
        return Unknown("Slybroadcast answered in a way that cannot be read; the drop may go out.")
    words = " ".join(f"{mark[5:]} {said}".split()).strip(" :|")[:300] or "no reason given"
    told = f"Slybroadcast says: {words.rstrip('.')}."
    if is_dead(words):
        return Rejected(told, "number", address_is_dead=True)
    if _EMPTY.search(words) or (_BROKEN.search(words) and not _FAST.search(words)):
        lack = "The Slybroadcast account has no drops left. " if _EMPTY.search(words) else ""
        return Disconnected(f"{lack}{told}")
    if _FAST.search(words):
        return Throttled(told, _asked_pause(answer))
    if _AWAY.search(words):
        return Unavailable(told)
    return Rejected(told, "audio" if _SOUND.search(words) else "refused")


def _asked_pause(answer: httpx2.Response) -> timedelta:
    asked = answer.headers.get("Retry-After", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 7:
        return max(min(timedelta(seconds=int(asked)), _LONGEST), timedelta(seconds=1))
    return _PAUSE
