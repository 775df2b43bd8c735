"""The top of the page: what was done, in one sentence, and the figures that a reader asks for first."""

from decimal import Decimal
from typing import Any, NamedTuple

from penstock.tca.analysis import Analysis, ParentCosts
from penstock.tca.benchmarks import BPS
from penstock.tca.html import wording
from penstock.tca.html.cost_bars import LABELS
from penstock.tca.shortfall import PARTS

ZERO = Decimal(0)
DOLLARS = frozenset({"USD", "USDT", "USDC"})


class Tile(NamedTuple):
    """A figure, what it is, and what it is measured against."""

    label: str
    figure: str
    note: str
    tone: str = ""


def headline(analysis: Analysis) -> str:
    """`Buy 10,000 ACME`, or how many orders in how many symbols."""
    parents = analysis.parents
    if len(parents) == 1:
        terms = parents[0].record.terms
        return f"{terms.side.value.capitalize()} {wording.quantity(terms.quantity)} {terms.symbol}"
    if not parents:
        return "No order was worked"
    symbols = sorted({parent.record.terms.symbol for parent in parents})
    return f"{len(parents)} orders in {symbols[0] if len(symbols) == 1 else f'{len(symbols)} symbols'}"


def sentence(analysis: Analysis) -> str:
    """What it cost and why: the shortfall, and the part that made most of it."""
    parents = analysis.parents
    notional = _total(parents, "notional")
    if not notional:
        return "Nothing was bought or sold, and nothing was to be."
    total = _total(parents, "total")
    bps = total / notional * BPS
    sums = {part: _total(parents, part) for part in PARTS}
    heaviest = max(sums, key=lambda part: abs(sums[part]))
    money = wording.money(abs(total), currency_of(analysis))
    cost = f"cost {wording.number(abs(bps), 2)} bps ({money})"
    if total < 0:
        cost = f"gained {wording.number(abs(bps), 2)} bps ({money})"
    if not sums[heaviest]:
        return f"{_done(analysis)} It {cost} against the decision price."
    why = LABELS[heaviest].lower()
    part = wording.signed(sums[heaviest] / notional * BPS)
    return f"{_done(analysis)} It {cost} against the decision price; the largest part is {why}, {part} bps."


def _done(analysis: Analysis) -> str:
    if len(analysis.parents) > 1:
        ordered = sum((parent.ordered_value for parent in analysis.parents), ZERO)
        filled = sum((parent.filled_value for parent in analysis.parents), ZERO)
        return f"{wording.percent(filled / ordered, 1)} of the ordered value was filled."
    record = analysis.parents[0].record
    if not record.filled:
        return f"None of {wording.quantity(record.terms.quantity)} {record.terms.symbol} was filled."
    did = "Bought" if record.side.is_buy else "Sold"
    average = wording.price(record.avg_price, record.instrument, extra=2)
    return f"{did} {wording.quantity(record.filled)} {record.terms.symbol} at {average} on average."


def session_tiles(analysis: Analysis, report: dict[str, Any]) -> list[Tile]:
    """The headline figures of the whole session."""
    parents, quality, currency = analysis.parents, report["execution_quality"], currency_of(analysis)
    notional, total, fees = (_total(parents, name) for name in ("notional", "total", "fees"))
    shortfall = total / notional * BPS if notional else None
    traded = sum((parent.traded_notional for parent in parents), ZERO)
    arrival, vwap = quality["arrival_slippage_bps"], quality["vwap_slippage_bps"]
    only = parents[0] if len(parents) == 1 else None
    tiles = [
        Tile("Filled", wording.percent(quality["fill_rate"], 1), _filled_note(analysis, only)),
        Tile("Against arrival", _bps(arrival), _mark_note(only, "arrival"), wording.tone(arrival)),
        Tile("Against VWAP", _bps(vwap), _mark_note(only, "vwap"), wording.tone(vwap)),
        Tile("Total cost", _bps(shortfall), f"{wording.money(total, currency)} shortfall", wording.tone(shortfall)),
        Tile("Passive", wording.percent(quality["passive_ratio"]), "of filled value, as the maker"),
        Tile("Fees", _bps(fees / traded * BPS if traded else None), f"{wording.money(fees, currency)} in all"),
    ]
    return tiles + _saving_tile(parents)


def _saving_tile(parents: tuple[ParentCosts, ...]) -> list[Tile]:
    """What working the orders saved against taking everything at once, where that was estimated."""
    known = [
        (parent.traded_notional, parent.record.estimate["immediate_bps"], parent.saving_bps)
        for parent in parents
        if parent.saving_bps is not None
    ]
    weight = sum((notional for notional, _, _ in known), ZERO)
    if not weight:
        return []
    immediate = sum((notional * bps for notional, bps, _ in known), ZERO) / weight
    saved = sum((notional * bps for notional, _, bps in known if bps is not None), ZERO) / weight
    note = f"taking all at once: {wording.number(immediate, 2)} bps"
    return [Tile("Saved", _bps(saved, sign=False), note, wording.tone(-saved))]


def currency_of(analysis: Analysis) -> str:
    """The one currency that all parents are in; dollars and their coins together count as dollars."""
    currencies = {parent.record.instrument.currency for parent in analysis.parents}
    if len(currencies) == 1:
        return currencies.pop()
    return "USD" if currencies <= DOLLARS else "in several currencies"


def _filled_note(analysis: Analysis, only: ParentCosts | None) -> str:
    if only is not None:
        record = only.record
        return f"{wording.quantity(record.filled)} of {wording.quantity(record.terms.quantity)}"
    done = sum(parent.record.status == "filled" for parent in analysis.parents)
    return f"{done} of {len(analysis.parents)} orders complete"


def _mark_note(only: ParentCosts | None, benchmark: str) -> str:
    if only is None:
        return "weighted by traded value"
    average = wording.price(only.record.avg_price, only.record.instrument, extra=2)
    mark = wording.price(getattr(only.marks, benchmark), only.record.instrument, extra=2)
    return f"{average} against {mark}"


def _bps(value: Decimal | float | None, *, sign: bool = True) -> str:
    if value is None:
        return wording.NOTHING
    return f"{wording.signed(value) if sign else wording.number(value, 2)} bps"


def _total(parents: tuple[ParentCosts, ...], name: str) -> Decimal:
    return sum((getattr(parent.shortfall, name) for parent in parents), ZERO)
