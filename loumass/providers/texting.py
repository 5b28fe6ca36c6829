"""What every provider of texts needs: numbers, and the words that carriers give a meaning."""

from __future__ import annotations

import re
from datetime import datetime

from loumass.providers.events import HelpAsked, OptedIn, OptedOut

#: https://help.twilio.com/articles/223134027 and the CTIA's messaging principles.
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})

_MEANING: dict[str, type[OptedOut | OptedIn | HelpAsked]] = {
    "STOP": OptedOut,
    "START": OptedIn,
    "HELP": HelpAsked,
}
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def is_e164(number: str) -> bool:
    """Whether `number` is an international number like +13035550142."""
    return bool(_E164.fullmatch(number))


def meaning_of(text: str) -> str:
    """`STOP`, `START` or `HELP` when the text is nothing but one such word; else nothing."""
    word = re.sub(r"[\s\W_]+", "", text).upper()
    if len(text.split()) > 2 or (len(text.split()) == 2 and word not in ("OPTOUT", "STOPALL")):
        return ""
    for meaning, words in (("STOP", STOP_WORDS), ("START", START_WORDS), ("HELP", HELP_WORDS)):
        if word in words:
            return meaning
    return ""


def keyword_event(
    meaning: str, *, sender: str, to: str, at: datetime, keyword: str, is_answered: bool
) -> OptedOut | OptedIn | HelpAsked:
    """The event for `STOP`, `START` or `HELP`."""
    return _MEANING[meaning](
        medium="sms", sender=sender, to=to, at=at, keyword=keyword, is_answered=is_answered
    )
