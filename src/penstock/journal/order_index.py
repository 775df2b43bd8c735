"""Which batches speak of an order: an index that readers extend when they ask, and writers never touch.

It is derived from the record, kept apart from it, and made anew when it does not fit the record it lies beside.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from penstock.journal.batch import Batch
from penstock.journal.codec import GENESIS

EXTEND_BATCHES = 500
FAMILY = """
    WITH RECURSIVE family (order_id) AS (
        SELECT CAST(? AS TEXT)
        UNION SELECT child.order_id FROM index_orders child JOIN family ON child.parent_id = family.order_id
    ) SELECT order_id FROM family
"""
SIGHTINGS = "SELECT first_seq FROM index_sightings WHERE order_id = ?"


class IndexTables(Protocol):
    """A database with the index's tables: `index_orders`, `index_sightings` and `index_upto`."""

    def transaction(self) -> AbstractContextManager[object]: ...

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """One statement, its parameters marked by `?`; returns the rows it gives."""
        ...

    def run_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None: ...

    def close(self) -> None: ...


class MentionedTerms(msgspec.Struct):
    order_id: str
    parent_id: str | None = None


class Mention(msgspec.Struct):
    """The part of an event that says which order it is about; all that is decoded of it."""

    order_id: str = ""
    terms: MentionedTerms | None = None

    @property
    def about(self) -> str:
        return self.terms.order_id if self.terms is not None else self.order_id


mentions = msgspec.json.Decoder(Mention)


class OrderIndex:
    """The index of one record. `upto` is the last event that it knows of."""

    def __init__(self, tables: IndexTables) -> None:
        self._tables = tables

    def reach(self) -> tuple[int, bytes]:
        """The last event that the index knows of, and the record's head there."""
        rows = self._tables.run("SELECT seq, head FROM index_upto ORDER BY seq DESC LIMIT 1")
        return (rows[0][0], bytes(rows[0][1])) if rows else (0, GENESIS)

    def forget(self) -> None:
        """Begin anew: the record is another than the one that was indexed."""
        with self._tables.transaction():
            for table in ("index_orders", "index_sightings", "index_upto"):
                self._tables.run(f"DELETE FROM {table}")

    def extend(self, batches: Iterable[Batch]) -> None:
        """Take up what was written since; these batches follow the last one known."""
        some: list[Batch] = []
        for batch in batches:
            some.append(batch)
            if len(some) == EXTEND_BATCHES:
                self._take(some)
                some = []
        if some:
            self._take(some)

    def family(self, order_id: str) -> set[str]:
        """The order, its children, and theirs."""
        return {row[0] for row in self._tables.run(FAMILY, (order_id,))}

    def sightings(self, family: Iterable[str]) -> list[int]:
        """The first event of every batch that speaks of one of these orders, in order."""
        return sorted({row[0] for order_id in family for row in self._tables.run(SIGHTINGS, (order_id,))})

    def _take(self, batches: Sequence[Batch]) -> None:
        parents: dict[str, str] = {}
        sightings: dict[tuple[str, int], None] = {}
        for batch in batches:
            for mention in mentions.decode_lines(batch.body):
                if mention.about:
                    sightings[mention.about, batch.first_seq] = None
                if mention.terms is not None and mention.terms.parent_id is not None:
                    parents[mention.terms.order_id] = mention.terms.parent_id
        last = batches[-1]
        with self._tables.transaction():
            self._tables.run_many("INSERT INTO index_orders VALUES (?, ?) ON CONFLICT DO NOTHING", parents.items())
            self._tables.run_many("INSERT INTO index_sightings VALUES (?, ?) ON CONFLICT DO NOTHING", sightings)
            self._tables.run("DELETE FROM index_upto")
            self._tables.run("INSERT INTO index_upto VALUES (?, ?)", (last.last_seq, last.hash))
