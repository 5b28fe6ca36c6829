"""Columns find their place by name, then by what stands in them; rivals ask a person."""

from __future__ import annotations

import pytest

from loumass.contacts.mapping import ASK, ColumnMapping, apply_choices, guess_mapping
from loumass.core.errors import Refused


def targets(labels: list[str], *rows: list[str]) -> list[str]:
    sample = list(rows) or [["x"] * len(labels)]
    return [choice.target for choice in guess_mapping(labels, sample).columns]


@pytest.mark.parametrize(
    ("label", "target"),
    [
        ("E-Mail", "email"),
        ("email address", "email"),
        ("Correo electrónico", "email"),
        ("E-Mail-Adresse", "email"),
        ("Cell", "phone"),
        ("MOBILE_PHONE", "phone"),
        ("Handynummer", "phone"),
        ("Teléfono móvil", "phone"),
        ("First Name", "first_name"),
        ("Vorname", "first_name"),
        ("Nombre", "first_name"),
        ("surname", "last_name"),
        ("Nachname", "last_name"),
        ("Apellidos", "last_name"),
        ("Name", "full_name"),
        ("Ansprechpartner", "full_name"),
        ("Brokerage", "company"),
        ("Firma", "company"),
        ("Job Title", "title"),
        ("Cargo", "title"),
        ("Ort", "city"),
        ("Ciudad", "city"),
        ("State/Province", "state"),
        ("Bundesland", "state"),
        ("País", "country"),
        ("Time Zone", "timezone"),
        ("Contact ID", "external_id"),
        ("Kundennummer", "external_id"),
        ("Etiquetas", "tags"),
        ("Contact Owner", "owner"),
        ("Favourite colour", "field"),
    ],
)
def test_a_column_is_known_by_its_name(label: str, target: str) -> None:
    assert targets([label]) == [target]


def test_unknown_names_are_told_by_their_values() -> None:
    assert targets(["Spalte A", "Spalte B"], ["ann@keller.example", "(303) 555-0164"]) == ["email", "phone"]


def test_a_column_that_is_empty_in_every_row_is_ignored() -> None:
    assert targets(["Email", "Note"], ["ann@keller.example", " "]) == ["email", "ignore"]


def test_two_columns_for_one_place_ask_a_person() -> None:
    assert targets(["Email Address", "Email"]) == ["email", ASK]


def test_a_mobile_outranks_the_office_phone_before_it() -> None:
    assert targets(["Work Phone", "Phone", "Cell"]) == [ASK, ASK, "phone"]


def test_a_column_without_a_name_asks() -> None:
    assert targets(["Email", "Column 2, no header"]) == ["email", ASK]


def test_fields_that_the_organization_has_are_found_by_label_and_key() -> None:
    mapping = guess_mapping(
        ["License #", "Größe"], [["1", "2"]], {"license": "License #", "groesse": "Größe"}
    )
    assert mapping.fields == {"license": 0, "groesse": 1}


@pytest.mark.parametrize(
    ("values", "separator"),
    [(["residential; luxury"], ";"), (["a,b"], ","), (["a|b, c"], "|"), (["one"], ";")],
)
def test_tags_split_at_the_mark_that_the_file_uses(values: list[str], separator: str) -> None:
    mapping = guess_mapping(["Tags"], [[value] for value in values])
    assert mapping.columns[0].separator == separator


def test_without_an_address_nothing_can_be_imported() -> None:
    problems = guess_mapping(["Name"], [["Ann"]]).problems()
    assert problems == ["Choose the column that holds the e-mail address or the mobile number."]


def test_a_person_may_not_send_two_columns_to_one_place() -> None:
    mapping = apply_choices(guess_mapping(["Mail", "Other"], [["a", "b"]]), ["email", "email"])
    assert mapping.problems() == ["“Mail” and “Other” both go to E-mail. Choose one of them."]


def test_two_columns_for_one_field_are_named() -> None:
    mapping = apply_choices(
        guess_mapping(["Mail", "A", "B"], [["a", "b", "c"]]), ["email", "field:x", "field:x"]
    )
    assert mapping.problems() == ["“A” and “B” both go to the field “x”. Choose one of them."]


def test_choices_replace_the_guess() -> None:
    mapping = apply_choices(guess_mapping(["Mail", "Other"], [["a", "b"]]), ["email", "field:License #"])
    assert mapping.fields == {"license": 1}
    assert ColumnMapping.from_json(mapping.as_json()) == mapping


@pytest.mark.parametrize("chosen", [["email"], ["email", "password"], ["email", "field"] * 2])
def test_choices_that_do_not_fit_are_refused(chosen: list[str]) -> None:
    with pytest.raises(Refused):
        apply_choices(guess_mapping(["Mail", "Other"], [["a", "b"]]), chosen)
