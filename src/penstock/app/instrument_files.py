"""Instruments that a user defines in a file: one row each, with `asset_class` and the fields of that class.

Numbers are exact, times (`expiry`) are ISO-8601 with a zone, dates are ISO-8601; what is left out keeps its default.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import msgspec

from penstock.app.inputs import rows_of
from penstock.app.row import Row
from penstock.domain.errors import BadInput
from penstock.domain.instrument import AssetClass
from penstock.domain.instruments import AnyInstrument
from penstock.domain.time import from_iso

KINDS: dict[AssetClass, type[AnyInstrument]] = {kind.asset_class: kind for kind in get_args(AnyInstrument)}
FLAGS = {"true": True, "false": False}


def read_instruments(path: str | Path) -> tuple[AnyInstrument, ...]:
    """The instruments of a .toml (`[[instruments]]`), .json (`{"instruments": [...]}`) or .csv file, in its order.

    Raises:
        BadInput: anything in the file is not as described; it names the row, the field, the rule and the value.
    """
    path = Path(path)
    found: dict[str, AnyInstrument] = {}
    for row in rows_of(path, "instruments"):
        instrument = _instrument(row)
        if instrument.symbol in found:
            raise row.refusal("symbol", "is defined twice", instrument.symbol)
        found[instrument.symbol] = instrument
    if not found:
        raise BadInput(str(path), "instruments", "has none: name at least one")
    return tuple(found.values())


def _instrument(row: Row) -> AnyInstrument:
    asset_class = row.choice("asset_class", AssetClass)
    if asset_class is None:
        raise row.refusal("asset_class", "is missing")
    kind = KINDS[asset_class]
    fields = msgspec.structs.fields(kind)
    row.allow(["asset_class", *(field.name for field in fields)])
    given: dict[str, Any] = {}
    for field in fields:
        value = _cell(row, field.name, field.type)
        if value is not None:
            given[field.name] = value
        elif field.required:
            raise row.refusal(field.name, "is missing")
    try:
        return kind(**given)
    except BadInput as error:
        raise row.refusal(error.field, error.rule, error.value) from None


def _cell(row: Row, name: str, kind: Any) -> Any:
    """One field's value by the type it has in its class; None where the row has none."""
    if name not in row.cells:
        return None
    if name == "expiry":
        return _moment(row, name)
    if kind in READERS:
        return READERS[kind](row, name)
    return row.choice(name, kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else _date(row, name)


def _whole(row: Row, name: str) -> int:
    number = row.required_number(name)
    if number != int(number):
        raise row.refusal(name, "must be a whole number", number)
    return int(number)


def _flag(row: Row, name: str) -> bool:
    value = row.cells[name]
    flag = FLAGS.get(value.lower()) if row.is_text else value
    if not isinstance(flag, bool):
        raise row.refusal(name, "must be true or false", value)
    return flag


def _moment(row: Row, name: str) -> int:
    value = row.cells[name]
    try:
        return from_iso(value.isoformat() if isinstance(value, datetime) else row.required_text(name))
    except ValueError:
        raise row.refusal(name, "must be a time with a zone, such as 2026-12-18T21:00:00Z", str(value)) from None


def _date(row: Row, name: str) -> date:
    value = row.cells[name]
    try:
        return value if type(value) is date else date.fromisoformat(row.required_text(name))
    except ValueError:
        raise row.refusal(name, "must be a date, such as 2034-11-15", value) from None


READERS: dict[Any, Callable[[Row, str], Any]] = {
    Decimal: Row.required_number,
    str: Row.required_text,
    int: _whole,
    bool: _flag,
}
