"""Which batches speak of an order: an index that readers extend when they ask, and writers never touch.

It is derived from the record, kept apart from it, and made anew when it does not fit the record it lies beside.
"""

from collections.abc import Container, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from penstock.domain.orders import FIRST_CHILD
from penstock.journal.batch import Batch
from penstock.journal.codec import GENESIS

VERSION = 2
EXTEND_BATCHES = 500
SESSION = ""  # what a session's begin is sighted as: no order has this id
TABLES = ("index_orders", "index_clients", "index_sightings", "index_upto", "index_version")
FAMILY = """
    WITH RECURSIVE family (order_id) AS (
        SELECT CAST(? AS TEXT)
        UNION SELECT child.order_id FROM index_orders child JOIN family ON child.parent_id = family.order_id
    ) SELECT order_id FROM family
"""
SIGHTINGS = "SELECT first_seq FROM index_sightings WHERE order_id = ?"


class IndexTables(Protocol):
    """A database with the index's tables: `TABLES`."""

    def transaction(self) -> AbstractContextManager[object]: ...

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """One statement, its parameters marked by `?`; returns the rows it gives."""
        ...

    def insert(self, table: str, rows: Iterable[tuple[str, str | int]]) -> None:
        """Put rows in a table of two columns; one whose key is there already is left out."""
        ...

    def close(self) -> None: ...


class MentionedTerms(msgspec.Struct):
    order_id: str
    parent_id: str | None = None
    client_order_id: str | None = None


class Mention(msgspec.Struct):
    """The part of an event that says which order it is about; all that is decoded of it."""

    kind: str = ""
    order_id: str = ""
    terms: MentionedTerms | None = None

    @property
    def about(self) -> str:
        return self.terms.order_id if self.terms is not None else self.order_id

    @property
    def child(self) -> str:
        """The child that an order sent whole is, too; empty for any other event."""
        whole = self.terms is not None and self.kind == "OrderSentWhole"
        return self.about + FIRST_CHILD if whole else ""

    def concerns(self, family: Container[str]) -> bool:
        """Whether it is about one of these orders."""
        return self.about in family or (self.child in family if self.child else False)

    @property
    def begins_session(self) -> bool:
        return self.kind == "SessionStarted"


mentions = msgspec.json.Decoder(Mention)


class OrderIndex:
    """The index of one record; made anew where another version of Penstock made it."""

    def __init__(self, tables: IndexTables) -> None:
        self._tables = tables
        if self._tables.run("SELECT version FROM index_version") != [(VERSION,)]:
            self.forget()

    def reach(self) -> tuple[int, bytes]:
        """The last event that the index knows of, and the record's head there."""
        rows = self._tables.run("SELECT seq, head FROM index_upto ORDER BY seq DESC LIMIT 1")
        return (rows[0][0], bytes(rows[0][1])) if rows else (0, GENESIS)

    def forget(self) -> None:
        """Begin anew: the record is another than the one that was indexed."""
        with self._tables.transaction():
            for table in TABLES:
                self._tables.run(f"DELETE FROM {table}")
            self._tables.run("INSERT INTO index_version VALUES (?)", (VERSION,))

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
        if not order_id:
            return set()
        return {row[0] for row in self._tables.run(FAMILY, (order_id,))}

    def order_of(self, client_order_id: str) -> str:
        """The parent that a client submitted under this id of its own; empty if there is none."""
        rows = self._tables.run("SELECT order_id FROM index_clients WHERE client_order_id = ?", (client_order_id,))
        return rows[0][0] if rows else ""

    def sightings(self, family: Iterable[str]) -> list[int]:
        """The first event of every batch that speaks of one of these orders, in order."""
        return sorted({row[0] for order_id in family for row in self._tables.run(SIGHTINGS, (order_id,))})

    def _take(self, batches: Sequence[Batch]) -> None:
        parents: dict[str, str] = {}
        clients: dict[str, str] = {}
        sightings: dict[tuple[str, int], None] = {}
        for batch in batches:
            for mention in mentions.decode_lines(batch.body):
                if mention.about or mention.begins_session:
                    sightings[mention.about or SESSION, batch.first_seq] = None
                if mention.child:
                    parents[mention.child] = mention.about
                    sightings[mention.child, batch.first_seq] = None
                if (terms := mention.terms) is None:
                    continue
                if terms.parent_id is not None:
                    parents[terms.order_id] = terms.parent_id
                elif terms.client_order_id is not None:
                    clients.setdefault(terms.client_order_id, terms.order_id)
        last = batches[-1]
        with self._tables.transaction():
            self._tables.insert("index_orders", parents.items())
            self._tables.insert("index_clients", clients.items())
            self._tables.insert("index_sightings", sightings)
            self._tables.run("DELETE FROM index_upto")
            self._tables.run("INSERT INTO index_upto VALUES (?, ?)", (last.last_seq, last.hash))
