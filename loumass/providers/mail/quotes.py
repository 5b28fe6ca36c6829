"""Where a person's own lines end and what they quote begins, as the usual programs write it. Pure; line by line.

Above the quote, below it and between its lines: whatever stands there without a mark is theirs. Lines of programs ("Sent
from my phone") and what stands below `-- ` is nobody's answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_MARK = re.compile(r"^\s*[>|]")
_BEGINS = re.compile(r"^\s*>?\s*(?:On|Am|El|Le|Il|Op|Em|Den)\b.{4,}", re.IGNORECASE)
#: The line before a quote: who wrote it and when. What stands behind it on the same line is quoted as well.
_SAYS = re.compile(
    r"\b(?:wrote|schrieb(?: .{0,120})?|escribi[óo]|a [ée]crit|ha scritto|schreef|escreveu|skrev)\b[^:\n]{0,160}:\s",
    re.IGNORECASE,
)
_DASHED = re.compile(
    r"^\s*>?\s*[-–_]{2,}\s*(?:original(?: message|nachricht)|urspr[üu]ngliche nachricht|weitergeleitete nachricht|forwarded message"
    r"|mensaje original|mensaje reenviado|message (?:d['’]origine|transf[ée]r[ée])|messaggio originale)\s*[-–_]{2,}\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*>?\s*\*?(?:From|Von|De|Da|Van|Från)\s*:\*?\s*\S", re.IGNORECASE)
_SENT = re.compile(
    r"^\s*>?\s*\*?(?:Sent|Date|Gesendet|Datum|Envoy[ée]|Enviado(?: el)?|Fecha|Inviato|Data|Verzonden|Skickat)\s*:\*?",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"^\s*>?\s*\*?(?:To|Subject|An|Betreff|[ÀA]|Objet|Para|Asunto|Oggetto|Aan|Onderwerp|Ämne)\s*:\*?",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*[_*=]{10,}\s*$")
_SIGNED = re.compile(r"^--\s*$")
_OF_A_PROGRAM = re.compile(
    r"^\s*(?:sent (?:from|via|with) (?:my |the |a )?\S.{0,60}|get outlook for .{0,80}|von meine[mr] .{0,60} (?:aus )?gesendet"
    r"|gesendet (?:von|mit|aus|über) .{0,80}|diese nachricht wurde von meinem .{0,60} gesendet|holen sie sich outlook .{0,80}"
    r"|enviado (?:desde|con|de) .{0,60}|obtener outlook .{0,80}|envoy[ée] (?:de|depuis|à partir de) .{0,60}|t[ée]l[ée]charger outlook .{0,80}"
    r"|obtenez outlook .{0,80}|inviato da .{0,60}|verzonden vanaf .{0,60})\s*$",
    re.IGNORECASE,
)
#: A line about who wrote may be broken twice, and no longer than this.
_BROKEN, _LONGEST = 3, 400
_HEADERS = 6


def own_lines(text: str) -> str:
    """What of `text` stands there for the first time; empty where all of it is quoted."""
    lines = text.splitlines()
    at, end, has_marks = _quote(lines)
    above = _plain(lines[:at])
    between = _answers(lines[end:], is_all=not above) if has_marks else []
    return "\n\n".join(one for one in (above, *between) if one).strip()


def _quote(lines: Sequence[str]) -> tuple[int, int, bool]:
    """Where the first quote begins, where its heading ends, and whether its lines are marked: of those that are not, no
    line below is anybody's answer."""
    for at, line in enumerate(lines):
        if _MARK.match(line):
            return at, at, True
        if _DASHED.match(line) or _is_header(lines, at):
            return at, len(lines), False
        if (end := _heading(lines, at)) is not None:
            below = next((one for one in lines[end:] if one.strip()), "")
            return at, end, bool(_MARK.match(below))
    return len(lines), len(lines), False


def _heading(lines: Sequence[str], at: int) -> int | None:
    if not _BEGINS.match(lines[at]):
        return None
    for count in range(1, _BROKEN + 1):
        joined = " ".join(" ".join(lines[at : at + count]).split()) + " "
        if len(joined) > _LONGEST and count > 1:
            return None
        if _SAYS.search(joined[:_LONGEST]):
            return at + count
    return None


def _is_header(lines: Sequence[str], at: int) -> bool:
    """`From:` with its neighbours; alone it may begin somebody's sentence."""
    if not _FROM.match(lines[at]):
        return False
    below = lines[at + 1 : at + _HEADERS]
    return any(map(_SENT.match, below)) and any(map(_ABOUT.match, below))


def _answers(lines: Sequence[str], *, is_all: bool) -> Iterator[str]:
    """Paragraphs without a mark. Below an answer that stands above, only those that are set apart by an empty line count: a
    long line of a quote is broken by many programs without a mark."""
    told: list[str] = []
    was_empty = False
    for line in (*lines, "> "):
        if not _MARK.match(line):
            if line.strip() and not told and not (was_empty or is_all):
                continue
            told.append(line)
        elif told:
            if plain := _plain(told):
                yield plain
            told = []
        was_empty = not line.strip()


def _plain(lines: Sequence[str]) -> str:
    """Without a signature, and without what a program added in the end."""
    kept = list(lines)
    for at, line in enumerate(kept):
        if _SIGNED.match(line):
            kept = kept[:at]
            break
    while kept and (not kept[-1].strip() or _RULE.match(kept[-1]) or _OF_A_PROGRAM.match(kept[-1])):
        kept.pop()
    return "\n".join(kept).strip()
