"""A file in pieces: whole lines, or rows of a Parquet file, a bounded number at a time, whatever its length.

`.zst`, `.xz`, `.gz` and a member of a `.zip` are unpacked on the way. A file that ends in the middle gives what came
before, and then says so.
"""

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple, cast

import polars as pl
import zstandard

from penstock.domain.errors import BadInput
from penstock.market.tapes.faults import Fault, Faults

PIECE_BYTES = 4 << 20
PIECE_ROWS = 1 << 16
BROKEN = (EOFError, lzma.LZMAError, zstandard.ZstdError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile)


class Lines(NamedTuple):
    """Whole lines; the first of them is line `first` of the file, counted from 1."""

    first: int
    data: bytes


def open_bytes(path: Path, member: str | None = None) -> IO[bytes]:
    """The file's bytes, unpacked.

    Raises:
        BadInput: not there, not readable, or not the archive that its name says.
    """
    try:
        if member is not None:
            return zipfile.ZipFile(path).open(member)
        if path.suffix == ".zst":
            return zstandard.ZstdDecompressor().stream_reader(path.open("rb"), read_across_frames=True, closefd=True)
        if path.suffix == ".xz":
            return lzma.open(path)
        if path.suffix == ".gz":
            return cast(IO[bytes], gzip.open(path))
        return path.open("rb")
    except OSError as error:
        raise BadInput(str(path), "", f"cannot be read: {error.strerror or error}") from error
    except BROKEN as error:
        raise BadInput(str(path), "", "must be a whole zip archive without a password", str(error)) from error


def members(path: Path) -> list[str]:
    """The names of a zip's files.

    Raises:
        BadInput: not a sound zip.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [name for name in archive.namelist() if not name.endswith("/")]
    except OSError as error:
        raise BadInput(str(path), "", f"cannot be read: {error.strerror or error}") from error
    except zipfile.BadZipFile as error:
        raise BadInput(str(path), "", "must be a whole zip archive", str(error)) from error


def line_pieces(path: Path, where: str, faults: Faults, member: str | None = None) -> Iterator[Lines]:
    """The file's lines, about `PIECE_BYTES` at a time; of a file that is cut off, those that are whole."""
    first, rest, cut = 1, b"", ""
    with open_bytes(path, member) as stream:
        while not cut:
            data, cut = _block(stream, where)
            if not data:
                break
            data = rest + data
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            if end:
                yield Lines(first, data[:end])
                first += data.count(b"\n", 0, end)
    if not cut and path.suffix == ".zst" and not _whole_zst(path):
        cut = "the last frame does not end"
    if cut:
        faults.add(_truncated(where, first, cut))
    elif rest.strip():
        yield Lines(first, rest)
    elif first == 1:
        raise BadInput(where, "", "the file is empty")


def _block(stream: IO[bytes], where: str) -> tuple[bytes, str]:
    """About `PIECE_BYTES`, and why there will be no more, if the file breaks off; what came before that is kept."""
    parts: list[bytes] = []
    size = 0
    try:
        while size < PIECE_BYTES and (data := stream.read1(PIECE_BYTES - size)):  # type: ignore[attr-defined]
            parts.append(data)
            size += len(data)
    except BROKEN as error:
        return b"".join(parts), str(error) or "it breaks off"
    except OSError as error:
        raise BadInput(where, "", f"cannot be read: {error.strerror or error}") from error
    return b"".join(parts), ""


def _truncated(where: str, row: int, why: str) -> Fault:
    return Fault(kind="truncated", file=where, row=row, field="", rule="the file is cut off before its end", value=why)


def _whole_zst(path: Path) -> bool:
    """Whether the last frame is closed: the stream reader ends quietly where bytes are missing."""
    frame = zstandard.ZstdDecompressor().decompressobj()
    with path.open("rb") as stream:
        while data := stream.read(PIECE_BYTES >> 3):
            while data:
                frame.decompress(data)
                data = frame.unused_data if frame.eof else b""
                if data:
                    frame = zstandard.ZstdDecompressor().decompressobj()
    return bool(frame.eof)


def number_pieces(
    path: Path,
    where: str,
    faults: Faults,
    columns: Mapping[str, pl.DataType | type[pl.DataType]],
    *,
    member: str | None = None,
    header: bool = False,
    optional: Sequence[str] = (),
) -> Iterator[pl.DataFrame]:
    """Columns of a CSV file, with the column `row`; lines that are not what they should be are faults.

    `columns` are names and types in the file's order; with a `header` the first line must name them. Those that are
    `optional` may be empty. `where` is what the file is called in faults, `member` its name within a zip.
    """  # fmt: skip
    schema = pl.Schema(columns)
    for lines in line_pieces(path, where, faults, member):
        data, first = lines.data, lines.first
        if header and first == 1:
            names, _, data = data.partition(b"\n")
            told = names.decode("utf-8", "replace").strip().split(",")
            if told != list(columns):
                raise wrong_version(where, list(columns), told)
            first = 2
        if not data.strip():
            continue
        frame = _parsed(data, schema, optional)
        if frame is not None and frame.height == data.count(b"\n") + (not data.endswith(b"\n")):
            yield frame.with_row_index("row", first).with_columns(pl.col("row").cast(pl.Int64))
            continue
        good: list[bytes] = []
        rows: list[int] = []
        for row, line in enumerate(data.splitlines(), first):
            reason = _reason(line, schema, optional)
            if reason is None:
                good.append(line)
                rows.append(row)
                continue
            field, rule = reason
            faults.add(_malformed(where, row, field, rule, line))
        frame = _parsed(b"\n".join(good), schema, optional) if good else None
        if frame is not None:
            yield frame.insert_column(0, pl.Series("row", rows, pl.Int64))


def _parsed(data: bytes, schema: pl.Schema, optional: Sequence[str]) -> pl.DataFrame | None:
    try:
        frame = pl.read_csv(io.BytesIO(data), has_header=False, schema=schema)
    except pl.exceptions.PolarsError:
        return None
    nulls = frame.null_count().row(0, named=True)
    return None if any(count for name, count in nulls.items() if name not in optional) else frame


def _reason(line: bytes, schema: pl.Schema, optional: Sequence[str]) -> tuple[str, str] | None:
    """The field and the rule that a line breaks, if it does."""
    fields = line.decode("utf-8", "replace").split(",")
    if len(fields) != len(schema):
        return "", f"must have {len(schema)} fields, not {len(fields)}"
    for (name, kind), field in zip(schema.items(), fields, strict=True):
        if kind == pl.String or (name in optional and not field):
            continue
        try:
            float(field) if kind.is_float() else int(field)
        except ValueError:
            return name, "must be a number" if kind.is_float() else "must be a whole number"
    return None


def _malformed(where: str, row: int, field: str, rule: str, line: bytes) -> Fault:
    text = line[:60].decode("utf-8", "replace")
    return Fault(kind="malformed", file=where, row=row, field=field, rule=rule, value=text)


def parquet_pieces(path: Path, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """A Parquet file's rows, with the column `row`.

    Raises:
        BadInput: not Parquet, cut off, or without one of `columns`.
    """
    try:
        table = pl.scan_parquet(path)
        told = table.collect_schema().names()
        if missing := [name for name in columns if name not in told]:
            raise wrong_version(str(path), list(columns), told, missing)
        first = 0
        while True:
            frame = table.slice(first, PIECE_ROWS).collect()
            if frame.is_empty():
                break
            yield frame.with_row_index("row", first + 1).with_columns(pl.col("row").cast(pl.Int64))
            first += frame.height
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise BadInput(str(path), "", "must be a whole Parquet file", reason) from error
    if first == 0:
        raise BadInput(str(path), "", "the file is empty")


def wrong_version(where: str, wanted: list[str], told: list[str], missing: Sequence[str] = ()) -> BadInput:
    """The refusal of a file whose columns are not those of its kind."""
    rule = f"another version of the format: must have the columns {', '.join(wanted)}"
    return BadInput(where, ", ".join(missing), rule, ", ".join(told))
