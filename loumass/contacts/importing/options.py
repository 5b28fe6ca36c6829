"""What is known and chosen about an uploaded list; lives in `contact_import.options`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, cast, get_args

from loumass.contacts.mapping import ColumnMapping
from loumass.contacts.models import ContactImport
from loumass.contacts.tables.shape import RefusedRow, Shape
from loumass.core.errors import Refused

Existing = Literal["fill", "update", "skip"]
MAX_TAGS = 20
MAX_SOURCE = 500


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an import would do: people new, known, refused, and those who said no before.

    `rows` are all rows read. `is_complete` is False where only the first of very many were looked at.
    `problems` are the first refusals as (line, column, value, code, reason). `stops` says why the file cannot be
    read to its end.
    """

    rows: int
    new: int
    known: int
    refused: int
    suppressed: int
    is_complete: bool
    problems: list[list[Any]]
    stops: str = ""

    @property
    def accepted(self) -> int:
        """How many rows would go in."""
        return self.new + self.known

    def problem_rows(self) -> list[RefusedRow]:
        """Returns the first refusals as they were."""
        return [RefusedRow(*problem, values=[]) for problem in self.problems]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Shape, columns, first rows and choices. `sample` is (line, values) of the first good rows."""

    shape: Shape
    labels: list[str]
    sample: list[tuple[int, list[str]]]
    mapping: ColumnMapping
    sheets: list[str] = field(default_factory=list)
    existing: Existing = "fill"
    tags: list[str] = field(default_factory=list)
    source: str = ""
    #: Whether the addresses are verified once the list is in.
    verifies: bool = False
    country: str = "US"
    forecast: Forecast | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns plain values for the JSON column."""
        return {
            "shape": self.shape.as_json(),
            "labels": self.labels,
            "sample": self.sample,
            "mapping": self.mapping.as_json(),
            "sheets": self.sheets,
            "existing": self.existing,
            "tags": self.tags,
            "source": self.source,
            "verifies": self.verifies,
            "country": self.country,
            "forecast": asdict(self.forecast) if self.forecast else None,
        }

    @classmethod
    def of(cls, row: ContactImport) -> ImportOptions:
        """Returns the options of an import."""
        stored = dict(row.options)
        forecast = stored.pop("forecast", None)
        return cls(
            shape=Shape.from_json(stored.pop("shape")),
            mapping=ColumnMapping.from_json(stored.pop("mapping")),
            sample=[(line, values) for line, values in stored.pop("sample")],
            forecast=Forecast(**forecast) if forecast else None,
            **stored,
        )

    def without_people(self) -> ImportOptions:
        """Returns the options without a single value of the file: what is kept of a list that is in."""
        return replace(
            self, sample=[], forecast=replace(self.forecast, problems=[]) if self.forecast else None
        )

    def chosen(self, *, existing: str, tags: list[str], source: str, verifies: bool = False) -> ImportOptions:
        """Returns the options with a person's choices; the forecast no longer holds.

        Raises Refused for an unknown choice, too many tags or too long a text.
        """
        if existing not in get_args(Existing):
            raise Refused("Choose what happens to people we already know.")
        kept = list(dict.fromkeys(tag for tag in (" ".join(one.split())[:100] for one in tags) if tag))
        if len(kept) > MAX_TAGS:
            raise Refused(f"Choose at most {MAX_TAGS} tags for everyone.")
        said = " ".join(source.split())
        if len(said) > MAX_SOURCE:
            raise Refused(f"Say in at most {MAX_SOURCE} characters where the addresses come from.")
        return replace(
            self, existing=cast(Existing, existing), tags=kept, source=said, verifies=verifies, forecast=None
        )
