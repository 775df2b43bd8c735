"""A file that a user gave, as plain data: every way in which it can be unreadable is one BadInput.

Numbers keep every digit: a fraction becomes a `Decimal`, never a float. No key is silently given twice.
"""

import csv
import json
import tomllib
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from penstock.domain.errors import BadInput

FILE_BYTES_MAX = 16 * 1024 * 1024


def load_document(path: Path) -> dict[str, Any]:
    """The top-level table of a .json or .toml file.

    Raises:
        BadInput: the file is missing, empty, too large, not UTF-8, malformed, or not a table.
    """
    text = read_text(path)
    document = _json(path, text) if path.suffix.lower() == ".json" else _toml(path, text)
    if not isinstance(document, dict):
        raise BadInput(str(path), "", f"must be a table of named values, not a {type(document).__name__}")
    return document


def load_csv(path: Path) -> list[tuple[str, dict[str, str]]]:
    """Each row of a .csv file with a header: (its place, its cells by column name). Empty cells are left out.

    Raises:
        BadInput: as `load_document`; or a repeated or unnamed column, or a row of the wrong width.
    """
    reader = csv.reader(StringIO(read_text(path), newline=""), strict=True)
    header: list[str] = []
    rows: list[tuple[str, dict[str, str]]] = []
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            where = f"{path}: line {reader.line_num}"
            if not any(cells):
                continue
            if not header:
                header = _header(where, cells)
            elif len(cells) != len(header):
                rule = f"must have {len(header)} cells, as the header has, not {len(cells)}"
                raise BadInput(where, "", rule)
            else:
                rows.append((where, {name: cell for name, cell in zip(header, cells, strict=True) if cell}))
    except csv.Error as error:
        raise BadInput(f"{path}: line {reader.line_num}", "", f"is not valid CSV: {error}") from error
    return rows


def read_text(path: Path) -> str:
    """A user's file as text (a byte order mark, which spreadsheets write, is dropped).

    Raises:
        BadInput: the file cannot be read, is empty, too large, or not UTF-8.
    """
    where = str(path)
    try:
        if path.is_dir():
            raise BadInput(where, "", "is a folder: give a file")
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        raise BadInput(where, "", "there is no such file") from None
    except OSError as error:
        raise BadInput(where, "", f"cannot be read: {error.strerror}") from error
    if len(content) > FILE_BYTES_MAX:
        raise BadInput(where, "", f"is larger than {FILE_BYTES_MAX // 1024 // 1024} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{where}: line {line}", "", "is not UTF-8 text") from error
    if not text.strip():
        raise BadInput(where, "", "is empty")
    return text


def _json(path: Path, text: str) -> Any:
    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        repeated = first_repeated(key for key, _ in pairs)
        if repeated is not None:
            raise BadInput(str(path), repeated, "is given twice in one object")
        return dict(pairs)

    try:
        return json.loads(text, parse_float=Decimal, parse_constant=Decimal, object_pairs_hook=table)
    except json.JSONDecodeError as error:
        where = f"{path}: line {error.lineno}, column {error.colno}"
        raise BadInput(where, "", f"is not valid JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(str(path), "", f"is not valid JSON: {error}") from error


def _toml(path: Path, text: str) -> Any:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise BadInput(str(path), "", f"is not valid TOML: {error}") from error


def _header(where: str, names: list[str]) -> list[str]:
    repeated = first_repeated(names)
    if repeated:
        raise BadInput(where, repeated, "is the name of two columns")
    if "" in names:
        raise BadInput(where, "", f"must name every column: column {names.index('') + 1} has no name")
    return names


def first_repeated(names: Iterable[str]) -> str | None:
    """The first name seen a second time, if there is one."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
