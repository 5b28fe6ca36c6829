"""The file .env of a development machine: what it says counts, and a mistake in it is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loumass.config import VARIABLES
from loumass.embedded import Broken
from loumass.starting.own_settings import OTHERS, own_settings

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def test_without_the_file_nothing_is_set(tmp_path: Path) -> None:
    assert own_settings(tmp_path / ".env") == {}


def test_each_line_is_a_setting(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "# of my own\n\nPORT=8001\n  export SANDBOX_SPEED = 60 \nSYSTEM_MAIL_FROM='Acme <a@acme.example>'\n"
        "TWILIO_API_URL=http://127.0.0.1:2080/?a=b#c\nLOG_LEVEL=\n"
    )
    assert own_settings(file) == {
        "PORT": "8001",
        "SANDBOX_SPEED": "60",
        "SYSTEM_MAIL_FROM": "Acme <a@acme.example>",
        "TWILIO_API_URL": "http://127.0.0.1:2080/?a=b#c",
        "LOG_LEVEL": "",
    }


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("TWILO_API_URL=http://127.0.0.1", "Line 2 of .* sets TWILO_API_URL, which Loumass does not know"),
        ("allow everything", "Line 2 of .* is not NAME=value: allow everything"),
    ],
)
def test_a_line_that_would_do_nothing_is_named(tmp_path: Path, line: str, why: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# one\n{line}\n")
    with pytest.raises(Broken, match=why):
        own_settings(file)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"PORT=8001\n\xff\xfe")
    with pytest.raises(Broken, match=r"\.env cannot be read"):
        own_settings(file)


def test_it_knows_exactly_what_operations_lists() -> None:
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", OPERATIONS.read_text(), re.MULTILINE))
    assert listed == {*VARIABLES, *OTHERS}
