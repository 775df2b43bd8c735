"""What markets are like today, as a person states it: a row for each symbol. What is left out is reckoned elsewhere."""

from decimal import Decimal
from pathlib import Path

import msgspec

from penstock.app.documents import load_csv
from penstock.app.inputs import rows_of
from penstock.domain.errors import BadInput

FIELDS = ("symbol", "price", "adv", "volatility", "spread_bps", "sector")
SYMBOL_NAMES = ("symbol", "ticker")
SECTOR_NAMES = ("sector", "gics sector", "industry")


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol: price of a unit, average daily volume in units, daily volatility (0.02: 2 %), whole spread in bps."""

    price: Decimal
    adv: Decimal | None = None
    volatility: Decimal | None = None
    spread_bps: Decimal | None = None
    sector: str | None = None


def read_prices(path: Path) -> dict[str, Stated]:
    """The prices of a .csv, .json (`{"prices": [...]}`) or .toml (`[[prices]]`) file, by symbol.

    Raises:
        BadInput: anything in the file is not as described; names the row, the field, the rule and the value.
    """
    found: dict[str, Stated] = {}
    for row in rows_of(path, "prices"):
        row.allow(FIELDS)
        symbol = row.required_text("symbol")
        if symbol in found:
            raise row.refusal("symbol", "has two prices", symbol)
        numbers = {name: row.number(name) for name in FIELDS[1:5]}
        for name, number in numbers.items():
            if number is not None and (number < 0 or (number == 0 and name in ("price", "adv"))):
                raise row.refusal(name, "must be greater than zero", number)
        price = numbers.pop("price")
        if price is None:
            raise row.refusal("price", "is missing")
        found[symbol] = Stated(price=price, sector=row.text("sector"), **numbers)
    return found


def read_sectors(path: Path) -> dict[str, str]:
    """The sector of each symbol from a .csv file with a column for each; others are passed over.

    Raises:
        BadInput: the file cannot be read, or has no such columns.
    """
    if path.suffix.lower() != ".csv":
        raise BadInput(str(path), "", "must be a file that ends in .csv", path.suffix or "no ending")
    found: dict[str, str] = {}
    for where, cells in load_csv(path):
        row = {name.lower(): value for name, value in cells.items()}
        symbol = next((row[name] for name in SYMBOL_NAMES if name in row), None)
        sector = next((row[name] for name in SECTOR_NAMES if name in row), None)
        if symbol is None or sector is None:
            raise BadInput(where, "", "must have a column symbol and a column sector")
        found[symbol] = sector
    return found
