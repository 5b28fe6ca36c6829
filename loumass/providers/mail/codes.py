"""What SMTP reply codes and enhanced status codes (RFC 5321, RFC 3463, RFC 7505) mean to us."""

from __future__ import annotations

import re
from datetime import timedelta

#: Status codes that speak of the recipient's address itself (RFC 3463 section 3.2, RFC 7505).
#: 5.1.7 and 5.1.8 speak of the sender and are left out.
DEAD_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_BASIC = re.compile(r"\b([45]\d\d)\b")
_NO_SUCH_USER = re.compile(
    r"(user|mailbox|recipient|account|address)\b.{0,40}\b(unknown|not found|does ?n[o']t exist|invalid)"
    r"|(unknown|no such|invalid) (user|mailbox|recipient|address|account)",
    re.IGNORECASE,
)
_TOO_FAST = re.compile(
    r"rate|too (many|fast|much)|thrott|quota for|limit|slow down|gr[ea]y ?-?list|try again in", re.IGNORECASE
)
#: Refused for good, they say, and mean: enough for today (Gmail 5.4.5, Exchange Online 5.1.90 and its exceptions).
_SENDER_QUOTA = frozenset({"5.4.5", "5.1.90"})
_ENOUGH_FOR_TODAY = re.compile(
    r"submissionquotaexceeded"
    r"|(daily|hourly|per[ -](day|hour)|sending|outgoing|outbound|submission|smtp|relay)[\w ,'-]{0,60}"
    r"\b(limit|quota)\b[\w ,'-]{0,30}\b(exceed|reach|hit)"
    r"|(exceed|reach)ed[\w ,'-]{0,30}\b(daily|hourly|sending|outgoing|outbound|submission)\b[\w ,'-]{0,30}\b(limit|quota)",
    re.IGNORECASE,
)
#: How long a mailbox that has sent enough for today is left alone.
ENOUGH_PAUSE = timedelta(hours=1)
_PAUSE = re.compile(r"(\d{1,5}) ?(s|sec|m|min|h|hour)", re.IGNORECASE)


def enhanced_code(text: str) -> str:
    """The first enhanced status code in `text`, or nothing."""
    match = _ENHANCED.search(text)
    return match[1] if match else ""


def failure_code(text: str) -> str:
    """The enhanced code in `text`, else a basic reply code, else nothing."""
    basic = _BASIC.search(text)
    return enhanced_code(text) or (basic[1] if basic else "")


def is_permanent(code: str) -> bool:
    """Whether `code`, enhanced or basic, is a permanent failure."""
    return code.startswith("5")


def address_is_dead(code: str, text: str) -> bool:
    """Whether a permanent failure says that nobody lives at the address.

    Without an enhanced code the words decide, and only for 550, 551 and 553.
    """
    if _ENHANCED.fullmatch(code):
        return code in DEAD_ADDRESS
    return code in ("550", "551", "553") and bool(_NO_SUCH_USER.search(text))


def is_too_fast(text: str) -> bool:
    """Whether a temporary failure is about our pace rather than about the server."""
    return bool(_TOO_FAST.search(text))


def has_sent_enough(code: str, text: str) -> bool:
    """Whether a permanent refusal only says that this mailbox has sent enough for now. A full recipient is not meant."""
    if code == "5.2.2":
        return False
    return code in _SENDER_QUOTA or bool(_ENOUGH_FOR_TODAY.search(text))


def pause_asked(text: str) -> timedelta:
    """How long a throttling answer wants us to wait: what it says, at most a day, else five minutes."""
    match = _PAUSE.search(text.partition("again in")[2])
    if not match:
        return timedelta(minutes=5)
    unit = {"s": "seconds", "m": "minutes", "h": "hours"}[match[2][0].lower()]
    return min(timedelta(**{unit: int(match[1])}), timedelta(days=1))
