"""What accounts are worth in one currency. An amount without an exchange rate is reported as such, never as zero."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext

import msgspec

from penstock.domain.instrument import Instrument
from penstock.domain.money import EXACT, ratio
from penstock.engine.amounts import add_all
from penstock.engine.ledger import Ledger
from penstock.engine.position import Position

ZERO = Decimal(0)
ONE = Decimal(1)

Rates = Mapping[tuple[str, str], Decimal]  # (of, into) -> what one unit of the first is worth in the second


class Total(msgspec.Struct, frozen=True):
    """An amount in the currency asked for, and what could not be converted into it, by its own currency."""

    amount: Decimal
    not_convertible: dict[str, Decimal] = {}


class Valuation(msgspec.Struct, frozen=True, kw_only=True):
    """The worth of accounts in `currency`.

    `equity` is cash by trade date, plus what is owned at its mark and what contracts on margin have gained. `income` is
    funding, coupons and accrued interest; `fees` are costs, rebates negative. `unmarked` are the symbols held without a
    mark: neither `equity` nor `unrealized` holds anything of them.
    """

    currency: str
    equity: Total
    realized: Total
    unrealized: Total
    income: Total
    fees: Total
    unmarked: tuple[str, ...] = ()


def value(
    ledger: Ledger,
    instruments: Mapping[str, Instrument],
    marks: Mapping[str, Decimal],
    currency: str,
    rates: Rates,
    account: str | None = None,
) -> Valuation:
    """Value an account, or all together, at the marks (prices by symbol)."""
    sums: dict[str, dict[str, Decimal]] = {name: {} for name in ("equity", "realized", "unrealized", "income", "fees")}
    unmarked = set()
    for instrument, position in _positions(ledger, instruments, account):
        settled_in, mark = instrument.settlement_currency, marks.get(instrument.symbol)
        for name in ("income", "fees"):
            add_all(sums[name], [getattr(position, name)])
        add_all(sums["equity"], [position.cash])
        add_all(sums["realized"], [{settled_in: position.realized}])
        if mark is None:
            unmarked |= {instrument.symbol} if position.quantity else set()
            continue
        gain = position.unrealized(instrument, mark)
        worth = gain if instrument.margined else instrument.value(position.quantity, mark)
        add_all(sums["unrealized"], [{settled_in: gain}])
        add_all(sums["equity"], [{settled_in: worth}])
    totals = {name: total_in(amounts, currency, rates) for name, amounts in sums.items()}
    return Valuation(currency=currency, unmarked=tuple(sorted(unmarked)), **totals)


def total_in(amounts: Mapping[str, Decimal], currency: str, rates: Rates) -> Total:
    """Amounts by currency as one."""
    total, apart = ZERO, {}
    with localcontext(EXACT):
        for each, amount in sorted(amounts.items()):
            rate = rate_between(each, currency, rates)
            if rate is not None:
                total += amount * rate
            elif amount:
                apart[each] = amount
    return Total(total, apart)


def rate_between(of: str, into: str, rates: Rates) -> Decimal | None:
    """What one unit of a currency is worth in another: as quoted, turned around, or by one currency between them."""
    if of == into:
        return ONE
    if (rate := _quoted(of, into, rates)) is not None:
        return rate
    for between in sorted({currency for pair in rates for currency in pair}):
        first, second = _quoted(of, between, rates), _quoted(between, into, rates)
        if first is not None and second is not None:
            return first * second
    return None


def rates_of(instruments: Iterable[Instrument], marks: Mapping[str, Decimal]) -> dict[tuple[str, str], Decimal]:
    """The exchange rates that marks imply: of pairs and coins, and of the coins in which inverse contracts settle."""
    rates: dict[tuple[str, str], Decimal] = {}
    for instrument in instruments:
        coin = instrument.asset or (instrument.settlement_currency if instrument.inverse else "")
        if coin and instrument.symbol in marks:
            rates.setdefault((coin, instrument.currency), marks[instrument.symbol])
    return rates


def _quoted(of: str, into: str, rates: Rates) -> Decimal | None:
    if (of, into) in rates:
        return rates[of, into]
    return ratio(ONE, rates[into, of]) if (into, of) in rates else None


def _positions(
    ledger: Ledger, instruments: Mapping[str, Instrument], account: str | None
) -> Iterable[tuple[Instrument, Position]]:
    for symbol, books in ledger.books.items():
        for name, book in books.items():
            if account in (None, name):
                yield instruments[symbol], book.position
