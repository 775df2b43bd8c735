"""Tapes are kept as Parquet, in parts of bounded size, in a user's cache: named by the content they were read from.

A recording is read once; the same bytes, read by the same rules, are found again wherever they lie. The cache is
`$PENSTOCK_CACHE`, else `$XDG_CACHE_HOME/penstock`, else `~/.cache/penstock`; where it cannot be written, a temporary
folder serves for this run. It can be deleted at any time.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from weakref import finalize

import msgspec
import polars as pl

from penstock.domain.errors import BadInput
from penstock.market.tapes.faults import FaultSummary, Policy
from penstock.market.tapes.reading import Piece, Reading
from penstock.market.tapes.schema import SCHEMAS, Listing, Table

RULES_VERSION = 2  # raised when a loader reads the same bytes differently
MANIFEST = "tape.json"
PART_ROWS = 1 << 17
HASH_BYTES = 1 << 20


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a stored tape is: parts are files beside it, in the order of reading."""

    kind: str
    policy: Policy
    listings: tuple[Listing, ...]
    venues: tuple[str, ...]
    parts: dict[Table, tuple[str, ...]]
    rows: dict[Table, int]
    start_ns: int
    end_ns: int
    offset_ns: int
    faults: FaultSummary
    notes: tuple[str, ...]


class Tape:
    """A recorded market: its names, its faults, and its tables in pieces.

    `start_ns` and `end_ns` are of the rows' own times, with `offset_ns` added: what the receiver's clock was behind
    the sender's.
    """

    def __init__(self, source: str, folder: Path, manifest: Manifest) -> None:
        self.source, self.folder, self.manifest = source, folder, manifest
        self.listings, self.venues = manifest.listings, manifest.venues
        self.offset_ns = manifest.offset_ns
        self.start_ns, self.end_ns = manifest.start_ns + self.offset_ns, manifest.end_ns + self.offset_ns

    @property
    def kind(self) -> str:
        return self.manifest.kind

    @property
    def faults(self) -> FaultSummary:
        return self.manifest.faults

    @property
    def rows(self) -> dict[Table, int]:
        """How many rows each table has."""
        return self.manifest.rows

    def pieces(self, table: Table, listing: int | None = None) -> Iterator[pl.DataFrame]:
        """A table's rows in the order of reading, one part at a time; of one listing, if it is given."""
        for name in self.manifest.parts.get(table, ()):
            frame = pl.read_parquet(self.folder / name, memory_map=False)
            if listing is not None:
                frame = frame.filter(pl.col("listing") == listing)
            if self.offset_ns:
                frame = frame.with_columns(pl.col("ts") + self.offset_ns)
            if not frame.is_empty():
                yield frame

    def frame(self, table: Table, listing: int | None = None) -> pl.DataFrame:
        """A table at once, for tapes known to be short."""
        parts = list(self.pieces(table, listing))
        return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMAS[table])


def cache_folder() -> Path:
    """Where tapes are kept."""
    if own := os.environ.get("PENSTOCK_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "penstock"


def content_key(kind: str, policy: Policy, files: Iterable[Path], root: Path) -> str:
    """A name for what these files hold, read by these rules."""
    digest = hashlib.sha256(f"{RULES_VERSION} {kind} {policy}".encode())
    for path in files:
        name = path.relative_to(root) if path.is_relative_to(root) and path != root else Path(path.name)
        digest.update(f"\0{name}\0".encode())
        try:
            with path.open("rb") as stream:
                while data := stream.read(HASH_BYTES):
                    digest.update(data)
        except OSError as error:
            raise BadInput(str(path), "", f"cannot be read: {error.strerror or error}") from error
    return f"{kind}-{digest.hexdigest()[:24]}"


def find(source: str, key: str) -> Tape | None:
    """The stored tape of that name."""
    folder = cache_folder() / "tapes" / key
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        return None
    whole = all((folder / name).is_file() for names in manifest.parts.values() for name in names)
    return Tape(source, folder, manifest) if whole else None


def keep(source: str, key: str, kind: str, reading: Reading, pieces: Iterable[Piece]) -> Tape:
    """Write what is read, part by part, and give it back as a tape; it appears in the cache when it is whole."""
    work, temporary = _work_folder()
    try:
        manifest = _write(work, kind, reading, pieces)
        (work / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    if temporary:
        tape = Tape(source, work, manifest)
        finalize(tape, shutil.rmtree, work, ignore_errors=True)
        return tape
    folder = cache_folder() / "tapes" / key
    try:
        work.rename(folder)
    except OSError:  # another process was faster, or left half of one
        if find(source, key) is None:
            shutil.rmtree(folder, ignore_errors=True)
            work.rename(folder)
        else:
            shutil.rmtree(work, ignore_errors=True)
    return Tape(source, folder, manifest)


def _work_folder() -> tuple[Path, bool]:
    """A new folder, and whether it is only for this run."""
    try:
        base = cache_folder() / "tapes"
        base.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".writing-", dir=base)), False
    except OSError:
        return Path(tempfile.mkdtemp(prefix="penstock-tape-")), True


def _write(work: Path, kind: str, reading: Reading, pieces: Iterable[Piece]) -> Manifest:
    waiting: dict[Table, list[pl.DataFrame]] = {}
    parts: dict[Table, list[str]] = {}
    rows: dict[Table, int] = {}
    start, end = 2**62, -(2**62)

    def flush(table: Table) -> None:
        name = f"{table}-{len(parts.setdefault(table, [])):05}.parquet"
        pl.concat(waiting.pop(table)).write_parquet(work / name, compression="zstd", compression_level=1)
        parts[table].append(name)

    for table, frame in pieces:
        waiting.setdefault(table, []).append(frame)
        rows[table] = rows.get(table, 0) + frame.height
        start, end = min(start, int(frame["ts"].min())), max(end, int(frame["ts"].max()))  # type: ignore[arg-type]
        if sum(one.height for one in waiting[table]) >= PART_ROWS:
            flush(table)
    for table in list(waiting):
        flush(table)
    if not rows:
        first = reading.faults.summary().examples[:1]
        raise first[0].error() if first else BadInput(kind, "", "no row of the recording can be used")
    return Manifest(
        kind=kind,
        policy=reading.policy,
        listings=tuple(reading.listings),
        venues=tuple(reading.venues),
        parts={table: tuple(names) for table, names in parts.items()},
        rows=rows,
        start_ns=start,
        end_ns=end,
        offset_ns=reading.offset_ns,
        faults=reading.faults.summary(),
        notes=tuple(reading.notes),
    )
