"""What a stress run is about, put together from files: the portfolio, its market today, its recorded past, its limits.

A figure that a person states (`--prices`) comes before one reckoned from recorded days (`--history`); a sector of the
limits before a stated one, and that before one of `--sectors`. A symbol of which price, volume or volatility is not
known is refused by name: nothing is guessed, but for the spread, which is assumed where nobody states it, and said.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from penstock.app.inputs import read_limits, read_positions
from penstock.app.risk.history_files import Recorded, read_history
from penstock.app.risk.order_files import WorkingOrder, read_orders
from penstock.app.risk.price_files import Stated, read_prices, read_sectors
from penstock.domain.errors import BadInput
from penstock.risk.limit_book import LimitBook
from penstock.risk.stress import Market, Working

SPREAD_BPS = 5.0


class StressFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a stress run, and what is assumed where they say nothing."""

    positions: Path
    orders: Path | None = None
    prices: Path | None = None
    history: tuple[Path, ...] = ()
    sectors: Path | None = None
    limits: Path | None = None
    spread_bps: float = SPREAD_BPS


class StressInputs(msgspec.Struct, frozen=True, kw_only=True):
    """Signed units by symbol, the orders that work, and the market of every symbol of both. `notes` are to be read."""

    positions: dict[str, float]
    orders: tuple[Working, ...]
    markets: dict[str, Market]
    recorded: Recorded | None
    book: LimitBook
    notes: tuple[str, ...] = ()


def read_inputs(files: StressFiles) -> StressInputs:
    """Everything that the files say.

    Raises:
        BadInput: something in a file is wrong, or a symbol's market is not known.
    """
    if files.prices is None and not files.history:
        raise BadInput("--prices", "", "is missing: give --prices, --history or both")
    held = {symbol: float(units) for symbol, (units, _) in read_positions(files.positions).items() if units}
    orders = read_orders(files.orders) if files.orders else []
    if not held and not orders:
        raise BadInput(str(files.positions), "positions", "has none: there is nothing to stress")
    book = read_limits(files.limits) if files.limits else LimitBook()
    stated = read_prices(files.prices) if files.prices else {}
    recorded = read_history(files.history) if files.history else None
    sectors = (read_sectors(files.sectors) if files.sectors else {}) | _stated_sectors(stated) | book.sectors
    symbols = sorted({*held, *(order.symbol for order in orders)})
    markets = markets_of(symbols, stated, recorded, sectors, files.spread_bps)
    return StressInputs(
        positions=held,
        orders=tuple(_working(order) for order in orders),
        markets=markets,
        recorded=recorded,
        book=book,
        notes=tuple(_notes(symbols, stated, recorded, markets, files.spread_bps)),
    )


def markets_of(
    symbols: Sequence[str],
    stated: Mapping[str, Stated],
    recorded: Recorded | None,
    sectors: Mapping[str, str],
    spread_bps: float,
) -> dict[str, Market]:
    """The market of each symbol.

    Raises:
        BadInput: symbols that nothing tells a figure of, by name.
    """
    missing: dict[str, list[str]] = {}
    found = {}
    for symbol in symbols:
        own, past = stated.get(symbol), recorded.traded.get(symbol) if recorded else None
        figures = {
            name: float(said) if (said := getattr(own, name, None)) is not None else getattr(past, name, None)
            for name in ("price", "adv", "volatility")
        }
        for name, figure in figures.items():
            if figure is None or (figure == 0 and name != "volatility"):
                missing.setdefault(name, []).append(symbol)
        spread = own.spread_bps if own is not None else None
        known = {name: figure or 0.0 for name, figure in figures.items()}
        spread_known = spread_bps if spread is None else float(spread)
        found[symbol] = Market(**known, spread_bps=spread_known, sector=sectors.get(symbol, ""))
    for name, those in missing.items():
        raise BadInput(
            "markets", name, f"is not known of {', '.join(those)}: state it in --prices or give a --history that has it"
        )
    return found


def _notes(
    symbols: Sequence[str],
    stated: Mapping[str, Stated],
    recorded: Recorded | None,
    markets: Mapping[str, Market],
    spread_bps: float,
) -> list[str]:
    notes = []
    assumed = [symbol for symbol in symbols if symbol not in stated or stated[symbol].spread_bps is None]
    if assumed:
        notes.append(f"a spread of {spread_bps:g} bps is assumed for {_some(assumed, len(symbols))}")
    if recorded is not None:
        last = recorded.days[-1]
        old = [symbol for symbol in symbols if symbol not in stated and recorded.traded[symbol].day < last]
        if old:
            days = ", ".join(f"{symbol} of {recorded.traded[symbol].day}" for symbol in old[:5])
            notes.append(f"prices older than the last recorded day {last}: {days}{' …' if len(old) > 5 else ''}")
        without = [symbol for symbol in symbols if symbol not in recorded.history.symbols]
        if without:
            notes.append(
                f"value at risk and recorded days leave out {_some(without, len(symbols))}: no usable history (there is"
                " none, a tenth of the days are missing, or the price stands still on a fifth of them)"
            )
    unsorted = [symbol for symbol in symbols if not markets[symbol].sector]
    if unsorted:
        notes.append(f"no sector is known of {_some(unsorted, len(symbols))}")
    return notes


def _some(names: Sequence[str], of: int) -> str:
    if len(names) == of:
        return f"all {of} symbols" if of > 1 else names[0]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _stated_sectors(stated: Mapping[str, Stated]) -> dict[str, str]:
    return {symbol: each.sector for symbol, each in stated.items() if each.sector}


def _working(order: WorkingOrder) -> Working:
    limit = None if order.limit_price is None else float(order.limit_price)
    return Working(symbol=order.symbol, sign=order.side.sign, quantity=float(order.quantity), limit_price=limit)
