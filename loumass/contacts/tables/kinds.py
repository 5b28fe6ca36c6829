"""Telling from its first bytes what a file really is, whatever its name says."""

from __future__ import annotations

from typing import BinaryIO, Literal

from loumass.contacts.tables.shape import MAX_FILE_BYTES, TableRefused

HEAD = 4096
_SAVE_AS = "Save it as CSV or Excel workbook (.xlsx) and upload that"

# First bytes -> what to tell the person. https://www.garykessler.net/library/file_sigs.html
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", f"This is a PDF, not a table. {_SAVE_AS}."),
    (b"\x1f\x8b", "This file is compressed with gzip. Unpack it and upload the CSV inside."),
    (b"Rar!", "This is a RAR archive. Unpack it and upload the CSV or Excel file inside."),
    (b"7z\xbc\xaf", "This is a 7-Zip archive. Unpack it and upload the CSV or Excel file inside."),
    (b"\x89PNG", f"This is a picture, not a table. {_SAVE_AS}."),
    (b"\xff\xd8\xff", f"This is a picture, not a table. {_SAVE_AS}."),
    (b"GIF8", f"This is a picture, not a table. {_SAVE_AS}."),
    (b"{\\rtf", f"This is a text document (RTF), not a table. {_SAVE_AS}."),
    (b"SQLite format 3", f"This is a database file, not a table. {_SAVE_AS}."),
    (b"\xff\xfe\x00\x00", "This file is UTF-32 text. Save it as UTF-8 and upload it again."),
    (b"\x00\x00\xfe\xff", "This file is UTF-32 text. Save it as UTF-8 and upload it again."),
)
_FOREIGN_TEXT: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", f"This is a web page, even if its name says otherwise. {_SAVE_AS}."),
    (b"<html", f"This is a web page, even if its name says otherwise. {_SAVE_AS}."),
    (b"<table", f"This is a web page, even if its name says otherwise. {_SAVE_AS}."),
    (b"<?xml", f"This is an XML file, not a table. {_SAVE_AS}."),
    (b"[{", f"This is JSON, not a table. {_SAVE_AS}."),
    (b'{"', f"This is JSON, not a table. {_SAVE_AS}."),
    (b"begin:vcard", "These are vCards, not a table. Export the address book as CSV and upload that."),
    (b"begin:vcalendar", f"This is a calendar, not a table. {_SAVE_AS}."),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def kind_of(file: BinaryIO) -> Literal["delimited", "workbook"]:
    """Returns how to read the file; leaves it at its start.

    Raises TableRefused for an empty file, one over 1 GiB, and for everything that is no table.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    if size > MAX_FILE_BYTES:
        raise TableRefused("This file is larger than 1 GiB. Split it into smaller files and upload each.")
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        _refuse_blank(size)
    if head.startswith(_OLE):
        _refuse_old_office(file)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "workbook"
    _refuse_foreign(head)
    return "delimited"


def _refuse_blank(size: int) -> None:
    if size <= HEAD:
        raise TableRefused("This file is empty. Nothing was saved. Choose the file that holds the people.")
    raise TableRefused("This file begins with nothing but blanks, so it is no table. Check it and try again.")


def _refuse_old_office(file: BinaryIO) -> None:
    """A password-protected .xlsx hides in the container of old Office files, as `EncryptedPackage`."""
    head = file.read(1024 * 1024)
    if "EncryptedPackage".encode("utf-16-le") in head:
        raise TableRefused(
            "This workbook is protected by a password. Remove the password in Excel and upload it again."
        )
    if "Workbook".encode("utf-16-le") in head or "Book".encode("utf-16-le") in head:
        raise TableRefused(
            "This is an Excel 97-2003 workbook (.xls). Save it as Excel workbook (.xlsx) or CSV and upload that."
        )
    raise TableRefused(f"This is an old Office file, not a table. {_SAVE_AS}.")


def _refuse_foreign(head: bytes) -> None:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for start, sentence in _FOREIGN:
        if head.startswith(start):
            raise TableRefused(sentence)
    for start, sentence in _FOREIGN_TEXT:
        if text.startswith(start):
            raise TableRefused(sentence)
