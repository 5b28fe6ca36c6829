"""STOP, START and HELP: words that carriers and regulators give a meaning."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from loumass.contacts.proof import Proof
from loumass.contacts.suppression import lift_address, suppress
from loumass.messages.arriving import PERSON, Meaning
from loumass.messages.senders import sender_of
from loumass.providers.events import HelpAsked, KeywordSent, OptedIn, OptedOut

#: Seen by people, but neither a reply that moves a funnel nor a question.
_HEARD = Meaning(is_human=True, is_reply=False, needs_answer=False)
_ASKED = Meaning(is_human=True, is_reply=False, needs_answer=True)


def obey(said: Iterable[KeywordSent], channel_id: UUID) -> dict[str, Meaning]:
    """Do what the words ask; returns sender -> how the message that carried the word is to be taken.

    A YES from somebody who never opted out is an ordinary answer and is not in it.
    """
    meanings: dict[str, Meaning] = {}
    for word in said:
        match word:
            case OptedOut():
                _opt_out(word, channel_id)
                meanings[word.sender] = _HEARD
            case OptedIn():
                if _opt_in(word, channel_id):
                    meanings[word.sender] = _HEARD
            case HelpAsked():
                meanings[word.sender] = _HEARD if word.is_answered else _ASKED
    return meanings


def meaning_of(sender: str, obeyed: dict[str, Meaning]) -> Meaning:
    """How a message of `sender` is to be taken."""
    return obeyed.get(sender, PERSON)


def _opt_out(word: OptedOut, channel_id: UUID) -> None:
    proof = Proof(_source(word), word.keyword[:100], {"channel_id": channel_id, "at": word.at.isoformat()})
    suppress(word.medium, _addresses(word, channel_id), "unsubscribed", note=_source(word), proof=proof)


def _opt_in(word: OptedIn, channel_id: UUID) -> bool:
    proof = Proof(_source(word), word.keyword[:100], {"channel_id": channel_id, "at": word.at.isoformat()})
    lifted = [
        lift_address(word.medium, address, _source(word), proof=proof)
        for address in _addresses(word, channel_id)
    ]
    return any(lifted)


def _addresses(word: KeywordSent, channel_id: UUID) -> list[str]:
    """The number that spoke, and the one that we keep for its owner: that is the one we would write to."""
    sender = sender_of(word.medium, word.sender, channel_id)
    return [address for address in (sender.address, sender.kept_phone) if address]


def _source(word: KeywordSent) -> str:
    kind = "text" if word.medium == "sms" else "e-mail"
    return f"Their {kind}: {word.keyword[:40]}"
