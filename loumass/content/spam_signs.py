"""Signs by which filters and people tell mail that nobody asked for. Pure: a letter in, sentences with remedies out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

LONG_SUBJECT, MOST_LINKS, FEW_WORDS = 60, 7, 20
#: Gmail hides what comes after so many bytes of HTML.
GMAIL_CUTS = 102_000
_PHRASES = (
    "100% free", "act now", "additional income", "apply now", "as seen on", "be your own boss", "best price",
    "buy direct", "cash bonus", "click below", "click here", "congratulations", "dear friend", "double your",
    "earn extra", "exclusive deal", "extra cash", "free consultation", "free gift", "free money", "full refund",
    "get it now", "guaranteed", "increase sales", "incredible deal", "limited time", "lowest price", "make money",
    "miracle", "money back", "no catch", "no cost", "no fees", "no obligation", "no strings attached", "not spam",
    "once in a lifetime", "one time offer", "order now", "risk free", "risk-free", "satisfaction guaranteed",
    "save big", "special promotion", "this isn't spam", "urgent", "while supplies last", "winner", "work from home",
    "you have been selected",
)  # fmt: skip
_SHORTENERS = frozenset(
    [
        "bit.ly",
        "tinyurl.com",
        "goo.gl",
        "t.co",
        "ow.ly",
        "is.gd",
        "buff.ly",
        "rebrand.ly",
        "cutt.ly",
        "shorturl.at",
        "rb.gy",
        "tiny.cc",
    ]
)
_DANGEROUS = re.compile(
    r"\.(?:exe|zip|rar|7z|scr|js|jar|bat|cmd|msi|iso|docm|xlsm|pptm|vbs|html?\.zip)\Z", re.IGNORECASE
)
_ATTACHED = re.compile(r"\b(?:attached|attachment|enclosed)\b", re.IGNORECASE)
_SHOWN_HOST = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?:[/:?#]\S*)?\Z", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+", re.IGNORECASE)
_FAKE_ANSWER = re.compile(r"(?:re|fwd?|aw|wg)\s*:", re.IGNORECASE)
_BARE_IP = re.compile(r"\d+\.\d+\.\d+\.\d+\Z")


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that looks like spam. `is_grave` is what by itself can keep a mail out of an inbox."""

    code: str
    sentence: str
    remedy: str
    is_grave: bool = False


@dataclass(frozen=True)
class Letter:
    """A mail as one person would read it. `html` is empty for plain text; `own_links` (the way out) are not counted."""

    subject: str
    text: str
    html: str = ""
    own_links: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def links(self) -> list[tuple[str, str]]:
        """Every link a reader can follow: (where it leads, the words that are shown)."""
        if not self.html:
            found = [(address, address) for address in _ADDRESS.findall(self.text)]
        else:
            anchors = self._tree.css("a[href]")
            found = [((one.attributes.get("href") or "").strip(), one.text(strip=True)) for one in anchors]
        return [
            link
            for link in found
            if link[0].lower().startswith(("http://", "https://")) and link[0] not in self.own_links
        ]

    @cached_property
    def pictures(self) -> int:
        """How many pictures it shows."""
        return len(self._tree.css("img")) if self.html else 0

    @cached_property
    def words(self) -> list[str]:
        """The words of its text, addresses left out."""
        return _WORD.findall(_ADDRESS.sub(" ", self.text))

    @cached_property
    def _tree(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.html)


def spam_signs(letter: Letter) -> list[Sign]:
    """What looks like spam, gravest first; nothing when all is well."""
    found = [sign for rule in _RULES for sign in rule(letter)]
    return sorted(found, key=lambda sign: not sign.is_grave)


def _shouting(letter: Letter) -> Iterator[Sign]:
    letters = [letter_ for letter_ in letter.subject if letter_.isalpha()]
    loud = sum(map(str.isupper, letters))
    if len(letters) >= 8 and loud * 10 >= len(letters) * 6:
        yield Sign(
            "shouting", "The subject is written in capitals.", "Write it as a sentence.", is_grave=True
        )
    capitals = [word for word in letter.words if len(word) > 3 and word.isupper()]
    if len(capitals) >= 4 and len(capitals) * 10 > len(letter.words):
        shown = ", ".join(dict.fromkeys(capitals[:3]))
        yield Sign("capitals", f"The text shouts: {shown}.", "Write words in small letters.")
    if letter.subject.count("!") > 1 or "!!" in letter.text or letter.text.count("!") > 4:
        yield Sign("exclamations", "There are many exclamation marks.", "Keep one at most, or none.")


def _links(letter: Letter) -> Iterator[Sign]:
    many = len(letter.links)
    if many > MOST_LINKS:
        yield Sign("many_links", f"It has {many} links.", f"Keep those that matter: {MOST_LINKS} are plenty.")
    elif many > 3 and len(letter.words) < many * 15:
        yield Sign(
            "link_heavy",
            f"It has {many} links and only {len(letter.words)} words.",
            "Say more, or link less.",
        )


def _disguised(letter: Letter) -> Iterator[Sign]:
    for address, words in letter.links:
        shown, real = _SHOWN_HOST.match(words), (urlsplit(address).hostname or "").lower()
        if shown and not _same_house(shown[1].lower(), real):
            yield Sign(
                "disguised", f"A link shows {shown[1]} but leads to {real}.",
                "Show words instead of an address, or lead where it says.", is_grave=True,
            )  # fmt: skip


def _odd_addresses(letter: Letter) -> Iterator[Sign]:
    seen: set[str] = set()
    for address, _ in letter.links:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        if host in seen:
            continue
        if host.removeprefix("www.") in _SHORTENERS:
            seen.add(host)
            yield Sign(
                "shortener", f"{host} hides where a link leads.", "Link the long address.", is_grave=True
            )
        elif _BARE_IP.match(host):
            seen.add(host)
            yield Sign(
                "bare_ip",
                f"A link leads to {host}, a number instead of a name.",
                "Link a name.",
                is_grave=True,
            )
        elif parts.scheme == "http":
            seen.add(host)
            yield Sign("not_encrypted", f"The link to {host} is not encrypted.", "Begin it with https://.")


def _attachments(letter: Letter) -> Iterator[Sign]:
    for address, _ in letter.links:
        name = urlsplit(address).path.rpartition("/")[2]
        if _DANGEROUS.search(name):
            yield Sign(
                "dangerous_file", f"A link leads to {name}, a kind of file that filters fear.",
                "Link a page that offers it instead.", is_grave=True,
            )  # fmt: skip
    if found := _ATTACHED.search(letter.text):
        yield Sign(
            "no_attachment", f"It says “{found[0].lower()}”, but campaigns send no files.",
            "Link the file, or take the word out.",
        )  # fmt: skip


def _pictures(letter: Letter) -> Iterator[Sign]:
    if letter.pictures and len(letter.words) < FEW_WORDS:
        yield Sign(
            "image_only", f"It is pictures with only {len(letter.words)} words.",
            "Say in words what the pictures say: many people never load them.", is_grave=True,
        )  # fmt: skip


def _text(letter: Letter) -> Iterator[Sign]:
    if not letter.words:
        yield Sign("no_text", "There is no text to read.", "Write at least a sentence.", is_grave=True)
    if len(letter.html.encode()) > GMAIL_CUTS:
        kilobytes = len(letter.html.encode()) // 1000
        yield Sign(
            "too_big",
            f"It is {kilobytes} kB; Gmail cuts off after 102.",
            "Take blocks out, or shorten the HTML.",
        )


def _subject(letter: Letter) -> Iterator[Sign]:
    subject = letter.subject.strip()
    if not subject:
        yield Sign("no_subject", "It has no subject.", "Write what it is about.", is_grave=True)
    elif len(subject) > LONG_SUBJECT:
        yield Sign(
            "long_subject", f"The subject has {len(subject)} letters; phones show about 40.",
            f"Keep it below {LONG_SUBJECT}, the important words first.",
        )  # fmt: skip
    if _FAKE_ANSWER.match(subject):
        yield Sign(
            "fake_answer", "The subject looks like an answer to something.",
            "Take the “Re:” out, unless it goes on in a thread.",
        )  # fmt: skip


def _phrases(letter: Letter) -> Iterator[Sign]:
    said = re.sub(r"\s+", " ", f"{letter.subject}\n{letter.text}".lower()).replace("’", "'")
    found = [phrase for phrase in _PHRASES if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", said)]
    if found:
        listed = ", ".join(f"“{phrase}”" for phrase in found[:4])
        yield Sign(
            "phrases",
            f"Filters know these words: {listed}.",
            "Say it in your own words.",
            is_grave=len(found) > 3,
        )


def _same_house(shown: str, real: str) -> bool:
    """Whether two host names belong together: one is the other's, or under it."""
    shown, real = shown.removeprefix("www."), real.removeprefix("www.")
    return shown == real or shown.endswith(f".{real}") or real.endswith(f".{shown}")


_RULES: tuple[Callable[[Letter], Iterator[Sign]], ...] = (
    _subject, _text, _disguised, _odd_addresses, _attachments, _pictures, _shouting, _links, _phrases,
)  # fmt: skip
