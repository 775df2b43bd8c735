"""Orders to ask "what if" about: rows of a file, or words such as `buy 500 ACME @ 10.05 account=fund1`."""

from decimal import Decimal
from pathlib import Path

import msgspec

from penstock.app.inputs import rows_of
from penstock.app.row import Row, refuse_unknown
from penstock.domain.errors import BadInput
from penstock.domain.orders import Side

SIDES = {side.value: side for side in Side}
WRITTEN = "is written SIDE QUANTITY SYMBOL [@ PRICE] [account=… user=… strategy=… venue=…]"
BELONGINGS = ("account", "user", "strategy", "venue")
FIELDS = ("symbol", "side", "quantity", "limit_price", *BELONGINGS)


class WorkingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as far as risk asks. Quantity in units; without `limit_price` it takes at any price."""

    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal | None = None
    account: str = ""
    user: str = ""
    strategy: str = ""
    venue: str = ""

    @property
    def words(self) -> str:
        """As a person would say it."""
        at = "" if self.limit_price is None else f" @ {self.limit_price:f}"
        return f"{self.side.value} {self.quantity:,f} {self.symbol}{at}"


def read_orders(path: Path) -> list[WorkingOrder]:
    """The orders of a .csv, .json (`{"orders": [...]}`) or .toml (`[[orders]]`) file.

    Raises:
        BadInput: anything in the file is not as described; names the row, the field, the rule and the value.
    """
    return [_order(row) for row in rows_of(path, "orders")]


def parse_order(text: str) -> WorkingOrder:
    """An order as it is written on a command line.

    Raises:
        BadInput: it is written in another way, or a number is none.
    """
    words = text.split()
    plain = [word for word in words if "=" not in word]
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            refuse_unknown(f"order {text!r}", name, BELONGINGS)
            given[name] = value
    if len(plain) == 5 and plain[3] == "@":
        given["limit_price"] = plain[4]
    elif len(plain) != 3:
        raise BadInput("ORDER", "", WRITTEN, text)
    side, quantity, symbol = plain[:3]
    cells = {"side": side, "quantity": quantity, "symbol": symbol} | given
    return _order(Row(f"order {text!r}", cells, text=True))


def _order(row: Row) -> WorkingOrder:
    row.allow(FIELDS)
    side = row.choice("side", SIDES.values())
    if side is None:
        raise row.refusal("side", "is missing")
    quantity, limit_price = row.required_number("quantity"), row.number("limit_price")
    for name, number in (("quantity", quantity), ("limit_price", limit_price)):
        if number is not None and number <= 0:
            raise row.refusal(name, "must be greater than zero", number)
    return WorkingOrder(
        symbol=row.required_text("symbol"),
        side=side,
        quantity=quantity,
        limit_price=limit_price,
        **{name: row.text(name) or "" for name in BELONGINGS},
    )
