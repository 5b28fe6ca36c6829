"""When somebody who is away is back, by what their automatic answer says."""

from __future__ import annotations

from datetime import date

import pytest

from loumass.messages.out_of_office import back_on, working_day_after

TUESDAY = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am out of office until March 12.", date(2026, 3, 12)),
        ("I'll be back on Monday, 9th of March 2026", date(2026, 3, 9)),
        ("I will return on 2026-03-16.", date(2026, 3, 16)),
        ("Out of office through 3/13", date(2026, 3, 13)),
        ("I am back in the office on 16/03/2026", date(2026, 3, 16)),
        ("I will be back tomorrow", date(2026, 3, 4)),
        ("We will be back on Monday", date(2026, 3, 9)),
        ("I am out until Tuesday", date(2026, 3, 10)),
        ("Away from Mar 2 to Mar 6, back on Mar 9", date(2026, 3, 9)),
        ("Ich bin bis zum 15.03. nicht im Büro.", date(2026, 3, 15)),
        ("Ab dem 16. März 2026 bin ich wieder erreichbar", date(2026, 3, 16)),
        ("Ich bin ab Montag, den 9. März wieder da", date(2026, 3, 9)),
        ("Abwesend bis einschließlich 13.3.26", date(2026, 3, 13)),
        ("Estaré fuera de la oficina hasta el 10 de marzo.", date(2026, 3, 10)),
        ("Regreso el lunes", date(2026, 3, 9)),
        ("Absent jusqu'au 20 mars inclus", date(2026, 3, 20)),
        ("Je serai de retour le lundi 16 mars", date(2026, 3, 16)),
        ("De retour le 1er avril", date(2026, 4, 1)),
    ],
)
def test_the_day_of_the_return_is_read(text: str, day: date) -> None:
    assert back_on(text, TUESDAY) == day


@pytest.mark.parametrize(
    "text",
    [
        "I am out of office with limited access to mail.", "I was away until February 20.", "Back on March 12, 2028",
        "I will be back on 31/31", "Out until further notice", "In urgent cases call +1 303 555 0100 until then",
        "Our offer is valid until March 12.", "Thank you for your order. Returns are accepted until March 20.",
        "Thank you for your mail of March 2.", "Ich melde mich baldmöglichst", "", "until 2026-13-45",
    ],
)  # fmt: skip
def test_what_names_no_sensible_day_parks_nobody(text: str) -> None:
    assert back_on(text, TUESDAY) is None


def test_numbers_are_read_as_the_country_writes_them() -> None:
    assert back_on("I am back on 4/3", TUESDAY, is_month_first=True) == date(2026, 4, 3)
    assert back_on("I am back on 4/3", TUESDAY, is_month_first=False) == date(2026, 3, 4)
    # The other reading lies in the past.
    assert back_on("I am back on 2/4", TUESDAY, is_month_first=True) == date(2026, 4, 2)
    assert back_on("I will be back on January 5", date(2026, 12, 20)) == date(2027, 1, 5)


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (date(2026, 3, 12), date(2026, 3, 13)), (date(2026, 3, 13), date(2026, 3, 16)), (date(2026, 3, 14), date(2026, 3, 16)),
        (date(2026, 3, 15), date(2026, 3, 16)),
    ],
)  # fmt: skip
def test_the_working_day_after(day: date, following: date) -> None:
    assert working_day_after(day) == following
