"""What a user gives: targets, positions and limits, read from files into checked values.

A file is taken whole or not at all: the first thing wrong in it is one BadInput that names the file, the row,
the field, the rule and the value. Rows count from 1; the lines of a .csv are the file's own.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from penstock.algos.registry import ALGORITHMS
from penstock.app.documents import load_csv, load_document
from penstock.app.live.watch_tables import TABLES as WATCH_TABLES
from penstock.app.live.watch_tables import Watch, read_watch
from penstock.app.row import NUMBER, Row, exact, refuse_unknown
from penstock.domain.errors import BadInput
from penstock.domain.orders import Side, Strategy
from penstock.portfolio.targets import Target, refuse_duplicates
from penstock.risk.limit_book import LimitBook, read_book

TARGET_FIELDS = frozenset(Target.__struct_fields__) - {"where"}
# A name that a target has itself, such as `urgency`, is the target's; in the table `parameters` it is the algorithm's.
PARAMETERS = frozenset(name for kind in ALGORITHMS.values() for name in kind.__struct_fields__) - TARGET_FIELDS
POSITION_FIELDS = frozenset({"symbol", "quantity", "price"})


def read_targets(path: str | Path) -> list[Target]:
    """The targets of a .json (`{"targets": [...]}`), .toml (`[[targets]]`) or .csv file, in its order.

    Algorithm parameters stand beside the other fields, or (not in CSV) in a table `parameters`.

    Raises:
        BadInput: anything in the file is not as described; see the module.
    """
    path = Path(path)
    targets = [_target(row) for row in rows_of(path, "targets")]
    if not targets:
        raise BadInput(str(path), "targets", "has none: name at least one")
    refuse_duplicates(targets)
    return targets


def read_positions(path: str | Path) -> dict[str, tuple[Decimal, Decimal | None]]:
    """Signed quantity held and average entry price (None where not given) by symbol.

    JSON and TOML: `positions` is a table of quantities by symbol, or a list of rows `symbol`, `quantity` and
    `price`, as a .csv has them.

    Raises:
        BadInput: anything in the file is not as described; see the module.
    """
    path = Path(path)
    held: dict[str, tuple[Decimal, Decimal | None]] = {}
    for row in rows_of(path, "positions"):
        row.allow(POSITION_FIELDS)
        symbol = row.required_text("symbol")
        price = row.number("price")
        if price is not None and price <= 0:
            raise row.refusal("price", "must be greater than zero", price)
        if symbol in held:
            raise row.refusal("symbol", "has two positions", symbol)
        held[symbol] = (row.required_number("quantity"), price)
    return held


def read_limits(path: str | Path) -> LimitBook:
    """The limits of a .toml file: the desk's as `name = value` lines, other scopes' in tables; see `limit_book`.

    What is left out keeps its default, and the text `"none"` stands for no limit. What the file says of a live desk's
    watch is checked and left out.

    Raises:
        BadInput: an unknown name, a value out of range or of the wrong type, limits that contradict each other.
    """
    return read_limits_and_watch(path)[0]


def read_limits_and_watch(path: str | Path | None) -> tuple[LimitBook, Watch]:
    """The same with a live desk's watch; without a file, what holds if nothing is said.

    Raises:
        BadInput: as `read_limits`, or as `watch_tables.read_watch`.
    """
    if path is None:
        return LimitBook(), Watch()
    path = Path(path)
    _suffix(path, (".toml",))
    document = load_document(path)
    watch = read_watch(document, str(path))
    limits = {name: value for name, value in document.items() if name not in WATCH_TABLES}
    return read_book(limits, str(path), also=WATCH_TABLES), watch


def _suffix(path: Path, allowed: tuple[str, ...]) -> str:
    suffix = path.suffix.lower()
    if suffix not in allowed:
        raise BadInput(str(path), "", f"must be a file that ends in {' or '.join(allowed)}", suffix or "no ending")
    return suffix


def rows_of(path: Path, name: str) -> list[Row]:
    """The rows of a file, whatever its form: `name` is the list's name in JSON and TOML."""
    if _suffix(path, (".json", ".toml", ".csv")) == ".csv":
        return [Row(where, cells, text=True) for where, cells in load_csv(path)]
    document = load_document(path)
    for key in document:
        refuse_unknown(str(path), key, [name])
    if name not in document:
        raise BadInput(str(path), name, "is missing")
    listed = document[name]
    if name == "positions" and isinstance(listed, dict):
        listed = [{"symbol": symbol, "quantity": quantity} for symbol, quantity in listed.items()]
    if not isinstance(listed, list):
        raise BadInput(str(path), name, "must be a list", listed)
    rows = []
    for number, cells in enumerate(listed, start=1):
        where = f"{path}: {name.removesuffix('s')} {number}"
        if not isinstance(cells, dict):
            raise BadInput(where, "", "must be a table of named values", cells)
        symbol = cells.get("symbol")
        rows.append(Row(f"{where} ({symbol})" if isinstance(symbol, str) else where, cells, text=False))
    return rows


def _target(row: Row) -> Target:
    row.allow(TARGET_FIELDS | PARAMETERS)
    urgency = row.number("urgency")
    algorithm = row.text("algorithm")
    return Target(
        symbol=row.required_text("symbol"),
        quantity=row.number("quantity"),
        change=row.number("change"),
        notional=row.number("notional"),
        side=row.choice("side", (Side.BUY, Side.SELL)),
        algorithm=algorithm.lower() if algorithm else None,
        parameters=_parameters(row),
        urgency=0.5 if urgency is None else float(urgency),
        limit_price=row.number("limit_price"),
        strategy=row.choice("strategy", Strategy) or Strategy.NEUTRAL,
        venues=row.names("venues"),
        decision_price=row.number("decision_price"),
        where=row.where,
    )


def _parameters(row: Row) -> dict[str, Any]:
    """Algorithm parameters: those inline and those in `parameters`, as ints, floats, texts and lists."""
    given = {name: value for name, value in row.cells.items() if name in PARAMETERS}
    if row.is_text:
        if "parameters" in row.cells:
            raise row.refusal("parameters", "is not for .csv files: give each parameter its own column")
        given = {name: _number_or_text(text) for name, text in given.items()}
    table = row.cells.get("parameters")
    if table is None:
        table = {}
    if not isinstance(table, dict):
        raise row.refusal("parameters", "must be a table of named values", table)
    for name in table:
        if name in given:
            raise row.refusal(name, "is given twice: beside the other fields and in parameters")
    return {name: _setting(row.where, name, value) for name, value in {**given, **table}.items()}


def _setting(where: str, name: str, value: Any) -> Any:
    """A model's setting: numbers become int or float, as statistics use them and the journal writes them."""
    if isinstance(value, Mapping):
        return {key: _setting(where, f"{name}.{key}", item) for key, item in value.items()}
    if isinstance(value, list):
        return [_setting(where, name, item) for item in value]
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int | Decimal):
        number = exact(where, name, value)
        return value if isinstance(value, int) else float(number)
    raise BadInput(where, name, "must be a number, text, list or table", str(value))


def _number_or_text(text: str) -> int | Decimal | str:
    if not NUMBER.fullmatch(text):
        return text
    return int(text) if text.isdigit() else Decimal(text)
