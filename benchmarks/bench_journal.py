"""The journal: what an append, a verification and a recovery cost, each against what the database itself costs.

A floor is the same bytes, ready-made, through the same database with the same durability and nothing around them.
"""

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from time import perf_counter

from penstock.app.live.settings import LiveSettings
from penstock.domain.events import AnyEvent
from penstock.engine.effects import Recall
from penstock.journal import GroupCommit, open_journal, open_record, recovery, save_snapshot, verify
from penstock.journal.codec import encode
from penstock.journal.history import history
from penstock.journal.recall import look_up

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.append(str(Path(__file__).resolve().parent.parent / "tests" / "journal"))

from desk_day import at_work

from throwaway_postgres import NotInstalled, Postgres

Row = dict[str, object]
EVENTS, RUNS = 50_000, 3
PAST_EVENTS, WORKING = 1_000_000, 10_000
RECOVERY_FLOOR, SNAPSHOT_FLOOR_S = 150_000, 2.0


def run() -> list[Row]:
    """Rows for the table."""
    events = list(islice(chain.from_iterable(at_work(EVENTS, 0)), EVENTS))
    with tempfile.TemporaryDirectory() as folder:
        rows = [*sqlite_rows(Path(folder), events), *recovery_rows(Path(folder))]
    try:
        server = Postgres()
    except NotInstalled as reason:
        print(reason, file=sys.stderr)
        return rows
    try:
        return [*rows, *postgres_rows(server.url("bench"), events)]
    finally:
        server.remove()


def sqlite_rows(folder: Path, events: list[AnyEvent]) -> Iterator[Row]:
    bodies = [encode(event) for event in events]
    places = (folder / f"{number}.db" for number in count())
    for batch in (100, 1000):
        floor, ours = best(partial(insert, bodies, batch, places), partial(append, events, batch, places))
        yield row(f"SQLite journal, synced, {batch} events a batch / bare insert of the same bytes", ours, floor)
    floor, ours = best(partial(insert, bodies, 1000, places), lambda: asyncio.run(submit(events, next(places))))
    yield row("SQLite journal, group commit, 4 events a submission / bare insert, 1000 a batch", ours, floor)
    path = next(places)
    append(events, 100, iter([path]))
    floor, ours = best(lambda: select(path), lambda: verify(path))
    yield row("journal verify / bare select of the same rows", ours, floor)


def recovery_rows(folder: Path) -> Iterator[Row]:
    """A day of 1,000,000 events on a desk that archives, with 10,000 orders working at its end."""
    path = folder / "past.db"
    journal = open_journal(path, durability="process")
    for batch in at_work(PAST_EVENTS, WORKING, LiveSettings().closed_orders_max):
        journal.append(batch)
    journal.close()
    record = open_record(path)
    began = perf_counter()
    back = recovery(record)
    took = perf_counter() - began
    yield row(f"recovery, {back.replayed:,} events replayed", back.replayed / took, RECOVERY_FLOOR)
    save_snapshot(record, back.state)
    del back  # letting go of a state takes time as well, and is no part of recovery
    began = perf_counter()
    back = recovery(record)
    took = perf_counter() - began
    assert back.snapshot_seq == PAST_EVENTS
    yield {
        "name": f"recovery from a snapshot, {PAST_EVENTS:,} past events, {WORKING:,} working orders",
        "value": took,
        "unit": "s",
        "peer_or_floor": SNAPSHOT_FLOOR_S,
        "ratio": took / SNAPSHOT_FLOOR_S,
    }
    order_id = next(iter(back.state.working))
    history(record, order_id)
    began = perf_counter()
    assert history(record, order_id)
    yield in_ms(f"history of one order among {PAST_EVENTS:,} events, indexed", perf_counter() - began)
    began = perf_counter()
    assert look_up(record, Recall(order_id="P000001")).family is not None
    yield in_ms(f"recall of an archived order among {PAST_EVENTS:,} events, indexed", perf_counter() - began)
    record.close()


def postgres_rows(url: str, events: list[AnyEvent]) -> Iterator[Row]:
    import psycopg

    bodies = [encode(event) for event in events]

    def copy(batch: int) -> None:
        with psycopg.connect(url, autocommit=True) as db, db.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS bare (seq bigserial PRIMARY KEY, body bytea NOT NULL)")
            for first in range(0, EVENTS, batch):
                with cursor.copy("COPY bare (body) FROM STDIN (FORMAT binary)") as lines:
                    lines.set_types(["bytea"])
                    for body in bodies[first : first + batch]:
                        lines.write_row((body,))

    def ours(batch: int) -> None:
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("DROP TABLE IF EXISTS journal_batches, journal_snapshots, journal_version")
        append(events, batch, iter([url]))

    for batch in (100, 1000):
        floor, own = best(partial(copy, batch), partial(ours, batch))
        yield row(f"PostgreSQL journal, synced, {batch} events a batch / COPY of the same bytes", own, floor)


def in_ms(name: str, took_s: float) -> Row:
    return {"name": name, "value": took_s * 1000, "unit": "ms", "peer_or_floor": None, "ratio": None}


def row(name: str, value: float, floor: float) -> Row:
    return {"name": name, "value": value, "unit": "events/s", "peer_or_floor": floor, "ratio": value / floor}


def best(floor: Callable[[], object], ours: Callable[[], object]) -> tuple[float, float]:
    """Events a second of both, each the best of several runs by turns: a disk's mood changes within seconds."""
    took = [(seconds(floor), seconds(ours)) for _ in range(RUNS)]
    return EVENTS / min(each[0] for each in took), EVENTS / min(each[1] for each in took)


def seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def append(events: list[AnyEvent], batch: int, places: Iterator[Path | str]) -> None:
    journal = open_journal(next(places), durability="full")
    for first in range(0, EVENTS, batch):
        journal.append(events[first : first + batch])
    journal.close()


async def submit(events: list[AnyEvent], path: Path) -> None:
    """As a live desk does: input by input, under back-pressure."""
    group = GroupCommit(open_journal(path, durability="full"))
    for first in range(0, EVENTS, 4):
        await group.room()
        last = group.submit(events[first : first + 4])
    await last
    await group.close()


def insert(bodies: list[bytes], batch: int, places: Iterator[Path]) -> None:
    db = sqlite3.connect(next(places), isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE rows (seq INTEGER PRIMARY KEY, b BLOB)"
    )
    for first in range(0, EVENTS, batch):
        db.execute("BEGIN")
        db.executemany("INSERT INTO rows (b) VALUES (?)", [(body,) for body in bodies[first : first + batch]])
        db.execute("COMMIT")
    db.close()


def select(path: Path) -> None:
    db = sqlite3.connect(path)
    for _ in db.execute("SELECT first_seq, last_seq, ts, body, marks, hash FROM batches ORDER BY first_seq"):
        pass
    db.close()
