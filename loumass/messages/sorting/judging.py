"""What an answer says, judged by its words alone. Pure: the same words are always the same kind, and the words say why.

Nothing sure is no kind: an answer that a person has to read is better than one that is put aside wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from loumass.messages.opt_out_words import asks_to_stop
from loumass.messages.out_of_office import says_away
from loumass.messages.sorting import words_english as english
from loumass.messages.sorting import words_others as others
from loumass.messages.sorting.kinds import (
    NOT_INTERESTED,
    NOT_NOW,
    OPT_OUT,
    OUT_OF_OFFICE,
    POSITIVE,
    QUESTION,
    WRONG_PERSON,
)

#: Behind this much of an answer people write of other things.
_READ = 1_500
_LONGEST_PHRASE = 120
#: Texts are seldom more than the carriers' own word.
_STOP = re.compile(
    r"^\W*(?:stop|stopall|unsubscribe|end|quit|cancel|optout|revoke|arrêt|baja|stopp|abmelden)\W*$", re.I
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A kind and the words of theirs that said it; no kind where nothing is sure."""

    kind: str = ""
    phrase: str = ""


NOTHING = Judged()


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(one, re.IGNORECASE) for one in patterns)


_WRONG = _compiled(*english.WRONG_PERSON, *others.WRONG_PERSON)
_NO = _compiled(*english.NOT_INTERESTED, *others.NOT_INTERESTED)
_LATER = _compiled(*english.NOT_NOW, *others.NOT_NOW)
_YES = _compiled(*english.POSITIVE, *others.POSITIVE)
_IRONY = _compiled(*english.SARCASM, *others.SARCASM)
_NEGATED = _compiled(english.NEGATION, others.NEGATION)
_ASKS = re.compile(rf"{english.QUESTION}|{others.QUESTION}", re.IGNORECASE)
_ENDS = re.compile(r"(?<=[.!?…])\s+|\n+")
_BUT = re.compile(r"[,;.]?\s+\b(?:but|however|though|aber|jedoch|pero|mais|sondern)\b,?\s+", re.IGNORECASE)
_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)|liebe[r]?|sehr geehrte[r]?"
    r"|hola|buenos d[ií]as|estimad[oa]|bonjour|bonsoir|cher|ch[èe]re)\b[^.!?\n]{0,40}[,!\n]\s*",
    re.IGNORECASE,
)
_BYE = re.compile(
    r"^(?:(?:kind|best|warm|many)? ?regards|best(?: wishes)?|cheers|sincerely|thanks?(?: (?:you|so much|again|a lot|for (?:reaching out|asking|"
    r"the (?:e-?mail|note|message|invite|invitation))))*|(?:viele|beste|liebe|freundliche) gr[üu](?:ß|ss)e|mit freundlichen gr[üu](?:ß|ss)en|mfg|lg|vielen dank|danke"
    r"|saludos(?: cordiales)?|un saludo|(?:muchas )?gracias|cordialement|bien [àa] vous|merci(?: beaucoup)?)\W*$",
    re.IGNORECASE,
)


def judged(words: str, *, subject: str = "", is_automatic: bool = False) -> Judged:
    """The kind of an answer of which `words` are what the person wrote this time (no quotes, no signature).

    What a program answered is `out_of_office` where it says so, else nothing.
    """
    read = words[:_READ].strip()
    if is_automatic:
        return _away(f"{subject}. {read}")
    if not read:
        return NOTHING
    if _STOP.match(read):
        return Judged(OPT_OUT, read[:_LONGEST_PHRASE])
    if stop := asks_to_stop(read):
        return Judged(OPT_OUT, stop)
    lines = list(_sentences(read))
    if any(pattern.search(line) for line in lines for pattern in _IRONY):
        return NOTHING
    return _weighed(lines) or _away_by_hand(read) or _asked(lines) or NOTHING


def _weighed(lines: Sequence[str]) -> Judged | None:
    """Who sends us elsewhere says so first. A no beside a later is a later; a yes beside either is nothing sure."""
    wrong = _first(lines, _WRONG)
    if wrong:
        return Judged(WRONG_PERSON, wrong)
    said = [found for line in lines if (found := _of_line(line))]
    kinds = {one.kind for one in said}
    if not kinds:
        return None
    if kinds == {NOT_INTERESTED, NOT_NOW}:
        return next(one for one in said if one.kind == NOT_NOW)
    return said[0] if len(kinds) == 1 else NOTHING


def _of_line(line: str) -> Judged | None:
    """What stands after a "but" counts: "love to, but we are swamped". A "not interested, but later" is later, too."""
    said = [found for part in _BUT.split(line) if (found := _of_part(part))]
    if said and said[-1].kind == NOT_INTERESTED:
        return next((one for one in said if one.kind == NOT_NOW), said[-1])
    return said[-1] if said else None


def _of_part(part: str) -> Judged | None:
    """One clause says one thing: a time that does not suit, else a no, else a yes."""
    later, no, yes = _hit(part, _LATER), _hit(part, _NO), _hit(part, _YES, is_negatable=True)
    if later:
        return Judged(NOT_NOW, later)
    if no:
        return Judged(NOT_INTERESTED, no)
    return Judged(POSITIVE, yes) if yes else None


def _asked(lines: Sequence[str]) -> Judged | None:
    for line in lines:
        if line.endswith("?") and (_ASKS.search(line) or len(line.split()) >= 2):
            return Judged(QUESTION, line[:_LONGEST_PHRASE])
    return None


def _away(read: str) -> Judged:
    phrase = says_away(read)
    return Judged(OUT_OF_OFFICE, phrase[:_LONGEST_PHRASE]) if phrase else NOTHING


def _away_by_hand(read: str) -> Judged | None:
    """Some set up an answer without any header: said at the beginning, with a return, and nothing else."""
    found = _away(read[:300])
    return found if found.kind and _RETURNS.search(read) else None


_RETURNS = re.compile(
    r"\b(?:until|till|back (?:on|in|at|by|from)|return(?:ing)?|bis (?:zum|einschließlich|\d)|wieder (?:da|erreichbar|im büro|ab)|hasta|vuelvo|volver[ée]|regres\w+|jusqu|de retour|reviens)",
    re.IGNORECASE,
)


def _first(lines: Iterable[str], patterns: Sequence[re.Pattern[str]]) -> str:
    return next((found for line in lines if (found := _hit(line, patterns))), "")


def _hit(line: str, patterns: Sequence[re.Pattern[str]], *, is_negatable: bool = False) -> str:
    for pattern in patterns:
        for match in pattern.finditer(line):
            before = line[: match.start()]
            if not is_negatable or not any(one.search(before) for one in _NEGATED):
                return match[0].strip(" ,.;!")[:_LONGEST_PHRASE]
    return ""


def _sentences(read: str) -> Iterator[str]:
    for said in _ENDS.split(_GREETING.sub("", read, count=1)):
        line = " ".join(said.split())
        if line and not _BYE.match(line):
            yield line
