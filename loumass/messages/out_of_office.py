"""When somebody who is away will be back, as their automatic answer says it. Pure.

English, German, Spanish and French; dates as people write them, relative to the day of the mail. A date that makes no
sense (past, or too far away) is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

#: Nobody is away for longer than that and comes back to the same mail.
FARTHEST = timedelta(days=120)
_READ = 2_000
_MONTHS = (
    ("jan", "januar", "january", "enero", "janvier", "jänner", "ene", "janv"),
    ("feb", "februar", "february", "febrero", "février", "fevrier", "feber", "févr"),
    ("mar", "märz", "maerz", "march", "marzo", "mars", "mär", "mrz"),
    ("apr", "april", "abril", "avril", "abr", "avr"),
    ("may", "mai", "mayo"),
    ("jun", "juni", "june", "junio", "juin"),
    ("jul", "juli", "july", "julio", "juillet", "juil"),
    ("aug", "august", "agosto", "août", "aout", "ago"),
    ("sep", "sept", "september", "septiembre", "septembre"),
    ("oct", "okt", "oktober", "october", "octubre", "octobre"),
    ("nov", "november", "noviembre", "novembre"),
    ("dec", "dez", "dezember", "december", "diciembre", "décembre", "decembre", "dic", "déc"),
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_WEEKDAYS = (
    ("monday", "montag", "lunes", "lundi"), ("tuesday", "dienstag", "martes", "mardi"),
    ("wednesday", "mittwoch", "miércoles", "miercoles", "mercredi"), ("thursday", "donnerstag", "jueves", "jeudi"),
    ("friday", "freitag", "viernes", "vendredi"), ("saturday", "samstag", "sonnabend", "sábado", "sabado", "samedi"),
    ("sunday", "sonntag", "domingo", "dimanche"),
)  # fmt: skip
_WEEKDAY = {name: number for number, names in enumerate(_WEEKDAYS) for name in names}
_TOMORROW = ("tomorrow", "morgen", "mañana", "demain")


def _any(names: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


_NAME = rf"(?P<month>{_any(_MONTH)})\.?"
_YEAR = r"(?:,?\s*(?:de\s+|del\s+)?(?P<year>20\d\d))?"
_DAY_NAME = rf"(?:(?:{_any(_WEEKDAY)}),?\s+(?:the\s+|den\s+|dem\s+|el\s+|le\s+|d[ií]a\s+)?)?"
_FORMS = tuple(
    re.compile(_DAY_NAME + form, re.IGNORECASE)
    for form in (
        r"(?P<year>20\d\d)-(?P<number>\d\d)-(?P<day>\d\d)\b",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?\s*(?:of\s+|de\s+)?{_NAME}{_YEAR}(?!\w)",
        rf"{_NAME}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_YEAR}(?!\w|\d)",
        r"(?P<day>\d{1,2})\.\s?(?P<number>\d{1,2})\.(?:\s?(?P<year>20\d\d|\d\d(?!\d)))?",
        r"(?P<first>\d{1,2})[/-](?P<second>\d{1,2})(?:[/-](?P<year>20\d\d|\d\d))?(?!\d)",
    )
)
_WEEKDAY_ALONE = re.compile(
    rf"(?:next\s+|nächsten\s+|kommenden\s+|el\s+|le\s+)?(?P<name>{_any(_WEEKDAY)})\b", re.IGNORECASE
)
_SOON = re.compile(rf"(?:{_any(_TOMORROW)})\b", re.IGNORECASE)

#: Something says that they are away at all: a newsletter's offer has its days as well.
_AWAY = re.compile(
    r"\bout of (?:the )?office\b|\booo\b|\bout (?:until|till|through|from)\b|\b(?:on|annual|parental|sick) (?:vacation|holidays?|leave|pto)\b"
    r"|\b(?:i|we) (?:am|are|will be|['’]ll be)?\s*(?:currently )?(?:away|travell?ing|unavailable|back)\b|\baway (?:from|until|till|on)\b"
    r"|\bi['’](?:m|ll be) (?:away|out|back|travell?ing)\b|\bnot (?:in|at) (?:the |my )?(?:office|desk)\b|\blimited access\b|\bi (?:will|shall) return\b"
    r"|\bi(?:['’]ll| will) be back\b|abwesen|urlaub|nicht (?:im|in der) (?:büro|haus|firma)|außer haus|nicht erreichbar|\bwieder (?:da|erreichbar|im büro)\b"
    r"|fuera de|ausente|ausencia|vacaciones|\bvuelvo\b|\bvolver[ée]\b|\bregres|de vuelta|absente?\b|absence|cong[ée]s?\b|en vacances|hors du bureau|de retour|\breviens\b",
    re.IGNORECASE,
)
#: What stands before the day of the return, or the last day away.
_BEFORE = re.compile(
    r"\b(?:(?:i(?:['’]ll| will| am|['’]m)?|we(?:['’]ll| will)?)?\s*(?:be\s+)?(?:back|returning|return|available|reachable)"
    r"(?:\s+(?:again|in (?:the|my) office|at (?:work|my desk)|at the office|to (?:the|my) office|to work))*\s*(?:on|by|from|starting|as of|:)?"
    r"|(?:until|till|through|thru|up to|to)(?:\s+and\s+including)?"
    r"|(?:ab|am|bis(?:\s+(?:einschließlich|einschl\.|inkl\.|zum|zu))?|wieder\s+(?:ab|am|erreichbar ab|im büro ab|da ab))(?:\s+(?:dem|den|zum))?"
    r"|(?:hasta|vuelvo|volver[ée]|regreso|regresar[ée]|estar[ée] de vuelta|de regreso|a partir d(?:el|e))(?:\s+(?:el|en|a))*(?:\s+d[ií]a)?"
    r"|(?:jusqu['’]?(?:au|à)|de retour|reviens|serai de retour|à partir du|à compter du)(?:\s+(?:le|au|inclus|du))*)\s*",
    re.IGNORECASE,
)  # fmt: skip


def back_on(text: str, mail_day: date, *, is_month_first: bool = True) -> date | None:
    """The latest day that the words name as the return or the last day away; None where they name none that makes sense.

    `is_month_first` reads 3/4 as March 4th; where only the other reading makes sense, that is taken.
    """
    read = " ".join(text[:_READ].split())
    return max(_named(read, mail_day, is_month_first), default=None) if _AWAY.search(read) else None


def says_away(text: str) -> str:
    """The words that say that somebody is away, as they stand there; nothing where none do."""
    found = _AWAY.search(" ".join(text[:_READ].split()))
    return found[0] if found else ""


def _named(read: str, mail_day: date, is_month_first: bool) -> Iterator[date]:
    for before in _BEFORE.finditer(read):
        found = _day_at(read[before.end() : before.end() + 60], mail_day, is_month_first)
        if found is not None and mail_day <= found <= mail_day + FARTHEST:
            yield found


def _day_at(words: str, mail_day: date, is_month_first: bool) -> date | None:
    for form in _FORMS:
        match = form.match(words)
        if match:
            return _sane(match.groupdict(), mail_day, is_month_first)
    if match := _WEEKDAY_ALONE.match(words):
        ahead = (_WEEKDAY[match["name"].lower()] - mail_day.weekday()) % 7
        return mail_day + timedelta(days=ahead or 7)
    return mail_day + timedelta(days=1) if _SOON.match(words) else None


def _sane(parts: dict[str, str | None], mail_day: date, is_month_first: bool) -> date | None:
    """The first reading of the parts that lies ahead and not too far."""
    readings = [
        found
        for month, day in _readings(parts, is_month_first)
        for found in _years(parts, mail_day, month, day)
    ]
    return next((one for one in readings if mail_day <= one <= mail_day + FARTHEST), None)


def _readings(parts: dict[str, str | None], is_month_first: bool) -> Iterator[tuple[int, int]]:
    if parts.get("first"):
        first, second = int(parts["first"] or 0), int(parts["second"] or 0)
        pairs = [(first, second), (second, first)]
        yield from pairs if is_month_first else pairs[::-1]
    elif parts.get("month"):
        yield _MONTH[(parts["month"] or "").lower()], int(parts["day"] or 0)
    else:
        yield int(parts["number"] or 0), int(parts["day"] or 0)


def _years(parts: dict[str, str | None], mail_day: date, month: int, day: int) -> Iterator[date]:
    written = parts.get("year")
    years = (
        [int(written) + (2000 if len(written) == 2 else 0)] if written else [mail_day.year, mail_day.year + 1]
    )
    for year in years:
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def working_day_after(day: date) -> date:
    """The first day from Monday to Friday after `day`."""
    following = day + timedelta(days=1)
    return following + timedelta(days=7 - following.weekday() if following.weekday() >= 5 else 0)
