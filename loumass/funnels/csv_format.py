"""A template as one CSV file, and back. Pure: texts in, values out, and it round-trips exactly.

One row for the template, one for each step, one for each way out; the first column says which:

    row,key,kind,name,settings,branch,to,subject,preheader,html,text,voice,blocks,plain,x,y
    template,invitation,,Event invitation,,,,,,,"What it is for",
    step,invitation,email_send,Invitation,{},,,A seat for you,...
    way,invitation,,,,next,pause,,,,,

In the template's row ``key`` is the first step's and ``text`` the description. ``settings`` is JSON, and so is the ``voice``
that speaks a text; an e-mail in ``blocks`` has them as JSON, and its html and text are made from them anew. ``plain`` is
``yes`` for an e-mail that is text alone. Files of before lack these columns. ``x`` and ``y`` are where
the step stands in the builder. Recordings and pictures stay where they are:
a file names them, and holds none.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loumass.funnels.csv_cells import neutralised, restored

COLUMNS = (
    "row",
    "key",
    "kind",
    "name",
    "settings",
    "branch",
    "to",
    "subject",
    "preheader",
    "html",
    "text",
    "voice",
    "blocks",
    "plain",
    "x",
    "y",
)
#: What files of before lack.
_LATER = frozenset({"voice", "blocks", "plain", "x", "y"})
#: Farther away than anybody draws; numbers beyond are mistakes.
FARTHEST = 1_000_000.0
LARGEST_FILE = 5 * 1024 * 1024
_WORDS = ("subject", "preheader", "html", "text")
_YES = "yes"
_NOTHING: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class WrittenContent:
    """What a sending step says. A text has only ``text``, what a voice speaks also the ``voice``, an e-mail perhaps ``blocks``.
    Without a word it is the same as no content."""

    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    voice: Mapping[str, Any] | None = None
    blocks: Mapping[str, Any] | None = None
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class WrittenStep:
    key: str
    kind: str
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    content: WrittenContent | None = None
    x: float | None = None
    y: float | None = None
    #: Where it stands in the file it was read from, for refusals.
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class WrittenWay:
    source: str
    branch: str
    target: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class WrittenTemplate:
    """A template outside of the database: everything by key. ``start`` is a step's key, or empty."""

    name: str
    description: str = ""
    start: str = ""
    steps: tuple[WrittenStep, ...] = ()
    ways: tuple[WrittenWay, ...] = ()


@dataclass(frozen=True, slots=True)
class LineProblem:
    """``line`` counts from 1 and is the line of the file where the row ends; 0 means the file as a whole."""

    line: int
    sentence: str


class UnreadableTemplate(Exception):
    """The file is not a template. ``problems`` names every line that is wrong."""

    def __init__(self, problems: Sequence[LineProblem]) -> None:
        super().__init__("; ".join(problem.sentence for problem in problems))
        self.problems = tuple(problems)


def written(template: WrittenTemplate) -> str:
    """The file's text, with CRLF line ends as RFC 4180 wants and formula cells neutralised."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in _rows(template):
        writer.writerow([neutralised(row.get(name, "")) for name in COLUMNS])
    return out.getvalue()


def _rows(template: WrittenTemplate) -> Iterator[dict[str, str]]:
    yield {"row": "template", "key": template.start, "name": template.name, "text": template.description}
    for step in template.steps:
        yield {
            "row": "step",
            "key": step.key,
            "kind": step.kind,
            "name": step.name,
            "settings": _json(step.settings),
            **(_content_cells(step.content) if step.content else {}),
            **_place_cells(step),
        }
    for way in template.ways:
        yield {"row": "way", "key": way.source, "branch": way.branch, "to": way.target}


def _content_cells(content: WrittenContent) -> dict[str, str]:
    cells = {name: getattr(content, name) for name in _WORDS} | ({"plain": _YES} if content.is_plain else {})
    told = {"voice": content.voice, "blocks": content.blocks}
    return cells | {name: _json(values) for name, values in told.items() if values}


def _place_cells(step: WrittenStep) -> dict[str, str]:
    return {name: f"{place:.12g}" for name, place in (("x", step.x), ("y", step.y)) if place is not None}


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), ensure_ascii=False, sort_keys=True)


def read(file_text: str) -> WrittenTemplate:
    """The template that ``file_text`` holds. Raises UnreadableTemplate, naming every wrong line.

    Takes what spreadsheets make of such a file: a byte order mark, semicolons or tabs between cells, columns
    in another order, blank rows.
    """
    reading = _Reading()
    for line, row in _read_rows(file_text):
        reading.take(line, row)
    return reading.template()


def _read_rows(file_text: str) -> Iterator[tuple[int, dict[str, str]]]:
    text = file_text.removeprefix("\ufeff")
    if "\x00" in text:
        raise UnreadableTemplate([LineProblem(0, "The file holds characters that cannot be stored (NUL).")])
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    try:
        lines = _lines(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableTemplate([LineProblem(0, f"The file is not a CSV file: {error}.")]) from error
    names = [name.strip().lower() for name in lines[0][1]] if lines else []
    _require_columns(names)
    for number, cells in lines[1:]:
        if any(cell.strip() for cell in cells):
            padded = [*cells, *[""] * (len(names) - len(cells))]
            yield number, {name: restored(cell) for name, cell in zip(names, padded, strict=False)}


def _lines(reader: Any) -> list[tuple[int, list[str]]]:
    """All of it at once: an e-mail may be longer than the 128 KiB to which others of this process hold their lists' values."""
    limit = csv.field_size_limit(LARGEST_FILE)
    try:
        return [(reader.line_num, cells) for cells in reader]
    finally:
        csv.field_size_limit(limit)


def _require_columns(names: Sequence[str]) -> None:
    missing = [column for column in COLUMNS if column not in names and column not in _LATER]
    if missing:
        sentence = (
            f"The first line lacks the columns {', '.join(missing)}. Export a template to see the shape."
        )
        raise UnreadableTemplate([LineProblem(1, sentence)])


class _Reading:
    """Rows taken one by one; what is wrong is collected, so that all of it can be told at once."""

    def __init__(self) -> None:
        self._problems: list[LineProblem] = []
        self._template: WrittenTemplate | None = None
        self._steps: dict[str, WrittenStep] = {}
        self._ways: list[tuple[int, WrittenWay]] = []

    def take(self, line: int, row: Mapping[str, str]) -> None:
        kind = row["row"].strip().lower()
        if kind == "template":
            self._take_template(line, row)
        elif kind == "step":
            self._take_step(line, row)
        elif kind == "way":
            self._ways.append((line, WrittenWay(row["key"], row["branch"], row["to"], line)))
        else:
            self._refuse(
                line, f"The row begins with {row['row']!r}, but must begin with template, step or way."
            )

    def template(self) -> WrittenTemplate:
        if self._template is None:
            self._refuse(0, "The file has no row that begins with template.")
        for line, way in self._ways:
            for key in (way.source, way.target):
                if key not in self._steps:
                    self._refuse(
                        line,
                        f"The way leads from {way.source!r} to {way.target!r}, but no step is called {key!r}.",
                    )
        start = self._template.start if self._template else ""
        if start and start not in self._steps:
            self._refuse(0, f"The first step is to be {start!r}, but no step is called so.")
        if self._problems or self._template is None:
            raise UnreadableTemplate(sorted(self._problems, key=lambda problem: problem.line))
        ways = tuple(way for _, way in self._ways)
        return WrittenTemplate(
            self._template.name, self._template.description, start, tuple(self._steps.values()), ways
        )

    def _take_template(self, line: int, row: Mapping[str, str]) -> None:
        if self._template is not None:
            self._refuse(line, "The file has a second row that begins with template.")
        if not row["name"].strip():
            self._refuse(line, "The template has no name.")
        self._template = WrittenTemplate(row["name"], row["text"], row["key"])

    def _take_step(self, line: int, row: Mapping[str, str]) -> None:
        key = row["key"]
        if not key.strip():
            self._refuse(line, "The step has no key.")
        elif key in self._steps:
            self._refuse(line, f"A step called {key!r} stands in the file twice.")
        settings = self._values(line, row["settings"], "settings")
        told = {what: self._values(line, row.get(what, ""), what) for what in ("voice", "blocks")}
        x, y = (self._place(line, row.get(name, ""), name) for name in ("x", "y"))
        self._steps[key] = WrittenStep(
            key, row["kind"], row["name"], settings, _content(row, **told), x, y, line
        )

    def _place(self, line: int, cell: str, name: str) -> float | None:
        try:
            place = float(cell) if cell.strip() else None
        except ValueError:
            place = FARTHEST * 2
        if place is not None and not abs(place) <= FARTHEST:  # also what is not a number
            self._refuse(line, f"The {name} cell is not a number of pixels: {cell[:60]!r}.")
            return None
        return place

    def _values(self, line: int, cell: str, what: str) -> Mapping[str, Any]:
        try:
            settings = json.loads(cell, parse_constant=_refuse_constant) if cell.strip() else {}
            json.dumps(settings, ensure_ascii=False).encode()
        except (ValueError, RecursionError):  # UnicodeEncodeError, for half a character, is a ValueError
            settings = None
        # A NUL can be written in JSON, but PostgreSQL keeps none.
        if not isinstance(settings, dict) or "\\u0000" in json.dumps(settings):
            self._refuse(line, f"The {what} cell is not JSON with names and values: {cell[:60]!r}.")
            return _NOTHING
        return settings

    def _refuse(self, line: int, sentence: str) -> None:
        self._problems.append(LineProblem(line, sentence))


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _content(
    row: Mapping[str, str], voice: Mapping[str, Any], blocks: Mapping[str, Any]
) -> WrittenContent | None:
    cells = {name: row[name] for name in _WORDS}
    is_plain = row.get("plain", "").strip().lower() == _YES
    found = WrittenContent(**cells, voice=voice or None, blocks=blocks or None, is_plain=is_plain)
    return None if found == WrittenContent() else found


def file_name(name: str) -> str:
    """A name for the download: letters, digits and hyphens."""
    letters: Iterable[str] = (character if character.isalnum() else "-" for character in name.lower())
    return f"{'-'.join(part for part in ''.join(letters).split('-') if part) or 'template'}.csv"
