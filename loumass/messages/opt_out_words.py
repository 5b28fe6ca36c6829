"""Words by which people ask us to stop, in the middle of an answer. Pure. Better none found than a wrong one."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Behind this much of an answer people write of other things.
_READ = 1_500
_MAIL = r"(?:e-?mails?|mails?|messages?|texts?|sms|spam|newsletters?)"
_ENDS = r"(?=\s*(?:[.!,;)]|$|please\b|thanks?\b|thank you))"

_ENGLISH = (
    rf"\b(?:remove|delete|drop|take) (?:me|us|my (?:e-?mail(?: address)?|address|name|number)) (?:from|off|out of)"
    rf" (?:all |any )?(?:your|this|the|these|future)?\s?(?:\w+\s){{0,2}}(?:lists?|database|mailings?|distribution|{_MAIL}|records|contacts)\b",
    rf"\bremove me{_ENDS}",
    rf"\btake me off{_ENDS}",
    # Not "Unsubscribe? No way".
    r"\bunsubscribe\b(?! (?:link|button|page|header|rate|option))(?!\s*\?+\s*(?:no\b|nope|never|not\b|why|are you|haha|lol))",
    r"\b(?:stop|quit|cease) (?:e-?mailing|texting|messaging|contacting|calling|writing(?: to)?|spamming|bothering|harassing) (?:me|us)\b",
    rf"\b(?:stop|quit) sending (?:me |us )?(?:(?:any|these|your|more|all|this) )*{_MAIL}\b",
    r"\b(?:do not|don['’]?t|never) (?:ever )?(?:e-?mail|text|message|contact|call|write(?: to)?) (?:me|us) (?:again|any ?more|ever)\b",
    r"\bnot interested\b[^.?!\n]{0,40}[,;.!-]\s*(?:please\s+|so\s+|pls\s+)?stop\b",
    r"\b(?:i(?:['’]d| would)? (?:like|want|wish) to opt[- ]?out|(?:please )?opt me out)\b",
    rf"\bno more (?:of these )?{_MAIL}\b(?=\s*(?:[.!,;]|$|please\b|from you))",
    r"\b(?:like|want|wish|ask(?:ing)?) to be (?:removed|taken off|unsubscribed)\b",
    r"\bleave me alone\b",
)
_GERMAN = (
    r"\b(?:streichen|nehmen|entfernen|löschen|tragen) sie (?:bitte )?(?:mich|uns|meine? (?:adresse|e-?mail\w*|mail\w*|nummer|daten|namen))\b",
    r"\baus (?:ihrem|dem|eurem|ihrer|der) (?:e-?mail-?|mail-?)?(?:verteiler|mailingliste|liste|kartei|datenbank)\b[^.?!\n]{0,30}\b(?:streichen|nehmen|entfernen|löschen|austragen)\b",
    r"\b(?:schreiben|kontaktieren|mailen|belästigen|kontaktiert|schreibt) (?:sie )?(?:mir|mich|uns) (?:bitte )?(?:nicht|nie|keine \w+)(?: mehr| wieder)\b",
    r"\b(?:keine|keinerlei) (?:weiteren? )?(?:e-?mails?|mails?|nachrichten|werbung|anrufe|sms)\b[^.?!\n]{0,20}\b(?:mehr|senden|schicken|erhalten|zusenden)\b",
    r"\b(?:bitte|möchte mich|will mich) (?:\w+ ){0,3}(?:abmelden|abbestellen|austragen)\b",
    r"\bkein interesse\b[^.?!\n]{0,20}[,;.!-]\s*(?:bitte\s+)?stopp?\b",
)
_SPANISH = (
    r"\b(?:elim[ií]n(?:ame|eme|enme)|b[oó]rr(?:ame|eme|enme)|qu[ií]t(?:ame|eme|enme)|s[aá]qu(?:eme|enme))\b",
    r"\b(?:d(?:é|e)(?:me|nme) de baja|darme de baja|quiero (?:la )?baja)\b",
    r"\bdej(?:e|en|a|ad) de (?:enviar|escribir|mandar|contactar|llamar|molestar)(?:me|nos)?\b",
    r"\bno me (?:env[ií]en?|escriban?|manden?|contacten?|llamen?) m[aá]s\b",
    r"\bno (?:quiero|deseo) recibir m[aá]s\b",
)
_FRENCH = (
    r"\b(?:supprimez|retirez|enlevez|désinscrivez|desinscrivez|désabonnez|desabonnez|rayez)[- ](?:moi|mon (?:adresse|e-?mail|mail|numéro|nom))\b",
    r"\bme (?:désinscrire|desinscrire|désabonner|desabonner|retirer de)\b",
    r"\bne (?:me|m['’]|nous) ?(?:contactez|écrivez|ecrivez|envoyez|appelez) plus\b",
    r"\b(?:arrêtez|arretez|cessez) de (?:me |m['’]|nous )(?:contacter|écrire|ecrire|envoyer|appeler|harceler)",
    r"\bne (?:veux|souhaite|désire) plus (?:recevoir|être contactée?)\b",
)
_PATTERNS = [re.compile(one, re.IGNORECASE) for one in (*_ENGLISH, *_GERMAN, *_SPANISH, *_FRENCH)]
#: Capitals inside of a sentence mean the word of the carriers; "STOP BY" and "NON-STOP" do not.
_SHOUTED = re.compile(r"(?<![\w-])STOP(?![\w-])(?!\s+(?:by|in|at|over|sign|loss|BY|IN|AT|OVER|SIGN|LOSS)\b)")
_NOT = re.compile(
    r"(?:\b(?:do not|don['’]?t|never|not|nicht|nie|no|ne|pas|without|if (?:i|you)|wenn sie|si)\s+(?:\w+\s+)?)$",
    re.IGNORECASE,
)
_SAYS_NOT = re.compile(r"^(?:do not|don|never|no|ne|kein)", re.IGNORECASE)


def asks_to_stop(text: str) -> str:
    """The words in `text` that ask us to stop, as they stand there; nothing where none surely do.

    Give it only what the person wrote this time: what it quotes holds our own way out.
    """
    read = " ".join(text[:_READ].split())
    for pattern in _PATTERNS:
        for match in pattern.finditer(read):
            if _SAYS_NOT.match(match[0]) or not _NOT.search(read[: match.start()]):
                return match[0][:100]
    return _shouted(read)


def _shouted(read: str) -> str:
    match = _SHOUTED.search(read)
    if match is None or _NOT.search(read[: match.start()]):
        return ""
    words: Sequence[str] = read.split()
    # Where everything is in capitals, STOP is a word like another, unless there is little else.
    return match[0] if any(letter.islower() for letter in read) or len(words) <= 6 else ""
