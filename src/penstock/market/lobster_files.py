"""Where a LOBSTER recording's bytes are: a zip, a folder, a `.csv` or a `.csv.zst`; and what its name says.

`AMZN_2012-06-21_34200000_57600000_message_5.csv` is symbol, date, start and end in milliseconds after midnight in
New York, what the file holds, and how many book levels were recorded.
"""

import re
import zipfile
import zlib
from datetime import date, datetime, time
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import zstandard

from penstock.domain.errors import BadInput
from penstock.domain.time import MILLISECOND, SECOND

NEW_YORK = ZoneInfo("America/New_York")
NAME = re.compile(
    r"(?P<symbol>[^_/]+)_(?P<date>\d{4}-\d\d-\d\d)_(?P<start>\d+)_(?P<end>\d+)_message_(?P<levels>\d+)\.csv"
)
DAY_MS = 24 * 3600 * 1000


class Name(NamedTuple):
    """What a message file's name says; times are ns since the epoch, UTC."""

    symbol: str
    day: date
    midnight_ns: int
    start_ns: int
    end_ns: int
    levels: int


class RawFiles(NamedTuple):
    """The message file and, where there is one, the book file: their names and bytes."""

    name: Name
    message_file: str
    messages: bytes
    book_file: str = ""
    book: bytes | None = None


def read_files(path: Path) -> RawFiles:
    """Find and unpack a recording.

    Raises:
        BadInput: missing, unreadable, corrupt, not one recording, or a name that is not LOBSTER's.
    """
    if not path.exists():
        raise BadInput(str(path), "", "there is no such file or folder")
    try:
        if path.is_dir():
            return _from_folder(path)
        if path.suffix == ".zip":
            return _from_zip(path)
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(str(path), "", "must be readable", error.strerror or str(error)) from error
    if path.suffix == ".zst":
        return RawFiles(parse_name(path.name.removesuffix(".zst")), str(path), _unpack_zst(path, data))
    return RawFiles(parse_name(path.name), str(path), data)


def _from_folder(folder: Path) -> RawFiles:
    names = [entry.name for entry in folder.iterdir() if entry.is_file()]
    message, book = _pair(str(folder), names)
    return RawFiles(
        parse_name(message),
        str(folder / message),
        (folder / message).read_bytes(),
        str(folder / book),
        (folder / book).read_bytes(),
    )


def _from_zip(path: Path) -> RawFiles:
    try:
        with zipfile.ZipFile(path) as archive:
            message, book = _pair(str(path), archive.namelist())
            messages, rows = archive.read(message), archive.read(book)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise BadInput(str(path), "", "must be a whole zip archive without a password", str(error)) from error
    return RawFiles(parse_name(Path(message).name), f"{path}/{message}", messages, f"{path}/{book}", rows)


def _pair(where: str, names: list[str]) -> tuple[str, str]:
    """Name the one message file and its book file."""
    found = [name for name in names if NAME.fullmatch(Path(name).name)]
    if len(found) != 1:
        raise BadInput(where, "", "must hold exactly one ..._message_<levels>.csv", ", ".join(found) or "none")
    book = found[0].replace("_message_", "_orderbook_")
    if book not in names:
        raise BadInput(where, "", f"the book file {Path(book).name} is missing beside its message file")
    return found[0], book


def _unpack_zst(path: Path, data: bytes) -> bytes:
    parts = []
    try:
        while data:
            frame = zstandard.ZstdDecompressor().decompressobj()
            parts.append(frame.decompress(data))
            if not frame.eof:
                raise BadInput(str(path), "", "must be a whole zst file", "cut off")
            data = frame.unused_data
    except zstandard.ZstdError as error:
        raise BadInput(str(path), "", "must be a whole zst file", str(error)) from error
    return b"".join(parts)


def parse_name(name: str) -> Name:
    """What a message file is called says what it holds.

    Raises:
        BadInput: not LOBSTER's way of naming.
    """
    match = NAME.fullmatch(name)
    rule = "must be named <symbol>_<yyyy-mm-dd>_<start ms>_<end ms>_message_<levels>.csv[.zst] or be a zip or folder"
    if match is None:
        raise BadInput(name, "file name", rule)
    try:
        day = date.fromisoformat(match["date"])
    except ValueError as error:
        raise BadInput(name, "file name", "the date must exist", match["date"]) from error
    start, end, levels = int(match["start"]), int(match["end"]), int(match["levels"])
    if not 0 <= start < end <= DAY_MS:
        raise BadInput(name, "file name", "start must be before end, within one day", f"{start}_{end}")
    if levels < 1:
        raise BadInput(name, "file name", "at least one book level", levels)
    midnight = int(datetime.combine(day, time(), NEW_YORK).timestamp()) * SECOND
    start_ns, end_ns = (midnight + ms * MILLISECOND for ms in (start, end))
    return Name(match["symbol"], day, midnight, start_ns, end_ns, levels)
