"""The tables of a journal in PostgreSQL; they live in the schema that the URL's search path names first."""

from typing import Any

import psycopg

from penstock.domain.errors import BadInput

SCHEMA_VERSION = 2
TABLES = (
    """CREATE TABLE journal_batches (
        first_seq bigint PRIMARY KEY,
        last_seq  bigint NOT NULL,
        ts        bigint NOT NULL,
        body      bytea  NOT NULL,
        marks     bytea  NOT NULL,
        hash      bytea  NOT NULL
    )""",
    "ALTER TABLE journal_batches ALTER COLUMN body SET STORAGE EXTERNAL",  # packing it would cost more than it saves
    """CREATE TABLE journal_snapshots (
        seq        bigint PRIMARY KEY,
        head       bytea  NOT NULL,
        state_hash text   NOT NULL,
        body       bytea  NOT NULL,
        digest     bytea  NOT NULL
    )""",
    "CREATE TABLE journal_version (version integer NOT NULL)",
    f"INSERT INTO journal_version VALUES ({SCHEMA_VERSION})",
)
INDEX_TABLES = (
    "CREATE TABLE IF NOT EXISTS index_orders (order_id text PRIMARY KEY, parent_id text NOT NULL)",
    "CREATE INDEX IF NOT EXISTS index_children ON index_orders (parent_id)",
    """CREATE TABLE IF NOT EXISTS index_sightings (
        order_id text NOT NULL, first_seq bigint NOT NULL, PRIMARY KEY (order_id, first_seq)
    )""",
    "CREATE TABLE IF NOT EXISTS index_clients (client_order_id text PRIMARY KEY, order_id text NOT NULL)",
    "CREATE TABLE IF NOT EXISTS index_upto (seq bigint NOT NULL, head bytea NOT NULL)",
    "CREATE TABLE IF NOT EXISTS index_version (version integer NOT NULL)",
)


def version_of(db: "psycopg.Connection[tuple[Any, ...]]", name: str) -> int:
    """The version of a database's journal; 0 if it has none.

    Raises:
        BadInput: a newer Penstock wrote it.
    """
    found = db.execute("SELECT to_regclass('journal_version') IS NOT NULL").fetchone()
    if found is None or not found[0]:
        return 0
    row = db.execute("SELECT max(version) FROM journal_version").fetchone()
    version = int(row[0]) if row and row[0] is not None else 0
    if version > SCHEMA_VERSION:
        rule = f"this Penstock reads journals up to version {SCHEMA_VERSION}: a newer one wrote this"
        raise BadInput(name, "schema version", rule, version)
    return version


def bring_up_to_date(db: "psycopg.Connection[tuple[Any, ...]]", name: str) -> None:
    """Create the tables where there are none, in one transaction."""
    if version_of(db, name) == 0:
        with db.transaction():
            for statement in TABLES:
                db.execute(statement)
