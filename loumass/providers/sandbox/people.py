"""How invented people react. Pure: the same message to the same address always has the same effect.

An address can ask for a behaviour by name, so that anybody can see any case on purpose:
`anna.replies@example.com`, `bob.bounces@...`, or a number that ends in one of `NUMBERS`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random
from uuid import UUID

from loumass.providers.sandbox import phrases


class Handover(StrEnum):
    """What the sandbox's server says when a message is handed over."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    DISCONNECTED = "disconnected"
    SENT_IN_DOUBT = "sent-in-doubt"  # no answer came, but it went
    LOST_IN_DOUBT = "lost-in-doubt"  # no answer came, and it did not go


class Deed(StrEnum):
    """What happens to a message that was accepted."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    MAILBOX_FULL = "mailbox full"
    REPLIED = "replied"
    OUT_OF_OFFICE = "out of office"
    OPTED_OUT = "opted out"
    COMPLAINED = "complained"
    ASKED_FOR_HELP = "asked for help"


class Character(StrEnum):
    """How somebody is. The value is what an address can ask for."""

    BOUNCES = "bounces"
    FULL = "full"
    AWAY = "away"
    REPLIES = "replies"
    DECLINES = "declines"
    ASKS = "asks"
    OPTS_OUT = "optsout"
    COMPLAINS = "complains"
    HELP = "help"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Reaction:
    """One thing that one person does `after` they were written to, at ordinary speed."""

    deed: Deed
    after: timedelta
    text: str = ""


#: Last four digits of numbers that behave on purpose; all others are as people are.
NUMBERS: dict[str, Character | Handover] = {
    "0110": Character.REPLIES,
    "0111": Character.DECLINES,
    "0112": Character.ASKS,
    "0113": Character.OPTS_OUT,
    "0114": Character.HELP,
    "0115": Character.BOUNCES,
    "0116": Character.FULL,
    "0117": Character.SILENT,
    "0190": Handover.REJECTED,
    "0191": Handover.THROTTLED,
    "0192": Handover.UNAVAILABLE,
    "0193": Handover.DISCONNECTED,
    "0194": Handover.SENT_IN_DOUBT,
    "0195": Handover.LOST_IN_DOUBT,
}

#: Of a thousand people, about as many are like this as cold outreach usually meets.
_PEOPLE: tuple[tuple[Character, int], ...] = (
    (Character.BOUNCES, 25),
    (Character.FULL, 10),
    (Character.AWAY, 60),
    (Character.REPLIES, 110),
    (Character.DECLINES, 70),
    (Character.ASKS, 60),
    (Character.OPTS_OUT, 20),
    (Character.COMPLAINS, 2),
)
_ANSWERS: dict[Character, tuple[str, ...]] = {
    Character.REPLIES: phrases.GLAD,
    Character.DECLINES: phrases.NO,
    Character.ASKS: phrases.QUESTIONS,
}
#: The chance that an accepted message is answered by somebody who answers at all and was not asked to.
_CHANCE_OF_ANSWER = 0.45


def handover_of(address: str) -> Handover:
    """What happens when a message to `address` is handed over."""
    wanted = _asked_for(address)
    return wanted if isinstance(wanted, Handover) else Handover.ACCEPTED


def reactions(message_id: UUID, address: str, medium: str, seed: str) -> Iterator[Reaction]:
    """What comes of one message, in order of time."""
    wanted = _asked_for(address)
    if isinstance(wanted, Handover) and wanted not in (Handover.ACCEPTED, Handover.SENT_IN_DOUBT):
        return
    on_purpose = isinstance(wanted, Character)
    character = wanted if isinstance(wanted, Character) else _character(address, medium, seed)
    dice = _dice(seed, str(message_id), address)
    if character is Character.BOUNCES:
        yield Reaction(Deed.BOUNCED, timedelta(seconds=dice.uniform(4, 60)))
    elif character is Character.FULL:
        yield Reaction(Deed.MAILBOX_FULL, timedelta(minutes=dice.uniform(1, 30)))
    else:
        yield Reaction(Deed.DELIVERED, timedelta(seconds=dice.uniform(2, 20)))
        yield from _conscious(character, medium, dice, on_purpose)


def _conscious(character: Character, medium: str, dice: Random, on_purpose: bool) -> Iterator[Reaction]:
    """What a person does who got the message."""
    if character is Character.AWAY and medium == "email":
        yield Reaction(Deed.OUT_OF_OFFICE, timedelta(seconds=dice.uniform(30, 90)), dice.choice(phrases.AWAY))
    if character is Character.OPTS_OUT:
        yield Reaction(Deed.OPTED_OUT, _thinking(dice, medium), dice.choice(phrases.STOP))
    if character is Character.COMPLAINS and medium == "email":
        yield Reaction(Deed.COMPLAINED, _thinking(dice, medium))
    if character is Character.HELP and medium == "sms":
        yield Reaction(Deed.ASKED_FOR_HELP, _thinking(dice, medium), "HELP")
    answers = _ANSWERS.get(character)
    if answers and (on_purpose or dice.random() < _CHANCE_OF_ANSWER):
        yield Reaction(Deed.REPLIED, _thinking(dice, medium), dice.choice(answers))


def _thinking(dice: Random, medium: str) -> timedelta:
    """Most answer within hours, some after days; texts are read sooner."""
    hours = dice.lognormvariate(1.0 if medium == "email" else -1.2, 1.1)
    return timedelta(hours=min(max(hours, 0.05), 72))


def _character(address: str, medium: str, seed: str) -> Character:
    drawn = _dice(seed, medium, address).randrange(1000)
    for character, share in _PEOPLE:
        if drawn < share:
            return character
        drawn -= share
    return Character.SILENT


def _asked_for(address: str) -> Character | Handover | None:
    if "@" not in address:
        return NUMBERS.get(address[-4:])
    words = re.split(r"[^a-z]+", address.rpartition("@")[0].lower())
    spelled = address.rpartition("@")[0].lower()
    for handover in Handover:
        if handover is not Handover.ACCEPTED and handover in spelled:
            return handover
    return next((character for character in Character if character in words), None)


def _dice(*parts: str) -> Random:
    digest = hashlib.sha256("\0".join(part.casefold() for part in parts).encode()).digest()
    return Random(int.from_bytes(digest[:8]))  # noqa: S311  a simulation, not a secret
