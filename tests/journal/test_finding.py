"""One order's life, searches and exports: from any journal, quickly, and never from one that was tampered with."""

import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import polars as pl
import psycopg
import pytest
from desk_day import START, cancel, child, day, parent

from penstock.domain.errors import BadInput, JournalCorrupt
from penstock.domain.events import AnyEvent, MarketSampled
from penstock.journal import Numbered, WritableRecord, history, open_journal, open_record
from penstock.journal.export import COLUMNS, FORMATS, export
from penstock.journal.reading import events_of
from penstock.journal.search import Wanted, search

Opener = Callable[[], WritableRecord]
EVENTS = day(700)  # a session and a hundred parents of seven events each, the last one unfinished


def filled(journal: WritableRecord, batch: int = 50) -> WritableRecord:
    for first in range(0, len(EVENTS), batch):
        journal.append(EVENTS[first : first + batch])
    return journal


def about(events: list[AnyEvent], order_id: str) -> list[Numbered]:
    """The history by the longest way: look at every event."""
    return [
        Numbered(seq, event) for seq, event in enumerate(events, 1) if f'"{order_id}' in str(event).replace("'", '"')
    ]


@pytest.mark.parametrize("order_id", ["P00001", "P00050", "P00099-002", "P00100"])
def test_the_history_of_an_order_is_its_events_and_those_of_its_children(opener: Opener, order_id: str) -> None:
    journal = filled(opener())
    assert history(journal, order_id) == about(EVENTS, order_id)
    assert history(journal, order_id) == about(EVENTS, order_id)
    journal.close()


def test_an_order_that_is_not_on_record_has_no_history(opener: Opener) -> None:
    journal = filled(opener())
    assert history(journal, "P0000") == history(journal, "") == []
    journal.close()


def test_the_index_takes_up_what_was_written_since(opener: Opener) -> None:
    journal = opener()
    journal.append(EVENTS[:1])
    assert history(journal, "P00001") == []
    journal.append(EVENTS[1:6])
    assert len(history(journal, "P00001")) == 5
    journal.append(EVENTS[6:])
    assert history(journal, "P00001") == about(EVENTS, "P00001")
    journal.close()


def test_only_descent_makes_a_family_not_a_name(opener: Opener) -> None:
    """An order that happens to be called like a child of another is none."""
    journal = opener()
    events = [
        EVENTS[0],
        parent("A", START),
        parent("A-001-X", START),
        *child("A", 1, START),
        *child("A-001-X", 1, START),
    ]
    journal.append(events)
    assert [seq for seq, _ in history(journal, "A")] == [2, 4, 5, 6]
    assert [seq for seq, _ in history(journal, "A-001-X")] == [3, 7, 8, 9]
    journal.close()


def test_the_index_of_another_journal_in_the_same_place_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = filled(open_journal(path))
    assert history(journal, "P00001")
    journal.close()
    path.unlink()
    journal = open_journal(path)
    journal.append([EVENTS[0], cancel(1), *EVENTS[8:15], parent("another", START)])
    assert history(journal, "P00001") == []
    assert [seq for seq, _ in history(journal, "another")] == [10]
    assert [seq for seq, _ in history(journal, "P00002")] == list(range(3, 10))
    journal.close()


def test_asking_for_a_history_leaves_the_record_untouched(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(open_journal(path)).close()
    before = path.read_bytes()
    record = open_record(path)
    assert history(record, "P00007")
    record.close()
    assert path.read_bytes() == before


def test_a_reader_that_may_not_write_keeps_its_index_in_memory(database: str) -> None:
    filled(open_journal(database)).close()
    record = open_record(f"{database}%20-cdefault_transaction_read_only%3Don")
    assert history(record, "P00003") == about(EVENTS, "P00003")
    record.close()
    with psycopg.connect(database) as db:
        found = db.execute("SELECT to_regclass('index_orders')").fetchone()
    assert found == (None,)


SEARCHES = [
    (Wanted(), list(range(1, 701))),
    (Wanted(kind="SessionStarted"), [1]),
    (Wanted(text="P00003-001"), [17, 18, 19]),
    (Wanted(text="p00003-001", kind="ChildFilled"), [19]),
    (Wanted(since=START + 1000), list(range(695, 701))),
    (Wanted(until=START + 10), [1]),
    (Wanted(symbol="ACME", until=START + 20), list(range(2, 9))),
    (Wanted(symbol="OTHER"), []),
    (Wanted(symbol="ACME", kind="ChildAccepted", since=START + 985), [690, 693, 697, 700]),
]


@pytest.mark.parametrize(("wanted", "found"), SEARCHES)
def test_a_search_finds_what_passes_every_filter(opener: Opener, wanted: Wanted, found: list[int]) -> None:
    journal = filled(opener())
    hits = list(search(journal, wanted))
    assert [seq for seq, _ in hits] == found
    assert all(EVENTS[seq - 1] == event for seq, event in hits)
    for after in (0, 1, 16, 350, 699, 700):
        assert [seq for seq, _ in search(journal, wanted, after)] == [seq for seq in found if seq > after]
    journal.close()


def test_a_search_by_symbol_knows_the_market_too(opener: Opener) -> None:
    journal = opener()
    journal.append([*EVENTS[:3], MarketSampled(ts=START, symbol="OTHER", quotes={})])
    assert [seq for seq, _ in search(journal, Wanted(symbol="OTHER"))] == [4]
    journal.close()


def test_json_lines_are_the_events_and_prove_themselves(opener: Opener, tmp_path: Path) -> None:
    journal, out, told = filled(opener()), tmp_path / "out.jsonl", []
    assert export(journal, "jsonl", out, told.append) == 700
    head = bytes(32)
    for seq, line in enumerate(out.read_bytes().splitlines(), 1):
        row = json.loads(line)
        raw = line[line.index(b'"event":') + 8 : -1]
        head = sha256(head + seq.to_bytes(8, "big") + raw).digest()
        assert (row["seq"], row["hash"]) == (seq, head.hex())
    assert head == journal.head
    assert told[-1] == 700
    journal.close()


def test_csv_and_parquet_have_a_row_an_event_and_every_figure(tmp_path: Path) -> None:
    journal = filled(open_journal(tmp_path / "journal.db"))
    for form in ("csv", "parquet"):
        assert export(journal, form, tmp_path / f"out.{form}") == 700
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    fill = rows[4]
    assert (fill["seq"], fill["kind"], fill["order_id"], fill["symbol"]) == ("5", "ChildFilled", "P00001-001", "ACME")
    assert (fill["quantity"], fill["price"], fill["fee"], fill["venue"]) == ("100", "10.00", "0.1", "XA")
    sent = rows[2]
    assert (sent["parent_id"], sent["side"], sent["quantity"], sent["price"]) == ("P00001", "buy", "100", "10.00")
    assert fill["time"].endswith("Z")
    assert rows[-1]["hash"] == journal.head.hex()
    frame = pl.read_parquet(tmp_path / "out.parquet")
    assert [{name: str(value) for name, value in row.items()} for row in frame.to_dicts()] == rows
    journal.close()


@pytest.mark.parametrize("form", FORMATS)
def test_a_tampered_record_is_not_exported(form: str, tmp_path: Path) -> None:
    path, out = tmp_path / "journal.db", tmp_path / f"out.{form}"
    filled(open_journal(path)).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE batches SET body = CAST(replace(body, 'P00099', 'P00098') AS BLOB) WHERE first_seq = 651")
    record = open_record(path)
    with pytest.raises(JournalCorrupt, match="event 688 was changed"):
        export(record, form, out)
    with pytest.raises(JournalCorrupt, match="event 688 was changed"):
        list(search(record, Wanted()))
    with pytest.raises(JournalCorrupt, match="event 688 was changed"):
        history(record, "P00098")
    assert history(record, "P00003")
    record.close()
    assert not [each.name for each in tmp_path.iterdir() if each.name.startswith("out")]


def test_an_export_that_cannot_be_written_is_bad_input(opener: Opener, tmp_path: Path) -> None:
    journal = filled(opener())
    with pytest.raises(BadInput, match="must be one of jsonl, csv, parquet"):
        export(journal, "xml", tmp_path / "out.xml")
    for form in FORMATS:
        with pytest.raises(BadInput, match="cannot be written"):
            export(journal, form, tmp_path / "no" / "such" / "folder")
    assert list(events_of(journal)) == EVENTS
    journal.close()
