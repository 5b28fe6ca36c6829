"""A row of a file becomes a contact's values, or a refusal with its reason."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from loumass.contacts.mapping import FIELD, ColumnMapping
from loumass.contacts.names import split_name
from loumass.contacts.normalising import NotNormal, clean_text, is_nothing, normal_phone, read_email
from loumass.contacts.places import country_code, timezone_named
from loumass.contacts.tables.shape import RefusedRow, Row

MAX_TEXT = 200
MAX_FIELD = 10_000
MAX_TAGS = 50
_SHOWN = 200
_FORMULA_LEADS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
_TEXTS = ("company", "title", "city", "state", "external_id", "owner")
_NO_TEXTS: dict[str, str] = dict.fromkeys(_TEXTS, "")


class ContactRow(NamedTuple):
    """What one row says about one person. Empty text means: the row says nothing about it.

    `email` is as given, `email_normal` as compared; `phone` is E.164; `country` ISO 3166 alpha-2 where it is
    known, else as given; `timezone` an IANA name; `values` the row as read.
    """

    line: int
    external_id: str
    email: str
    email_normal: str
    phone: str
    first_name: str
    last_name: str
    company: str
    title: str
    city: str
    state: str
    country: str
    timezone: str
    owner: str
    tags: tuple[str, ...]
    fields: dict[str, str]
    values: list[str]


class _Refusal(Exception):
    def __init__(self, target: str, value: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.target, self.value, self.code, self.reason = target, value, code, reason


class RowReader:
    """Reads rows by one mapping. `country` (ISO 3166 alpha-2) is where phone numbers without +.. are dialled."""

    def __init__(
        self, mapping: ColumnMapping, country: str = "US", *, owners: Container[str] | None = None
    ) -> None:
        """`owners` are the known members by e-mail and name in lower case; None knows of nobody and asks nothing."""
        self._mapping = mapping
        self._owners = owners
        self._country = country
        self._at = {choice.target: at for at, choice in enumerate(mapping.columns)}
        self._texts = [(target, self._at[target]) for target in _TEXTS if target in self._at]
        self._fields = list(mapping.fields.items())
        tags = self._at.get("tags")
        separator = mapping.columns[tags].separator if tags is not None else ""
        self._split_tags = re.compile(f"[\n{re.escape(separator)}]").split

    def read_all(self, rows: Iterable[Row]) -> Iterator[ContactRow | RefusedRow]:
        """Yields what `read` returns, row by row."""
        return map(self.read, rows)

    def read(self, row: Row) -> ContactRow | RefusedRow:
        """Returns the person of this row, or why it is refused: the first reason found."""
        try:
            return self._read(row)
        except _Refusal as refusal:
            label = next((c.label for c in self._mapping.columns if c.target == refusal.target), "")
            value = refusal.value[:_SHOWN]
            return RefusedRow(row.line, label, value, refusal.code, refusal.reason, row.values)

    def _read(self, row: Row) -> ContactRow:
        values = row.values
        texts = dict(_NO_TEXTS)
        for target, at in self._texts:
            texts[target] = _cell(target, values[at])
        country = self._text(values, "country")
        country = country_code(country) or country if country else ""
        self._check_owner(texts["owner"])
        email, email_normal = self._email(values)
        phone = self._phone(values, country)
        if not email and not phone:
            raise _Refusal("", "empty", "nobody", "No e-mail and no mobile, so nobody to write to")
        first, last = self._name(values)
        return ContactRow(
            line=row.line,
            email=email,
            email_normal=email_normal,
            phone=phone,
            first_name=first,
            last_name=last,
            country=country,
            timezone=self._timezone(values),
            tags=self._tags(values),
            fields=self._custom_fields(values),
            values=values,
            **texts,
        )

    def _raw(self, values: list[str], target: str) -> str:
        at = self._at.get(target)
        return "" if at is None else values[at]

    def _text(self, values: list[str], target: str) -> str:
        at = self._at.get(target)
        return "" if at is None else _cell(target, values[at])

    def _email(self, values: list[str]) -> tuple[str, str]:
        value = self._raw(values, "email").strip()
        if not value or is_nothing(value):
            return "", ""
        try:
            return read_email(value)
        except NotNormal as error:
            raise _Refusal("email", value, "email", error.sentence) from error

    def _phone(self, values: list[str], country: str) -> str:
        value = self._raw(values, "phone").strip()
        if not value or is_nothing(value):
            return ""
        dialled_in = country if len(country) == 2 else self._country
        try:
            return normal_phone(value, dialled_in)
        except NotNormal as error:
            raise _Refusal("phone", value, "phone", error.sentence) from error

    def _check_owner(self, owner: str) -> None:
        if owner and self._owners is not None and owner.lower() not in self._owners:
            raise _Refusal("owner", owner, "owner", "Nobody in your organization has this name or e-mail")

    def _name(self, values: list[str]) -> tuple[str, str]:
        first, last = self._text(values, "first_name"), self._text(values, "last_name")
        if first and last:
            return first, last
        whole_first, whole_last = split_name(self._text(values, "full_name"))
        return first or whole_first, last or whole_last

    def _timezone(self, values: list[str]) -> str:
        value = self._text(values, "timezone")
        if not value or is_nothing(value):
            return ""
        zone = timezone_named(value)
        if zone is None:
            raise _Refusal("timezone", value, "timezone", "Not a time zone we know, such as America/Denver")
        return zone

    def _tags(self, values: list[str]) -> tuple[str, ...]:
        raw = self._raw(values, "tags")
        if not raw:
            return ()
        tags = tuple(dict.fromkeys(filter(None, map(clean_text, self._split_tags(raw)))))
        if len(tags) > MAX_TAGS or any(len(tag) > MAX_TEXT for tag in tags):
            raise _Refusal("tags", clean_text(raw), "too_long", f"More than {MAX_TAGS} tags, or one too long")
        return tags

    def _custom_fields(self, values: list[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, at in self._fields:
            text = _as_typed(values[at].strip())
            if len(text) > MAX_FIELD:
                reason = f"Longer than {MAX_FIELD:,} characters in “{self._mapping.columns[at].label}”"
                raise _Refusal(FIELD, text, "too_long", reason)
            if text:
                found[key] = text if text.isprintable() else _several_lines(text)
        return found


def _cell(target: str, value: str) -> str:
    if not value:
        return ""
    text = _short_text(value) if len(value) <= MAX_TEXT else _plain_text(value)
    if len(text) > MAX_TEXT:
        raise _Refusal(target, text, "too_long", f"Longer than {MAX_TEXT} characters")
    return text


def _plain_text(value: str) -> str:
    return _as_typed(clean_text(value))


#: Names, towns and titles come again and again in a list. Only short ones are kept: some megabytes at most.
_short_text = lru_cache(maxsize=10_000)(_plain_text)


def _as_typed(text: str) -> str:
    """Spreadsheets, and our own downloads, put an apostrophe before text that looks like a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA_LEADS else text


def _several_lines(text: str) -> str:
    """Custom fields keep their line breaks; each line is cleaned."""
    return "\n".join(map(clean_text, text.splitlines())).strip()
