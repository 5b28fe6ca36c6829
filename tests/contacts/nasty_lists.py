"""Lists as people really upload them, and what must become of each row.

`people` are (name, e-mail or phone); `refused` are (line, reason). A list that cannot be read as a whole has
a `sentence` instead.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.contacts.workbooks import Raw, column_name, workbook, zipped

ANN = ("Ann Keller", "ann@keller.example")
BEN = ("Ben Cho", "ben@cho.example")
EVA = ("Eva Ölmann", "eva@oelmann.example")


@dataclass(frozen=True)
class NastyList:
    """One file and its fate. One that takes long to make is made when it is read."""

    name: str
    made: bytes | Callable[[], bytes]
    people: Sequence[tuple[str, str]] = ()
    refused: Sequence[tuple[int, str]] = ()
    sentence: str = ""

    @cached_property
    def content(self) -> bytes:
        """What is in it."""
        return self.made if isinstance(self.made, bytes) else self.made()


def _csv(name: str, text: str, people: Sequence[tuple[str, str]], *refused: tuple[int, str]) -> NastyList:
    return NastyList(name, text.encode(), people, refused)


_GERMAN = (
    "Vorname;Nachname;E-Mail-Adresse\r\nAnn;Keller;ann@keller.example\r\nEva;Ölmann;eva@oelmann.example\r\n"
)
_LONG = "x" * 140_000

DIALECTS = [
    _csv("plain", "Name,Email\nAnn Keller,ann@keller.example\nBen Cho,ben@cho.example\n", [ANN, BEN]),
    NastyList("utf-8 with a mark", codecs.BOM_UTF8 + _GERMAN.encode(), [ANN, EVA]),
    NastyList("utf-16 little endian with a mark", codecs.BOM_UTF16_LE + _GERMAN.encode("utf-16-le"), [ANN, EVA]),
    NastyList("utf-16 big endian with a mark", codecs.BOM_UTF16_BE + _GERMAN.encode("utf-16-be"), [ANN, EVA]),
    NastyList("utf-16 little endian, no mark", _GERMAN.encode("utf-16-le"), [ANN, EVA]),
    NastyList("utf-16 big endian, no mark", _GERMAN.encode("utf-16-be"), [ANN, EVA]),
    NastyList("windows-1252", _GERMAN.encode("cp1252"), [ANN, EVA]),
    _csv("tabs", "Name\tEmail\nAnn Keller\tann@keller.example\n", [ANN]),
    _csv("pipes", "Name|Email\nAnn Keller|ann@keller.example\n", [ANN]),
    _csv("commas inside semicolons", "Name;Email\nKeller, Ann;ann@keller.example\n", [ANN]),
    _csv("apostrophes as quotes", "'Name','Email'\n'Keller, Ann','ann@keller.example'\n", [ANN]),
    _csv("an apostrophe in a name", "Name,Email\nPat O'Brien,pat@ob.example\n", [("Pat O'Brien", "pat@ob.example")]),
    _csv("doubled quotes", 'Name,Email\n"Ann ""Annie"" Keller",ann@keller.example\n', [('Ann "Annie" Keller', ANN[1])]),
    _csv("Excel's separator line", "sep=;\nName;Email\nAnn Keller;ann@keller.example\n", [ANN]),
    _csv("old Mac line ends", "Name,Email\rAnn Keller,ann@keller.example\rBen Cho,ben@cho.example", [ANN, BEN]),
    _csv(
        "every line end at once",
        "Name,Email\r\nAnn Keller,ann@keller.example\rBen Cho,ben@cho.example\nEva Ölmann,eva@oelmann.example",
        [ANN, BEN, EVA],
    ),
    _csv("no header", "Ann Keller,ann@keller.example\nBen Cho,ben@cho.example\n", [("", ANN[1]), ("", BEN[1])]),
    _csv("one column of addresses", "ann@keller.example\nben@cho.example\n", [("", ANN[1]), ("", BEN[1])]),
    _csv("blank lines before, between and after", "\n\n\nName,Email\n\nAnn Keller,ann@keller.example\n\n,\n  ,\n", [ANN]),
    _csv("delimiters at the end of lines", "Name,Email,,\nAnn Keller,ann@keller.example,,\nBen Cho,ben@cho.example,,,,\n", [ANN, BEN]),
    _csv("blanks after delimiters", 'Name, Email\n"Keller, Ann", "ann@keller.example"\n', [ANN]),
    _csv("duplicate headers", "Email,Name,Email\nann@keller.example,Ann Keller,office@keller.example\n", [ANN]),
    _csv("empty headers", "Name,,Email\nAnn Keller,x,ann@keller.example\n", [ANN]),
    _csv("a mark inside", "Name,Email\nAnn Keller,ann@keller.example\n\ufeffBen Cho,\ufeffben@cho.example\n", [ANN, BEN]),
    _csv("unseen characters", "Name,Email\nAnn\u00a0\u200bKeller,\u202aann@keller.example\u202c\n", [ANN]),
]  # fmt: skip

ROWS = [
    _csv(
        "a line break inside quotes",
        'Name,Email,Note\nAnn Keller,ann@keller.example,"one\ntwo\r\nthree"\nBen Cho,ben@@cho.example,\n',
        [ANN],
        (5, "Not an e-mail address: two @ signs"),
    ),
    _csv(
        "a quote that never closes",
        'Name,Email\nAnn Keller,ann@keller.example\n"Dee Roe,dee@roe.example\nBen Cho,ben@cho.example\n',
        [ANN, BEN],
        (3, 'A quote (") is not closed, or stands inside a quoted value'),
    ),
    _csv(
        "an open quote met by a later one",
        'Name,Email\n"Dee Roe,dee@roe.example\n"Keller, Ann",ann@keller.example\nBen Cho,ben@cho.example\n',
        [ANN, BEN],
        (2, 'A quote (") is not closed, or stands inside a quoted value'),
    ),
    _csv(
        "an open quote closed by accident",
        'Name,Email\n"Dee Roe,dee@roe.example\nAnn Keller,ann@keller.example\nBen",ben@cho.example,x\n',
        [ANN],
        (2, 'A quote (") is not closed, or stands inside a quoted value'),
        (4, "3 values for 2 columns: a value may need quotes around it"),
    ),
    _csv(
        "ragged rows",
        "Name,Email\nKeller,Ann,ann@keller.example\nBen Cho\nEva Ölmann,eva@oelmann.example\n",
        [EVA],
        (2, "3 values for 2 columns: a value may need quotes around it"),
        (3, "1 value for 2 columns: the row is cut short"),
    ),
    _csv(
        "NUL inside",
        "Name,Email\nAnn\0 Keller,ann@keller.example\nBen Cho,ben@cho.example\n",
        [BEN],
        (2, "The row holds a NUL character, so it may be damaged"),
    ),
    NastyList(
        "one damaged byte among good letters",
        b"Name,Email\n" + "Eva Ölmann,eva@oelmann.example\n".encode() + "Zoë Ümit Åse Çelik Ñandú Ömür,zoe@x.example\n".encode()
        + "Änne Öz Üß,aenne@x.example\n".encode() + b"J\xf6rg,joerg@x.example\n",
        [EVA, ("Zoë Ümit Åse Çelik Ñandú Ömür", "zoe@x.example"), ("Änne Öz Üß", "aenne@x.example")],
        [(5, "The row holds bytes that are not UTF-8 text")],
    ),
    NastyList(
        "a byte that Windows-1252 does not know",
        b"Name,Email\nJ\xf6rg Maier,joerg@maier.example\nB\x81d,bad@x.example\n",
        [("Jörg Maier", "joerg@maier.example")],
        [(3, "The row holds bytes that are not Windows-1252 text")],
    ),
    _csv(
        "a huge value",
        f"Name,Email\n{_LONG},ann@keller.example\nBen Cho,ben@cho.example\n",
        [BEN],
        (2, "A value is longer than 131,072 characters"),
    ),
    _csv(
        "a huge line",
        f"Name,Email\n{_LONG * 10},ann@keller.example\r\nBen Cho,ben@cho.example\n",
        [BEN],
        (2, "The line is longer than 1 MB"),
    ),
    _csv(
        "a long name",
        f"Name,Email\n{'x' * 201},ann@keller.example\nBen Cho,ben@cho.example\n",
        [BEN],
        (2, "Longer than 200 characters"),
    ),
    _csv(
        "two lists joined, header and all",
        "Name,Email\nAnn Keller,ann@keller.example\nName,Email\nBen Cho,ben@cho.example\n",
        [ANN, BEN],
        (3, "Not an e-mail address: no @ sign"),
    ),
    _csv(
        "addresses that are none",
        "Name,Email\na,ray.dunn@@dunn\nb,colleen@marsh\nc,jo.park.example\nd,sam w@rino.example\ne,ian@frost,example\n"
        "f,tess@\ng,@rino.example\nh,a@b.example; c@d.example\ni,a..b@c.example\nj,a@b..example\nk,a@10.0.0.1\nl,a@-b.example\n",
        [],
        (2, "Not an e-mail address: two @ signs"),
        (3, "Not an e-mail address: the domain has no ending"),
        (4, "Not an e-mail address: no @ sign"),
        (5, "Not an e-mail address: contains a space"),
        (6, "3 values for 2 columns: a value may need quotes around it"),
        (7, "Not an e-mail address: nothing after the @"),
        (8, "Not an e-mail address: nothing before the @"),
        (9, "Not an e-mail address: more than one address in one cell"),
        (10, "Not an e-mail address: two dots in a row"),
        (11, "Not an e-mail address: two dots in a row"),
        (12, "Not an e-mail address: the domain ends with digits"),
        (13, "Not an e-mail address: it holds characters that none may have"),
    ),
    _csv(
        "addresses in wrapping",
        "Name,Email\nAnn Keller,Ann Keller <ann@keller.example>\nBen Cho,mailto:BEN@cho.example?subject=x\n"
        "Eva Ölmann, eva@oelmann.example; \nJo Day,jo@öl.example\n",
        [ANN, ("Ben Cho", "ben@cho.example"), EVA, ("Jo Day", "jo@xn--l-0ga.example")],
    ),
    _csv(
        "phones in every dress",
        "Name,Mobile\na,(303) 555-0164\nb,720.555.0198\nc,+1 303 555 0121\nd,1-303-555-0177\ne,+49 30 23125012\n"
        "f,0049 30 23125013\ng,'+13035550133\nh,303-555-0149 ext. 12\ni,3035550171.0\n",
        [("a", "+13035550164"), ("b", "+17205550198"), ("c", "+13035550121"), ("d", "+13035550177"),
         ("e", "+493023125012"), ("f", "+493023125013"), ("g", "+13035550133"), ("h", "+13035550149"), ("i", "+13035550171")],
    ),
    _csv(
        "phones that are none",
        "Name,Mobile\na,555-0164\nb,3.03556E+09\nc,call me\nd,(555) 555-0164\ne,+999 12345678\nf,303-555-0164 / 720-555-0198\n"
        "g,303555016412345\nh,ann@keller.example\n",
        [],
        (2, "Not a phone number: too few digits for US"),
        (3, "Not a phone number: the table program cut it to powers of ten. Format the column as text"),
        (4, "Not a phone number: no digits"),
        (5, "Not a phone number: US has no numbers that begin like this"),
        (6, "Not a phone number: no such country code"),
        (7, "Not a phone number: more than one number in one cell"),
        (8, "Not a phone number: too many digits for US"),
        (9, "Not a phone number: this is an e-mail address"),
    ),
    _csv(
        "the country of the row tells where a number is dialled",
        "Name,Phone,Country\na,030 23125012,Deutschland\nb,(303) 555-0164,USA\nc,020 7946 0018,uk\n",
        [("a", "+493023125012"), ("b", "+13035550164"), ("c", "+442079460018")],
    ),
    _csv(
        "nobody to write to",
        "Name,Email,Mobile\nAnn Keller,,\nBen Cho,n/a,-\nEva Ölmann,eva@oelmann.example,none\n",
        [EVA],
        (2, "No e-mail and no mobile, so nobody to write to"),
        (3, "No e-mail and no mobile, so nobody to write to"),
    ),
    _csv(
        "a time zone from nowhere",
        "Name,Email,Timezone\nAnn Keller,ann@keller.example,Mars/Phobos\nBen Cho,ben@cho.example,Eastern\n",
        [BEN],
        (2, "Not a time zone we know, such as America/Denver"),
    ),
    _csv(
        "formulas stay text",
        "Name,Email\n=cmd|' /C calc'!A0,ann@keller.example\n",
        [("=cmd|' /C calc'!A0", "ann@keller.example")],
    ),
    _csv(
        "titles and names the other way round",
        'Name,Email\n"Keller, Ann",ann@keller.example\nDr. Ben Cho,ben@cho.example\n"Eva Ölmann, PhD",eva@oelmann.example\n',
        [ANN, BEN, ("Eva Ölmann, PhD", EVA[1])],
    ),
]  # fmt: skip

WORKBOOKS = [
    NastyList("a workbook", workbook([["Name", "Email"], list(ANN), list(BEN)]), [ANN, BEN]),
    NastyList(
        "phones as numbers",
        workbook([["Name", "Mobile"], ["a", 3035550164], ["b", 7205550198.0], ["c", 3.03555E7]]),
        [("a", "+13035550164"), ("b", "+17205550198")],
        [(4, "Not a phone number: too few digits for US")],
    ),
    NastyList(
        "empty sheets and a hidden one before the people",
        workbook([["Secret", "Email"], ["x", "x@x.example"]], [], [[None, None]], [["Name", "Email"], list(ANN)], hidden=[1]),
        [ANN],
    ),
    NastyList(
        "rows and columns left out",
        workbook([[None, "Name", None, "Email"], [None, *ANN[:1], None, ANN[1]], [], [None, "Ben Cho", "", BEN[1]]], first_row=5),
        [ANN, BEN],
    ),
    NastyList(
        "merged cells, formulas and errors",
        workbook([
            ["Name", "Email"],
            ["Ann Keller", Raw('<c r="NAME" t="str"><f>A1&amp;"x"</f><v>ann@keller.example</v></c>')],
            [Raw('<c r="NAME" t="inlineStr"><is><r><t>Ben </t></r><r><t>Cho</t></r><rPh><t>no</t></rPh></is></c>'), BEN[1]],
            ["c", Raw('<c r="NAME" t="e"><v>#REF!</v></c>')],
            ["d", Raw('<c r="NAME" t="e"><v>#N/A</v></c>')],
        ]),
        [ANN, BEN],
        [(4, "Not an e-mail address: no @ sign"), (5, "No e-mail and no mobile, so nobody to write to")],
    ),
    NastyList(
        "cells without names and another prefix",
        workbook([[]], extra={"xl/worksheets/sheet1.xml": (
            b'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
            b'<x:row><x:c t="inlineStr"><x:is><x:t>Name</x:t></x:is></x:c><x:c t="inlineStr"><x:is><x:t>Email</x:t></x:is></x:c></x:row>'
            b'<x:row><x:c t="inlineStr"><x:is><x:t>Ann Keller</x:t></x:is></x:c><x:c t="inlineStr"><x:is><x:t>ann@keller.example</x:t></x:is></x:c></x:row>'
            b"</x:sheetData></x:worksheet>")}),
        [ANN],
    ),
    NastyList(
        "a NUL in a cell",
        workbook([["Name", "Email"], ["Ann_x0000_ Keller", ANN[1]], list(BEN)]),
        [BEN],
        [(2, "The row holds a NUL character, so it may be damaged")],
    ),
]  # fmt: skip

_EMPTY = "This file is empty. Nothing was saved. Choose the file that holds the people."
_ONLY_HEADER = "This file has a header but no rows under it. Nothing was saved."
_CORRUPT = "This workbook is damaged and cannot be read. Open it in Excel, save it again and upload that."
_SAVE_AS = "Save it as CSV or Excel workbook (.xlsx) and upload that."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
_GOOD = workbook([["Name", "Email"], list(ANN)])
_FAR_RIGHT = '<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>'
_ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData><row><c><v>&a;</v></c></row></sheetData></worksheet>'

WHOLE_FILES = [
    NastyList("nothing", b"", sentence=_EMPTY),
    NastyList("nothing but a mark", codecs.BOM_UTF8, sentence=_EMPTY),
    NastyList("nothing but blanks", b" \r\n\t\n  ", sentence=_EMPTY),
    NastyList("a header only", b"Name,Email\n", sentence=_ONLY_HEADER),
    NastyList("a header with a quote that never closes", b'"Name,Email\nAnn,ann@keller.example\n',
              sentence='The header in line 1 cannot be read: A quote (") is not closed, or stands inside a quoted value.'),
    NastyList("a PDF in disguise", b"%PDF-1.7\n%\xe2\xe3", sentence=f"This is a PDF, not a table. {_SAVE_AS}"),
    NastyList("a picture in disguise", b"\x89PNG\r\n\x1a\n\0\0", sentence=f"This is a picture, not a table. {_SAVE_AS}"),
    NastyList("a web page in disguise", b"\n<!DOCTYPE html><table><tr>",
              sentence=f"This is a web page, even if its name says otherwise. {_SAVE_AS}"),
    NastyList("gzip", b"\x1f\x8b\x08\0", sentence="This file is compressed with gzip. Unpack it and upload the CSV inside."),
    NastyList("noise", bytes(range(256)) * 8, sentence=(
        f"This file holds binary content, not a table of text. {_SAVE_AS}")),
    NastyList("an .xls", _OLE + "Workbook".encode("utf-16-le"), sentence=(
        "This is an Excel 97-2003 workbook (.xls). Save it as Excel workbook (.xlsx) or CSV and upload that.")),
    NastyList("a workbook with a password", _OLE + "EncryptedPackage".encode("utf-16-le"), sentence=(
        "This workbook is protected by a password. Remove the password in Excel and upload it again.")),
    NastyList("a workbook cut off", _GOOD[: len(_GOOD) // 2], sentence=_CORRUPT),
    NastyList("a workbook with broken XML", workbook([[]], extra={"xl/worksheets/sheet1.xml": b"<worksheet><row>"}), sentence=_CORRUPT),
    NastyList("a workbook that declares entities", workbook([[]], extra={"xl/worksheets/sheet1.xml": _ENTITY.encode()}), sentence=_CORRUPT),
    NastyList("a workbook whose strings are gone", workbook([[Raw('<c r="A1" t="s"><v>7</v></c>')]]), sentence=_CORRUPT),
    NastyList("an empty workbook", workbook([], [[None]]), sentence="Every sheet of this workbook is empty. Nothing was saved."),
    NastyList("a workbook as wide as Excel goes", workbook([[]], extra={"xl/worksheets/sheet1.xml": _FAR_RIGHT.encode()}), sentence=(
        "This sheet has 502 columns; we take 500. Keep the columns you need and try again.")),
    NastyList("a zip bomb", lambda: workbook([[]], extra={"xl/media/x": bytes(80_000_000)}), sentence=(
        "This workbook unpacks to far more than it seems to hold, so it was not opened. Save the sheet as CSV and upload that.")),
    NastyList("a Word document", zipped({"word/document.xml": b"<x/>"}), sentence=(
        "This is a Word document, not a table. Save the table as CSV or .xlsx and upload that.")),
    NastyList("some other archive", zipped({"leads.csv": b"a,b"}), sentence=(
        "This is a ZIP archive. Unpack it and upload the CSV or Excel file inside.")),
    NastyList("a thousand open quotes", b"Name,Email\n" + b'x,"a" b\n' * 1001, sentence=(
        "More than 1000 rows have a quote that is never closed. Choose another quote character or delimiter, "
        "or save the file again as CSV.")),
    NastyList("a table too wide", ",".join(f"c{n}" for n in range(600)).encode() + b"\n" + b"," * 599 + b"x\n", sentence=(
        "This file has 600 columns; we take 500. Keep the columns you need and try again.")),
]  # fmt: skip


def _sheet(rows: str) -> bytes:
    """A workbook with this XML as its rows, under a header."""
    header = '<row r="1">' + _in("A1", "Name") + _in("B1", "Email") + "</row>"
    xml = f"<worksheet><sheetData>{header}{rows}</sheetData></worksheet>"
    return workbook([[]], extra={"xl/worksheets/sheet1.xml": xml.encode()})


def _in(cell: str, text: str) -> str:
    return f'<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>'


_ANN_CELLS = _in("A2", "Ann Keller") + _in("B2", "ann@keller.example")
_ONE_LONG_STRING = f"<sst><si><t>{'Xy' * 50_000}</t></si></sst>".encode()
_NAMED_A_HUNDRED_TIMES = "".join(f'<c r="{column_name(at)}2" t="s"><v>0</v></c>' for at in range(100))

CRAFTED = [
    _csv("delimiters and line breaks in the header", '"Full\nname","E-mail, (address);"\n"Keller, Ann",ann@keller.example\n', [ANN]),
    _csv("a separator line in quotes, after a mark", '\ufeff"sep=;"\r\nName;Email\r\nAnn Keller;ann@keller.example\r\n', [ANN]),
    NastyList("a separator line in UTF-16", "sep=;\r\nName;Email\r\nAnn Keller;ann@keller.example\r\n".encode("utf-16"), [ANN]),
    _csv("decimal commas", "Name;Umsatz;Email\nAnn Keller;1.234,50;ann@keller.example\nBen Cho;2,5;ben@cho.example\n", [ANN, BEN]),
    _csv("a NUL in quotes", 'Name,Email\n"Ann\0",ann@keller.example\n"Ben Cho",ben@cho.example\n', [BEN],
         (2, "The row holds a NUL character, so it may be damaged")),
    _csv("the end mark of DOS", "Name,Email\nAnn Keller,ann@keller.example\n\x1a", [ANN]),
    NastyList("rubbish after the last row", b"Name,Email\n" + b"Ann Keller,ann@keller.example\n" + b"\0\0\0", [ANN],
              [(3, "1 value for 2 columns: the row is cut short")]),
    _csv("a value of 5 MB", f"Name,Email\n{'x' * 5_000_000},ann@keller.example\nBen Cho,ben@cho.example\n", [BEN],
         (2, "The line is longer than 1 MB")),
    NastyList("half a pair in UTF-16", codecs.BOM_UTF16_LE + "Name,Email\nAn".encode("utf-16-le") + b"\x00\xd8" + "n,ann@keller.example\nBen Cho,ben@cho.example\n".encode("utf-16-le"),
              [BEN], [(2, "The row holds bytes that are not UTF-16 text")]),
    _csv("line ends inside values and between rows, of every kind",
         'Name,Email\r"Ann\r\nKeller",ann@keller.example\r\nBen Cho,ben@cho.example\n\rEva Ölmann,eva@oelmann.example\r\r\n', [ANN, BEN, EVA]),
    _csv("separators of ASCII and of Unicode inside a name", "Name,Email\nAnn\x1cKeller,ann@keller.example\nBen\u2028Cho,ben@cho.example\n", [ANN, BEN]),
    _csv("backslashes before quotes", 'Name,Email\n"Ann \\"A\\" Keller",ann@keller.example\nBen Cho,ben@cho.example\n', [BEN],
         (2, 'A quote (") is not closed, or stands inside a quoted value')),
    _csv("backslashes, tabs and braces that COPY knows", 'Name,Email,Tags,Note\n"A\\N \\t\\\\",ann@keller.example,"{a""b}\\; \\N","x\ty\\nz"\n',
         [("A\\N \\t\\\\", ANN[1])]),
    NastyList("rows of a sheet that share a number", _sheet(
        f'<row r="2">{_ANN_CELLS}</row><row r="2">{_in("A2", "x")}{_in("B2", "x")}</row><row r="2">{_in("A2", "y")}{_in("B2", "y")}</row>'),
        [ANN], [(3, "Not an e-mail address: no @ sign"), (4, "Not an e-mail address: no @ sign")]),
    NastyList("rows of a sheet that go backwards", _sheet(
        f'<row r="9">{_ANN_CELLS}</row><row r="3">{_in("A3", "Ben Cho")}{_in("B3", BEN[1])}</row><row r="-4">{_in("A4", "x")}{_in("B4", "x")}</row>'),
        [ANN, BEN], [(11, "Not an e-mail address: no @ sign")]),
    NastyList("half a pair in a cell", _sheet(f'<row r="2">{_in("A2", "Ann Keller")}{_in("B2", "an_xD800_n@x")}</row>'), [],
              [(2, "Not an e-mail address: the domain has no ending")]),
    NastyList("half a pair and a NUL in a header", workbook([["Na_xDC00_me_x0000_", "Email"], list(ANN)]), [ANN]),
    NastyList("numbers that are none", _sheet(
        f'<row r="2"><c r="A2"><v>NaN</v></c>{_in("B2", ANN[1])}</row><row r="3"><c r="A3"><v>1e999</v></c>{_in("B3", BEN[1])}</row>'),
        [("NaN", ANN[1]), ("1e999", BEN[1])]),
    NastyList("one long string named by a hundred cells", workbook([[]], extra={
        "xl/sharedStrings.xml": _ONE_LONG_STRING,
        "xl/worksheets/sheet1.xml": (
            f'<worksheet><sheetData><row r="1">{_in("A1", "Name")}{_in("B1", "Email")}</row><row r="2">{_NAMED_A_HUNDRED_TIMES}</row>'
            f'<row r="3">{_in("A3", "Ann Keller")}{_in("B3", ANN[1])}</row></sheetData></worksheet>').encode()}), [ANN], [(2, "The row is longer than 1 MB")]),
]  # fmt: skip
WHOLE_FILES += [
    NastyList("a row number beyond counting", _sheet(f'<row r="99999999999">{_ANN_CELLS}</row>'), sentence=_CORRUPT),
    NastyList("a row number that is none", _sheet(f'<row r="two">{_ANN_CELLS}</row>'), sentence=_CORRUPT),
    NastyList("cells without end in one row", _sheet('<row r="2">' + "<c><v>1</v></c>" * 25_000 + "</row>"), sentence=_CORRUPT),
    NastyList("a list of files without end", lambda: zipped({f"x{n}": b"" for n in range(60_000)} | {"xl/workbook.xml": b"<workbook/>"}), sentence=_CORRUPT),
    NastyList("a string without end", lambda: workbook([["Name"]], extra={"xl/sharedStrings.xml": b"<sst><si><t>" + bytes(range(65, 91)) * 80_000 + b"</t></si></sst>"}), sentence=_CORRUPT),
    NastyList("ten thousand columns", ",".join(f"c{n}" for n in range(10_000)).encode() + b"\n" + b"," * 9_999 + b"x\n", sentence=(
        "This file has 10,000 columns; we take 500. Keep the columns you need and try again.")),
    NastyList("JSON", b'[{"email": "ann@keller.example"}]', sentence=f"This is JSON, not a table. {_SAVE_AS}"),
    NastyList("a NUL in the header", b"Na\0me,Email\nAnn,ann@keller.example\n", sentence=(
        "The header in line 1 cannot be read: The row holds a NUL character, so it may be damaged.")),
]  # fmt: skip

READABLE = [*DIALECTS, *ROWS, *WORKBOOKS, *CRAFTED]
