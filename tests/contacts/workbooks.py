"""Writes small .xlsx files, also such as no program would write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
DATE, TIME, OWN_DATE = "1", "2", "3"
STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts><numFmt numFmtId="164" formatCode="dd&quot;.&quot;mm yyyy"/>'
    '</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
    '<xf numFmtId="20"/><xf numFmtId="164"/></cellXfs></styleSheet>'
)

Cell = str | int | float | bool | None


class Raw(str):
    """A cell written as given, e.g. `<c r="A2" t="e"><v>#N/A</v></c>`."""


def column_name(index: int) -> str:
    """Returns A, B, ..., Z, AA for 0, 1, ..., 25, 26."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def workbook(
    *sheets: Sequence[Sequence[Cell]],
    hidden: Sequence[int] = (),
    first_row: int = 1,
    from_1904: bool = False,
    extra: dict[str, bytes] | None = None,
) -> bytes:
    """Returns an .xlsx of these sheets; text goes to shared strings, None leaves a cell out."""
    strings: list[str] = []
    parts: dict[str, bytes] = {}
    for number, rows in enumerate(sheets, start=1):
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(rows, strings, first_row).encode()
    shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
    tabs = "".join(
        f'<sheet name="Sheet{n}" sheetId="{n}" r:id="r{n}"{" state=" + chr(34) + "hidden" + chr(34) if n in hidden else ""}/>'
        for n in range(1, len(sheets) + 1)
    )
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    epoch = '<workbookPr date1904="1"/>' if from_1904 else ""
    parts |= {
        "[Content_Types].xml": f"{_HEAD}<Types/>".encode(),
        "xl/workbook.xml": (
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}">{epoch}<sheets>{tabs}</sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": f"{_HEAD}<Relationships>{relations}</Relationships>".encode(),
        "xl/sharedStrings.xml": f'{_HEAD}<sst xmlns="{_MAIN}">{shared}</sst>'.encode(),
        "xl/styles.xml": STYLES.encode(),
    }
    return zipped(parts | (extra or {}))


def zipped(parts: dict[str, bytes]) -> bytes:
    """Returns a ZIP archive of these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return target.getvalue()


def _sheet(rows: Sequence[Sequence[Cell]], strings: list[str], first_row: int) -> str:
    body = "".join(
        f'<row r="{line}">{"".join(_cell(value, column_name(at) + str(line), strings) for at, value in enumerate(row))}</row>'
        for line, row in enumerate(rows, start=first_row)
    )
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'


def _cell(value: Cell, name: str, strings: list[str]) -> str:
    if value is None:
        return ""
    if isinstance(value, Raw):
        return value.replace("NAME", name)
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{name}"><v>{value!r}</v></c>'
    strings.append(value)
    return f'<c r="{name}" t="s"><v>{len(strings) - 1}</v></c>'
