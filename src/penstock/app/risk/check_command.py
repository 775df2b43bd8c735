"""`penstock risk check`: would an order pass, what would stop it, and how much of each limit would it use?"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text

from penstock.app.fitted_table import Column, FittedTable
from penstock.app.inputs import read_limits, read_positions
from penstock.app.instrument_files import read_instruments
from penstock.app.risk.limits_command import shown
from penstock.app.risk.order_files import parse_order, read_orders
from penstock.app.risk.price_files import read_prices
from penstock.app.risk.what_if import Desk, UseLine, Verdict
from penstock.domain.errors import BadInput
from penstock.domain.instrument import Instrument
from penstock.domain.instruments import Equity
from penstock.risk.limit_book import LimitBook
from penstock.risk.scopes import in_words

FINEST = Decimal("0.00000001")  # the tick and lot of a symbol whose own nobody has given


class CheckFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a what-if, whose account it is about, and the day's gain so far in money."""

    prices: Path
    positions: Path | None = None
    limits: Path | None = None
    orders: Path | None = None
    instruments: Path | None = None
    account: str = ""
    day_gain: float = 0.0


def check(texts: Sequence[str], files: CheckFiles, console: Console) -> bool:
    """Ask each order, and tell; returns whether all would pass.

    Raises:
        BadInput: an order or a file is not as it must be, or a symbol has no price.
    """
    desk, known = _desk(files, texts)
    asked = [parse_order(text) for text in texts]
    passed = True
    for order in asked:
        verdict = desk.ask(order)
        tell(verdict, console)
        passed &= verdict.passes
    if not known:
        console.print("note: ticks and lots are not checked: give --instruments", style="yellow", highlight=False)
    return passed


def tell(verdict: Verdict, console: Console) -> None:
    """The answer to one order."""
    result = Text("passes", style="bold green") if verdict.passes else Text("STOPPED", style="bold red")
    console.print(Text(f"{verdict.order.words}: ", style="bold") + result)
    for stop in verdict.stops:
        console.print(f"  {stop.code}: {stop.reason}", style="red", markup=False, highlight=False, soft_wrap=True)
    if verdict.uses:
        console.print(use_table(verdict.uses))
    console.print()


def use_table(uses: Sequence[UseLine]) -> FittedTable:
    """Each limit with its use before and after."""
    styles = ["red" if use.after > use.most else "yellow" if use.fraction >= Decimal("0.8") else "" for use in uses]
    shares = [Text(f"{use.fraction * 100:,.1f} %", style=style) for use, style in zip(uses, styles, strict=True)]
    return FittedTable(
        [
            Column("whose", [in_words(use.scope) for use in uses], "left"),
            Column("limit", [use.name for use in uses], "left"),
            Column("allows", [shown(use.most) for use in uses]),
            Column("used", [amount(use.before) for use in uses], keep=1),
            Column("with it", [amount(use.after) for use in uses]),
            Column("", shares),
        ]
    )


def amount(value: Decimal) -> str:
    """A used amount to the cent, without zeros behind."""
    return shown(round(value, 2))


def _desk(files: CheckFiles, texts: Iterable[str]) -> tuple[Desk, bool]:
    stated = read_prices(files.prices)
    held = read_positions(files.positions) if files.positions else {}
    working = read_orders(files.orders) if files.orders else []
    book = read_limits(files.limits) if files.limits else LimitBook()
    given: dict[str, Instrument] = {}
    if files.instruments is not None:
        given = {each.symbol: each for each in read_instruments(files.instruments)}
    asked = [parse_order(text) for text in texts]
    symbols = {*held, *(order.symbol for order in (*working, *asked))}
    unpriced = sorted(symbols - set(stated))
    if unpriced:
        raise BadInput(str(files.prices), "price", f"is missing of {', '.join(unpriced)}: nothing passes without one")
    unknown = sorted(symbols - set(given)) if given else []
    if unknown:
        raise BadInput(str(files.instruments), "symbol", f"{', '.join(unknown)} is not defined there")
    instruments = {
        symbol: given.get(symbol) or Equity(symbol=symbol, tick_size=FINEST, lot_size=FINEST) for symbol in symbols
    }
    desk = Desk(
        book,
        instruments,
        {symbol: stated[symbol].price for symbol in sorted(symbols)},
        {symbol: units for symbol, (units, _) in held.items() if units},
        account=files.account,
        day_gain=Decimal(str(files.day_gain)),
    )
    for order in working:
        desk.work(order)
    return desk, bool(given)
