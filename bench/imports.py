"""People per second out of a list: read, judged, matched, written and told of, through the real job.

The limit puts the very same contacts into the same table: COPY into a TEMP table and one upsert, in one transaction,
with nothing read, checked, matched, remembered or told. SIZE=full: 200,000 rows of 8 columns.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from typing import IO, cast
from uuid import UUID

from sqlalchemy import text

from bench.installation import House, installed
from bench.measuring import forget_peak, peak_mib, print_bench, size
from loumass.contacts.importing import steering, uploads
from loumass.contacts.models import Contact, ContactImport
from loumass.core import database
from loumass.core.tenancy import get_or_404

HEADER = ("First name", "Last name", "Email", "Mobile", "Company", "Job title", "City", "State")
_FIRST = ("Ada", "Ben", "Chloé", "Dmitri", "Esi", "Farah", "Grace", "Hiro", "Ines", "Jonas", "Zoë")
_CITIES = (("Denver", "CO", 303), ("New York", "NY", 212), ("Chicago", "IL", 312), ("Phoenix", "AZ", 602))
_TITLES = ("Broker", "Agent", "Managing broker", "Owner", "Office manager")
#: Written by the database itself, or empty in every row of this list.
_GENERATED = {"phone_last_ten", "name_key", "last_name_key", "company_key"}
_COLUMNS = ", ".join(column.name for column in Contact.__table__.c if column.name not in _GENERATED)
_SET = ", ".join(
    f"{name} = excluded.{name}"
    for name in (
        "email",
        "phone",
        "phone_hash",
        "first_name",
        "last_name",
        "company",
        "title",
        "city",
        "state",
    )
)
#: The simplest way to write the same rows: same columns, same indexes, same keys.
LIMIT = f"""
    INSERT INTO contact ({_COLUMNS}) SELECT {_COLUMNS} FROM bench_stage
    ON CONFLICT (organization_id, email_key) WHERE email_key IS NOT NULL AND archived_at IS NULL
    DO UPDATE SET {_SET}, updated_at = excluded.updated_at
"""


def main() -> None:
    """Prints one line. Raises AssertionError when somebody or something told of them is missing."""
    count = size(20_000, 200_000)
    with installed() as house:
        import_id = _uploaded(house, count)
        forget_peak()
        with house.timed() as importing:
            slices = house.work("contacts.put_in")
        peak = peak_mib()
        _everybody_is_there(house, import_id, count)
        rows = _taken_out(house)
        with house.timed() as bare:
            _written_again(house, rows)
        assert house.count(_HOW_MANY) == count
        print_bench("import", count, "rows/s", importing, bare, peak=peak, slices=slices)


def _uploaded(house: House, count: int) -> UUID:
    """The list as the page takes it, matched and started; nobody has gone in yet."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(HEADER)
        csv.writer(file).writerows(_lines(count))
        file.seek(0)
        with house.acting() as session:
            row = uploads.receive(cast(IO[bytes], file.buffer), "brokers.csv", "US")
            session.add(row)
            session.commit()
            import_id = row.id
    with house.acting() as session:
        row = get_or_404(ContactImport, import_id, lock=True)
        steering.start(row)
        session.commit()
    return import_id


def _lines(count: int) -> Iterator[tuple[str, ...]]:
    for n in range(count):
        first, (city, state, area) = _FIRST[n % len(_FIRST)], _CITIES[n % len(_CITIES)]
        phone = f"({area}) {200 + n // 10_000}-{n % 10_000:04}"
        email = f"{first}.{n:06}@broker{n % 9_973}.example".replace("ë", "e").replace("é", "e")
        yield (
            first,
            f"Reader{n:06}",
            email,
            phone,
            f"Company {n % 9_973} & Partners",
            _TITLES[n % 5],
            city,
            state,
        )


_HOW_MANY = "SELECT count(*) FROM contact WHERE organization_id = :organization_id AND archived_at IS NULL"


def _everybody_is_there(house: House, import_id: UUID, count: int) -> None:
    people = house.count(
        f"{_HOW_MANY} AND email_hash IS NOT NULL AND phone_hash IS NOT NULL AND timezone IS NOT NULL AND city <> ''"
    )
    remembered = house.count(
        "SELECT count(*) FROM imported_contact WHERE organization_id = :organization_id AND import_id = :import_id"
        " AND is_new", import_id=import_id,
    )  # fmt: skip
    told = house.count(
        "SELECT count(*) FROM event WHERE organization_id = :organization_id AND kind = 'contact.created'"
    )
    said = house.count(
        "SELECT created_count FROM contact_import WHERE organization_id = :organization_id AND id = :import_id"
        " AND state = 'done' AND refused_count = 0", import_id=import_id,
    )  # fmt: skip
    assert people == remembered == told == said == count, (
        f"{people} people, {remembered} remembered, {told} told of, {said} counted of {count}"
    )


def _taken_out(house: House) -> bytes:
    """Every contact as COPY writes it; the tables are empty afterwards."""
    with house.acting() as session:
        cursor = session.connection().connection.cursor()
        with cursor.copy(f"COPY (SELECT {_COLUMNS} FROM contact ORDER BY id) TO STDOUT") as copy:  # pyright: ignore[reportAttributeAccessIssue]  psycopg's cursor
            rows = b"".join(copy)
    engine = database.connect(house.settings.owner_database_url, role=database.OWNER, pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE contact CASCADE"))
    engine.dispose()
    return rows


def _written_again(house: House, rows: bytes) -> None:
    with house.acting() as session:
        connection = session.connection()
        connection.execute(
            text(f"CREATE TEMP TABLE bench_stage ON COMMIT DROP AS SELECT {_COLUMNS} FROM contact LIMIT 0")
        )
        with connection.connection.cursor().copy("COPY bench_stage FROM STDIN") as copy:  # pyright: ignore[reportAttributeAccessIssue]  psycopg's cursor
            copy.write(rows)
        connection.execute(text("ANALYZE bench_stage"))
        connection.execute(text(LIMIT))
        session.commit()


if __name__ == "__main__":
    main()
