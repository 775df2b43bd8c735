"""A record for other programs: every event with its number and hash, as JSON lines, CSV or Parquet.

Only a sound record is exported, and the file appears when it is complete. Figures stay the digits that were recorded:
CSV and Parquet hold them as text. Whoever has the JSON lines can check the chain without Penstock.
"""

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from penstock.domain.errors import BadInput
from penstock.domain.time import to_iso
from penstock.journal.codec import GENESIS, decode, link
from penstock.journal.record import Record
from penstock.journal.search import Traded
from penstock.journal.verify import sound_batches

Progress = Callable[[int], object]
FORMATS = ("jsonl", "csv", "parquet")
COLUMNS = (
    *("seq", "time", "ts", "kind", "order_id", "parent_id", "symbol", "venue", "side"),
    *("quantity", "price", "fee", "reason", "hash", "event"),
)
ROWS_A_FRAME = 20_000


def export(record: Record, form: str, out: Path, progress: Progress = lambda events: None) -> int:
    """Write all events to a file; returns how many. `progress` is told how many are done, now and then.

    Raises:
        BadInput: a form that there is not, or a file that cannot be written.
        JournalCorrupt: the record does not hold together; nothing is left behind.
    """
    if form not in FORMATS:
        raise BadInput("--format", "", f"must be one of {', '.join(FORMATS)}", form)
    write = {"jsonl": write_jsonl, "csv": write_csv, "parquet": write_parquet}[form]
    draft = out.with_name(out.name + ".part")
    try:
        events = write(record, draft, progress)
        os.replace(draft, out)
    except OSError as error:
        raise BadInput(str(out), "--out", f"cannot be written: {error.strerror or error}") from None
    finally:
        draft.unlink(missing_ok=True)
    return events


def write_jsonl(record: Record, path: Path, progress: Progress) -> int:
    """Lines of `{"seq": …, "hash": …, "event": {…}}`; a hash is SHA-256(hash before, seq as 8 bytes, event's bytes)."""
    seq = 0
    with path.open("wb") as file:
        for seq, line, head in hashed(record, progress):
            file.write(b'{"seq":%d,"hash":"%s","event":%s}\n' % (seq, head.hex().encode(), line))
    return seq


def write_csv(record: Record, path: Path, progress: Progress) -> int:
    rows = 0
    with path.open("w", newline="") as file:
        sheet = csv.writer(file, lineterminator="\n")
        sheet.writerow(COLUMNS)
        for row in table(record, progress):
            sheet.writerow(row)
            rows += 1
    return rows


def write_parquet(record: Record, path: Path, progress: Progress) -> int:
    import polars as pl
    from polars.io.plugins import register_io_source

    schema = {name: pl.Int64 if name in ("seq", "ts") else pl.String for name in COLUMNS}
    written = 0

    def frames(*_pushed_down: object) -> Iterator[pl.DataFrame]:
        nonlocal written
        rows: list[tuple[Any, ...]] = []
        for row in table(record, progress):
            rows.append(row)
            if len(rows) == ROWS_A_FRAME:
                written += len(rows)
                yield pl.DataFrame(rows, schema=schema, orient="row")
                rows = []
        written += len(rows)
        yield pl.DataFrame(rows, schema=schema, orient="row")

    register_io_source(frames, schema=schema).sink_parquet(path)
    return written


def hashed(record: Record, progress: Progress) -> Iterator[tuple[int, bytes, bytes]]:
    """Each event's number, bytes and hash."""
    head = GENESIS
    for batch in sound_batches(record):
        for seq, line in enumerate(batch.lines(), batch.first_seq):
            head = link(head, seq, line)
            yield seq, line, head
        progress(batch.last_seq)


def table(record: Record, progress: Progress) -> Iterator[tuple[Any, ...]]:
    """Each event as a row of `COLUMNS`; what it does not have is empty."""
    traded = Traded()
    for seq, line, head in hashed(record, progress):
        event = decode(line)
        terms = getattr(event, "terms", None)

        def first(*names: str, event: Any = event, terms: Any = terms) -> str:
            """The first of these that the event, or else its terms, has."""
            for name in names:
                for holder in (event, terms):
                    value = getattr(holder, name, None)
                    if value is not None and value != "":
                        return str(value)
            return ""

        yield (
            *(seq, to_iso(event.ts), event.ts, type(event).__name__, first("order_id"), first("parent_id")),
            *(traded.symbol_of(event), first("venue"), first("side"), first("last_qty", "quantity")),
            *(first("last_px", "limit_price"), first("fee"), first("reason", "text"), head.hex(), line.decode()),
        )
