"""E-mail addresses and phone numbers: told apart from noise, brought to the form in which we compare."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import email_validator
import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat

from loumass.core.errors import Refused

MAX_EMAIL = 254  # RFC 5321 4.5.3.1.3, less the angle brackets

_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}",
    re.IGNORECASE | re.ASCII,
)
_NAMED_EMAIL = re.compile(r"[^<>]*<\s*([^<>\s]+)\s*>")
_TWO_EMAILS = re.compile(r"[^\s@]+@[^\s@,;/]+\s*(?:[;,/|\s]|\bor\b|\band\b)\s*[^\s@]+@[^\s@]+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
# What people write into a cell that has nothing to say.
_NOTHING = frozenset(
    ["", "-", "--", "---", "—", ".", "?", "n/a", "na", "n.a.", "none", "null", "nil", "#n/a", "keine"]
)
_PHONE_NOISE = str.maketrans("", "", " ()-./\u00a0\u2010\u2011\u2012\u2013\u202f\t")
_SCIENTIFIC = re.compile(r"\d[.,]?\d*e\+?\d+", re.IGNORECASE)
_TWO_PHONES = re.compile(
    r"\d[\d\s().-]{6,}\s*(?:[;,/|]|\bor\b|\band\b|\boder\b)\s*[+(]?\d[\d\s().-]{6,}", re.IGNORECASE
)


class NotNormal(Refused):
    """The value is not what its column promises; the sentence has no full stop and can be joined."""


def clean_text(value: str) -> str:
    """Returns the text in NFC, on one line, with single blanks and without control or unseen characters."""
    if not (value.isascii() and value.isprintable()):
        value = unicodedata.normalize("NFC", _UNSEEN.sub("", _CONTROL.sub(" ", value)))
    return " ".join(value.split())


def is_nothing(value: str) -> bool:
    """Returns whether the cleaned value only says that there is none, as in `n/a` or `-`."""
    return value.lower() in _NOTHING


def normal_email(value: str) -> str:
    """Returns the address as compared: lower case, domain in ASCII (IDNA). No DNS is asked.

    Raises NotNormal with the reason.
    """
    return read_email(value)[1]


def read_email(value: str) -> tuple[str, str]:
    """Returns (as given without wrapping such as `mailto:` or `Name <...>`, as compared).

    Raises NotNormal with the reason.
    """
    if _PLAIN_EMAIL.fullmatch(value) and len(value) <= MAX_EMAIL and value.index("@") <= 64:
        return value, value.lower()
    given = _unwrapped(clean_text(value))
    try:
        # Reserved names such as `.test` stay possible: demo organizations live there.
        valid = email_validator.validate_email(
            given, check_deliverability=False, allow_quoted_local=False, test_environment=True, strict=True
        )
    except email_validator.EmailNotValidError as error:
        raise NotNormal(_why_no_email(given)) from error
    return given, f"{valid.local_part.lower()}@{(valid.ascii_domain or valid.domain).lower()}"


def normal_phone(value: str, country: str = "US") -> str:
    """Returns the number in E.164, e.g. `+13035550164`; `country` (ISO 3166 alpha-2) is where it is dialled.

    An extension is left out, since nobody can text it. Raises NotNormal with the reason.
    """
    value = value.removesuffix(".0")  # what a spreadsheet's number leaves behind
    digits = value.translate(_PHONE_NOISE)
    national = digits[2:] if digits.startswith("+1") else digits if country in {"US", "CA"} else ""
    national = national[1:] if len(national) == 11 and national[0] == "1" else national
    if len(national) == 10 and national.isascii() and national.isdecimal() and _is_american(national[:4]):
        return f"+1{national}"
    return _parsed_phone(clean_text(value).lstrip("'"), country)


def shown_phone(number: str | None) -> str:
    """Returns an E.164 number as people read it: `+1 303 555 0164`; anything else unchanged."""
    try:
        parsed = phonenumbers.parse(number or "")
    except NumberParseException:
        return number or ""
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL).replace("-", " ")


@lru_cache(maxsize=10_000)
def _is_american(beginning: str) -> bool:
    """Whether area code and first digit are a place in the US or Canada; the other six are free there."""
    return any(
        re.fullmatch(pattern, beginning + "234567") is not None
        for region in ("US", "CA")
        if (pattern := _fixed_line_pattern(region))
    )


@lru_cache
def _fixed_line_pattern(region: str) -> str | None:
    metadata = PhoneMetadata.metadata_for_region(region)
    return metadata.fixed_line.national_number_pattern if metadata and metadata.fixed_line else None


def _parsed_phone(value: str, country: str) -> str:
    reason = _why_no_phone(value)
    if reason:
        raise NotNormal(reason)
    try:
        number = phonenumbers.parse(f"+{value[2:]}" if value.startswith("00") else value, country)
    except NumberParseException as error:
        raise NotNormal(_why_unparsed(error)) from error
    if not phonenumbers.is_valid_number(number):
        raise NotNormal(_why_not_valid(number))
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _unwrapped(given: str) -> str:
    named = _NAMED_EMAIL.fullmatch(given)
    given = named[1] if named else given
    if given.lower().startswith("mailto:"):
        given = given[7:].partition("?")[0]
    return given.rstrip(";,")


def _why_no_email(given: str) -> str:
    local, at, domain = given.partition("@")
    reasons = (
        (not at, "no @ sign"),
        (_TWO_EMAILS.search(given), "more than one address in one cell"),
        (given.count("@") > 1, "two @ signs"),
        (not local, "nothing before the @"),
        (not domain, "nothing after the @"),
        (" " in given, "contains a space"),
        ("," in domain, "a comma instead of a dot"),
        ("." not in domain.strip("."), "the domain has no ending"),
        (".." in given, "two dots in a row"),
        (domain.startswith(".") or domain.endswith("."), "the domain begins or ends with a dot"),
        (local.startswith(".") or local.endswith("."), "a dot at the edge of the name"),
        (len(given) > MAX_EMAIL or len(local) > 64, "too long"),
        (re.search(r"\.[\d]+$", domain), "the domain ends with digits"),
    )
    for applies, reason in reasons:
        if applies:
            return f"Not an e-mail address: {reason}"
    return "Not an e-mail address: it holds characters that none may have"


def _why_no_phone(value: str) -> str:
    if _SCIENTIFIC.fullmatch(value):
        return "Not a phone number: the table program cut it to powers of ten. Format the column as text"
    if _TWO_PHONES.search(value):
        return "Not a phone number: more than one number in one cell"
    if "@" in value:
        return "Not a phone number: this is an e-mail address"
    if not any(letter.isdigit() for letter in value):
        return "Not a phone number: no digits"
    return ""


def _why_unparsed(error: NumberParseException) -> str:
    if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
        return "Not a phone number: no such country code"
    if error.error_type == NumberParseException.TOO_LONG:
        return "Not a phone number: too many digits"
    if error.error_type == NumberParseException.NOT_A_NUMBER:
        return "Not a phone number"
    return "Not a phone number: too few digits"


def _why_not_valid(number: phonenumbers.PhoneNumber) -> str:
    region = phonenumbers.region_code_for_country_code(number.country_code or 0) or ""
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible in {
        phonenumbers.ValidationResult.TOO_SHORT,
        phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
    }:
        return f"Not a phone number: too few digits for {region}"
    if possible == phonenumbers.ValidationResult.TOO_LONG:
        return f"Not a phone number: too many digits for {region}"
    return f"Not a phone number: {region} has no numbers that begin like this"
