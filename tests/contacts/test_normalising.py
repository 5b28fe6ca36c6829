"""Addresses, names and places in the form in which they are compared."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from loumass.contacts.names import split_name
from loumass.contacts.normalising import NotNormal, clean_text, normal_email, normal_phone, read_email
from loumass.contacts.places import country_code, timezone_named, timezone_of_phone


@pytest.mark.parametrize(
    ("given", "compared"),
    [
        ("Ann.Keller+x@Keller.Example", "ann.keller+x@keller.example"),
        ("eva@ölmann.example", "eva@xn--lmann-iua.example"),
        ("jö@x.example", "jö@x.example"),
        ("o'brien@x.example", "o'brien@x.example"),
        ("a@sub.sub2.x.co.uk", "a@sub.sub2.x.co.uk"),
        ("anyone@demo.test", "anyone@demo.test"),
    ],
)
def test_an_address_is_compared_in_lower_case_and_ascii(given: str, compared: str) -> None:
    assert normal_email(given) == compared
    assert normal_email(compared) == compared


def test_an_address_is_kept_as_given() -> None:
    assert read_email("Ann.Keller@Keller.Example")[0] == "Ann.Keller@Keller.Example"


@pytest.mark.parametrize(
    "value", ["a@b", "a b@c.example", "x" * 65 + "@x.example", "a@" + "b" * 64 + ".example", '"a"@b.example']
)
def test_what_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(NotNormal, match="Not an e-mail address: "):
        normal_email(value)


def test_the_short_way_for_american_numbers_agrees_with_the_library() -> None:
    generator = random.Random(7)
    for _ in range(4000):
        number = "".join(generator.choices("0123456789", k=10))
        parsed = phonenumbers.parse(number, "US")
        valid = phonenumbers.is_valid_number(parsed)
        try:
            assert normal_phone(number) == f"+1{number}"
            assert valid, number
        except NotNormal:
            assert not valid, number


@pytest.mark.parametrize("value", ["+4917123456789", "0171 23456789", "(0171) 234 567-89"])
def test_a_number_without_plus_is_dialled_in_the_given_country(value: str) -> None:
    assert normal_phone(value, "DE") == "+4917123456789"


def test_text_is_cleaned_but_not_changed() -> None:
    assert clean_text(" Ann\u00a0\u200b  Keller\r\n\x07 ") == "Ann Keller"
    assert clean_text("O\u0308lmann") == "Ölmann"


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Priya Raman", ("Priya", "Raman")),
        ("Raman, Priya", ("Priya", "Raman")),
        ("Dr. Ludwig van Beethoven", ("Ludwig", "van Beethoven")),
        ("Mr Dr. Ben Cho", ("Ben", "Cho")),
        ("Martin Luther King, Jr.", ("Martin", "Luther King, Jr.")),
        ("Cher", ("Cher", "")),
        ("Dr.", ("Dr.", "")),
        ("", ("", "")),
    ],
)
def test_a_full_name_is_split(full: str, parts: tuple[str, str]) -> None:
    assert split_name(full) == parts


def test_countries_and_zones_have_many_names() -> None:
    assert [country_code(name) for name in ("us", "USA", "Deutschland", "España", "Germany", "Mars")] == [
        *("US", "US", "DE", "ES", "DE", None)
    ]
    assert timezone_named("america/new york") == "America/New_York"
    assert timezone_named("Mountain") == "America/Denver"
    assert timezone_named("Somewhere") is None


def test_a_number_tells_its_zone_only_where_there_is_one() -> None:
    assert timezone_of_phone("+13035550164") == "America/Denver"
    assert timezone_of_phone("+493023125012") == "Europe/Berlin"
    assert timezone_of_phone("+18005550164") is None
    assert timezone_of_phone("nonsense") is None
