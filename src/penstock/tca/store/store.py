"""Keeping studies and getting them back: one small class over either database."""

import io
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from penstock.domain.errors import BadInput
from penstock.journal.location import FILE_NAME, is_database
from penstock.tca.store.packed_paths import packed, unpacked
from penstock.tca.store.tables import (
    COLUMNS,
    FIGURES,
    POSTGRES,
    SQLITE,
    Dialect,
    order_rows,
    stored_orders,
    table_statements,
)
from penstock.tca.study.selecting import Part, together
from penstock.tca.study.settings import Settings
from penstock.tca.study.study import Path as MarketPath
from penstock.tca.study.study import Study

OWN_FILE = "tca.db"
BUSY_S = 10.0
TABLES = ("tca_sources", "tca_paths", "tca_orders")


class Connection(Protocol):
    """What both databases' connections do for us."""

    def execute(self, statement: Any, values: Any = ..., /) -> Any: ...

    def cursor(self) -> Any: ...


class Store:
    """Analysed executions by source and day."""

    def __init__(self, connection: Connection, dialect: Dialect, name: str) -> None:
        self._db, self._dialect, self.name = connection, dialect, name

    def keep(self, source: str, study: Study) -> None:
        """Keep a study under its source's name, instead of what was kept of it before."""
        mark = self._dialect.mark
        blobs = [_blob(frame) for frame in (study.fills.drop("order"), stored_orders(study), study.routes)]
        for table in TABLES:
            self._db.execute(f"DELETE FROM {table} WHERE source = {mark}", (source,))
        values = ", ".join([mark] * 5)
        settings = json.dumps(asdict(study.settings))
        self._db.execute(f"INSERT INTO tca_sources VALUES ({values})", (source, settings, *blobs))
        self._db.execute(f"INSERT INTO tca_paths VALUES ({mark}, {mark})", (source, packed(study.paths)))
        values = ", ".join([mark] * len(COLUMNS))
        self._db.cursor().executemany(
            f"INSERT INTO tca_orders ({', '.join(COLUMNS)}) VALUES ({values})", order_rows(source, study)
        )

    def orders(self, since: str = "", until: str = "") -> pl.DataFrame:
        """The rows of `tca_orders` of the days from `since` up to and with `until`, oldest first."""
        mark = self._dialect.mark
        rows = self._db.execute(
            f"SELECT {', '.join(COLUMNS)} FROM tca_orders WHERE day >= {mark} AND day <= {mark}"
            " ORDER BY day, source, order_id",
            (since, until or "9999-12-31"),
        ).fetchall()
        kinds = dict.fromkeys(COLUMNS, pl.String) | dict.fromkeys(FIGURES, pl.Float64)
        return pl.DataFrame(rows, schema=kinds | {"arrival_ts": pl.Int64}, orient="row")

    def days(self) -> list[tuple[str, int]]:
        """Every day on record and how many orders arrived on it."""
        return list(self._db.execute("SELECT day, count(*) FROM tca_orders GROUP BY day ORDER BY day").fetchall())

    def study_of_day(self, day: str) -> Study:
        """One study of every order that arrived on a day, whatever source it came from.

        Raises:
            BadInput: nothing is kept of that day; says which days there are.
        """
        chosen = self.orders(day, day)
        if not len(chosen):
            days = [each for each, _ in self.days()]
            known = f"days there are: {', '.join(days[-7:])}" if days else "nothing is kept at all"
            raise BadInput(self.name, "--date", f"no analysed order arrived on that day; {known}", day)
        parts, settings = [], Settings()
        for (source,), rows in chosen.partition_by("source", as_dict=True, maintain_order=True).items():
            settings, fills, orders, routes = self._source(str(source))
            ids = rows["order_id"].to_list()
            mine = pl.col("order_id").is_in(ids)
            paths = tuple(path for path in self._paths(str(source)) if path.order_id in ids)
            name = Path(str(source)).name
            parts.append(Part(name, fills.filter(mine), orders.filter(mine), routes.filter(mine), paths))
        return together(parts, settings)

    def _paths(self, source: str) -> tuple[MarketPath, ...]:
        row = self._db.execute(f"SELECT paths FROM tca_paths WHERE source = {self._dialect.mark}", (source,)).fetchone()
        return unpacked(bytes(row[0])) if row else ()

    def _source(self, source: str) -> tuple[Settings, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        settings, *blobs = self._db.execute(
            f"SELECT settings, fills, orders, routes FROM tca_sources WHERE source = {self._dialect.mark}", (source,)
        ).fetchone()
        fills, orders, routes = (pl.read_parquet(io.BytesIO(bytes(blob))) for blob in blobs)
        return _settings(settings), fills, orders, routes


@contextmanager
def open_store(location: str | Path, *, create: bool = True) -> Iterator[Store]:
    """The store of a run's folder, a file or a database; what was kept is there for good when this ends well.

    Raises:
        BadInput: there is none, and none is to be made; or the database does not answer.
    """
    if is_database(location):
        yield from _postgres(str(location))
        return
    path = _file(Path(location))
    if not create and not path.is_file():
        raise BadInput(str(path), "", "there is no store of analyses here: 'penstock tca … --store' makes one")
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_S)
    try:
        with connection:
            _prepare(connection, table_statements(SQLITE))
            yield Store(connection, SQLITE, str(path))
    except sqlite3.DatabaseError as error:
        raise BadInput(str(path), "", f"cannot be used as a store: {error}") from None
    finally:
        connection.close()


def _postgres(url: str) -> Iterator[Store]:
    import psycopg

    try:
        with psycopg.connect(url) as connection:
            _prepare(connection, table_statements(POSTGRES))
            yield Store(connection, POSTGRES, url.rsplit("@", 1)[-1])
    except psycopg.OperationalError as error:
        raise BadInput(url.rsplit("@", 1)[-1], "", f"cannot be used as a store: {str(error).strip()}") from None


def _prepare(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.execute(statement)


def _file(path: Path) -> Path:
    """A run's journal, a store of its own in another folder, or the very file."""
    if not path.is_dir():
        return path
    return path / FILE_NAME if (path / FILE_NAME).is_file() else path / OWN_FILE


def _blob(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _settings(text: str) -> Settings:
    given: dict[str, Any] = json.loads(text)
    plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    return Settings(**plain)
