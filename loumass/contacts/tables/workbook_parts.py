"""The parts of an .xlsx file (ECMA-376 part 1, SpreadsheetML): sheets, shared strings, date formats."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from xml.parsers import expat

from loumass.contacts.tables.shape import TableRefused

MAX_UNPACKED = 2 * 1024**3
MAX_RATIO = 200
_RATIO_MATTERS_FROM = 50 * 1024**2
# Small, since a few bytes of a sheet can name a long string.
_BLOCK = 32 * 1024
MAX_STRING = 1024**2
#: Sheets, relations and styles of the largest real workbooks take a few megabytes; they are held in memory.
MAX_SMALL_PART = 32 * 1024**2
MAX_DIRECTORY = 4 * 1024**2
CORRUPT = "This workbook is damaged and cannot be read. Open it in Excel, save it again and upload that."
_END_RECORD = 22
# What zipfile, zlib and expat raise on damaged bytes; ValueError for numbers that are none.
_DAMAGE = (
    expat.ExpatError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
# Built-in number formats that show a date or a time (ECMA-376 part 1, 18.8.30).
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_QUOTED_IN_FORMAT = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet: its name on the tab, its part in the file, whether the tab is shown."""

    name: str
    part: str
    is_visible: bool


@dataclass(frozen=True, slots=True)
class Book:
    """What the workbook part says: its sheets in order and the year its dates count from."""

    sheets: list[Sheet]
    counts_from_1904: bool


def open_package(file: BinaryIO) -> zipfile.ZipFile:
    """Returns the zip package. Raises TableRefused for other archives, bombs, and damaged files."""
    _refuse_long_directory(file)
    file.seek(0)
    try:
        package = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise TableRefused(CORRUPT) from error
    names = package.namelist()
    if "xl/workbook.bin" in names:
        raise TableRefused("This is a binary workbook (.xlsb). Save it as .xlsx or CSV and upload that.")
    if "xl/workbook.xml" not in names:
        raise TableRefused(_not_a_workbook(names))
    _refuse_bomb(package)
    return package


def parse(package: zipfile.ZipFile, part: str, wire: Callable[[Any], None]) -> Iterator[None]:
    """Feeds a part to an XML parser that `wire` prepared, block by block, pausing after each.

    Raises TableRefused where the XML is broken or declares entities (no real workbook does).
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    wire(parser)
    try:
        with package.open(part) as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)
                yield
            parser.Parse(b"", True)
            yield
    except _DAMAGE as error:
        raise TableRefused(CORRUPT) from error


def elements(package: zipfile.ZipFile, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yields (name without prefix, attributes without prefixes) of each element of a small part."""
    if part in package.namelist() and package.getinfo(part).file_size > MAX_SMALL_PART:
        raise TableRefused(CORRUPT)
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        plain = {local(key): value for key, value in attributes.items()}
        found.append((local(name), plain))

    def wire(parser: Any) -> None:
        parser.StartElementHandler = start

    for _ in parse(package, part, wire):
        yield from found
        found.clear()


def local(name: str) -> str:
    """Returns the name without its namespace prefix, which writers choose freely."""
    return name.rpartition(":")[2] if ":" in name else name


def read_book(package: zipfile.ZipFile) -> Book:
    """Returns the sheets in the order of their tabs; chart and macro sheets are left out."""
    parts = {
        attributes.get("Id", ""): _part_path(attributes.get("Target", ""))
        for name, attributes in elements(package, "xl/_rels/workbook.xml.rels")
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet")
    }
    sheets: list[Sheet] = []
    from_1904 = False
    for name, attributes in elements(package, "xl/workbook.xml"):
        if name == "workbookPr":
            from_1904 = attributes.get("date1904") in {"1", "true"}
        if name == "sheet" and attributes.get("id") in parts:
            shown = attributes.get("state", "visible") == "visible"
            sheets.append(Sheet(attributes.get("name", ""), parts[attributes["id"]], shown))
    return Book(sheets, from_1904)


def date_styles(package: zipfile.ZipFile) -> frozenset[str]:
    """Returns the style numbers (attribute `s` of a cell) that show a date or time."""
    if "xl/styles.xml" not in package.namelist():
        return frozenset()
    own: set[int] = set()
    styles: set[str] = set()
    count, in_cell_formats = 0, False
    for name, attributes in elements(package, "xl/styles.xml"):
        if name == "numFmt" and _shows_a_date(attributes.get("formatCode", "")):
            own.add(int(attributes.get("numFmtId", "0")))
        if name in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            in_cell_formats = name == "cellXfs"
        if name == "xf" and in_cell_formats:
            format_id = int(attributes.get("numFmtId", "0"))
            if format_id in _DATE_FORMATS or format_id in own:
                styles.add(str(count))
            count += 1
    return frozenset(styles)


class SharedStrings:
    """The workbook's strings, kept in a temporary file: a big workbook holds more of them than memory."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the table
        self._ends = array("I", [0])  # four bytes reach further than `MAX_UNPACKED`
        self._text: list[str] = []
        self._in_text = self._in_phonetic = False
        self._length = 0
        if "xl/sharedStrings.xml" in package.namelist():
            for _ in parse(package, "xl/sharedStrings.xml", self._wire):
                pass
        self._file.flush()

    def __getitem__(self, index: int) -> str:
        """Returns the string. Raises TableRefused where the workbook names one that it does not hold."""
        if not 0 <= index < len(self._ends) - 1:
            raise TableRefused(CORRUPT)
        begin = self._ends[index]
        # Not mapped: pages of a mapped file count as this process's memory.
        return os.pread(self._file.fileno(), self._ends[index + 1] - begin, begin).decode(
            "utf-8", "surrogatepass"
        )

    def close(self) -> None:
        """Gives the temporary file back."""
        self._file.close()

    def _wire(self, parser: Any) -> None:
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        name = local(name)
        if name == "si":
            self._text.clear()
            self._length = 0
        elif name == "rPh":
            self._in_phonetic = True
        elif name == "t":
            self._in_text = not self._in_phonetic

    def _end(self, name: str) -> None:
        name = local(name)
        if name == "t":
            self._in_text = False
        elif name == "rPh":
            self._in_phonetic = False
        elif name == "si":
            written = self._file.write("".join(self._text).encode("utf-8", "surrogatepass"))
            self._ends.append(self._ends[-1] + written)

    def _characters(self, text: str) -> None:
        if not self._in_text:
            return
        self._length += len(text)
        if self._length > MAX_STRING:
            raise TableRefused(CORRUPT)
        self._text.append(text)


def _part_path(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _shows_a_date(code: str) -> bool:
    plain = _QUOTED_IN_FORMAT.sub("", code.partition(";")[0]).lower()
    return any(letter in plain for letter in "ymdhs") and "general" not in plain


def _refuse_long_directory(file: BinaryIO) -> None:
    """zipfile reads the whole list of files into memory; a workbook has a few dozen of them.

    The end record says how long the list is (APPNOTE.TXT 4.3.16); where it says all ones, a longer record
    before it would tell, which only archives over 4 GiB or with 65,535 files need.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_RECORD - 65_535))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + _END_RECORD:
        raise TableRefused(CORRUPT)
    if int.from_bytes(tail[at + 12 : at + 16], "little") > MAX_DIRECTORY:
        raise TableRefused(CORRUPT)


def _refuse_bomb(package: zipfile.ZipFile) -> None:
    """The directory may lie about sizes; zipfile then stops at the stated size and reports damage."""
    entries = package.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if unpacked > MAX_UNPACKED or (unpacked > _RATIO_MATTERS_FROM and unpacked / packed > MAX_RATIO):
        raise TableRefused(
            "This workbook unpacks to far more than it seems to hold, so it was not opened. "
            "Save the sheet as CSV and upload that."
        )
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise TableRefused(
            "This workbook is protected by a password. Remove the password and upload it again."
        )


def _not_a_workbook(names: list[str]) -> str:
    if "mimetype" in names or "content.xml" in names:
        return "This is an OpenDocument file. Save it as Excel workbook (.xlsx) or CSV and upload that."
    if "word/document.xml" in names:
        return "This is a Word document, not a table. Save the table as CSV or .xlsx and upload that."
    if "Index/Document.iwa" in names:
        return "This is an Apple Numbers file. Export it as CSV or Excel and upload that."
    return "This is a ZIP archive. Unpack it and upload the CSV or Excel file inside."


def _refuse_doctype(*_: Any) -> None:
    raise TableRefused(CORRUPT)
