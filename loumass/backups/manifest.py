"""What a backup says of itself: when it was made, by which schema, and which keys it needs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from loumass.config import Settings
from loumass.core import clock, migrating
from loumass.core.secrets import keyed_hash

DUMP, FILES, MANIFEST = "database.dump", "files", "backup.json"


class Unfitting(Exception):
    """The backup cannot be made or restored here; the sentence says why and that nothing was changed."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`backup.json`. The keys themselves are never in a backup: only the ids of the sealing keys, and a fingerprint
    of HASH_KEY."""

    made_at: datetime
    schema: str
    sealing_keys: tuple[str, ...]
    hash_key: str
    files: int

    @classmethod
    def of(cls, settings: Settings, files: int) -> Manifest:
        """Of a backup made now with `settings`, which holds so many files."""
        ids = tuple(name for name, _ in settings.sealing_keys)
        return cls(clock.now(), migrating.newest_revision(), ids, fingerprint(), files)

    def write(self, folder: Path) -> None:
        """Keep it in `folder`."""
        (folder / MANIFEST).write_text(json.dumps(asdict(self), default=str, indent=2) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """That of the backup in `folder`. Raises Unfitting."""
        try:
            told = json.loads((folder / MANIFEST).read_text())
            return cls(
                datetime.fromisoformat(told["made_at"]),
                str(told["schema"]),
                tuple(told["sealing_keys"]),
                str(told["hash_key"]),
                int(told["files"]),
            )
        except FileNotFoundError:
            raise Unfitting(f"{folder} holds no backup: {MANIFEST} is missing.") from None
        except (ValueError, KeyError, TypeError) as problem:
            raise Unfitting(f"{folder / MANIFEST} is damaged: {problem}.") from problem

    def must_fit(self, settings: Settings) -> None:
        """Raises Unfitting where `settings` lack a key that it needs, or the code is older than its schema."""
        missing = sorted(set(self.sealing_keys) - {name for name, _ in settings.sealing_keys})
        if missing:
            raise Unfitting(
                f"SEALING_KEYS lacks {', '.join(missing)}, which sealed what is in the backup. Nothing was restored."
            )
        if self.hash_key != fingerprint():
            raise Unfitting(
                "HASH_KEY is not the one of the backup: nobody who opted out would be recognised. Nothing was restored."
            )
        if not migrating.knows(self.schema):
            raise Unfitting(
                f"The backup has schema {self.schema}, which this release does not know: take a newer one. "
                "Nothing was restored."
            )


def fingerprint() -> str:
    """Tells one HASH_KEY from another without giving it away."""
    return keyed_hash("backup").hex()[:16]
