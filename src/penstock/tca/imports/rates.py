"""What one currency is in another, as the fills' own pairs say: median prices, chained where no pair is direct."""

import polars as pl

from penstock.tca.imports.orders_file import CURRENCIES

PREFERRED = "USD"


def base_of(currencies: list[str]) -> str:
    """The currency that totals are told in: dollars where they occur, else the one most orders are in."""
    return PREFERRED if PREFERRED in currencies else max(dict.fromkeys(currencies), key=currencies.count, default="")


def rates_to(base: str, fills: pl.DataFrame) -> dict[str, float]:
    """Rates into `base` of every currency that the fills' pairs lead to."""
    prices = fills.group_by("symbol").agg(pl.col("price").median())
    steps: dict[str, dict[str, float]] = {}
    for symbol, price in prices.sort("symbol").iter_rows():
        first, second = symbol[:3], symbol[3:]
        if len(symbol) == 6 and first in CURRENCIES and second in CURRENCIES:
            steps.setdefault(first, {}).setdefault(second, price)
            steps.setdefault(second, {}).setdefault(first, 1 / price)
    rates, reached = {base: 1.0}, [base]
    while reached:
        known = reached.pop(0)
        for other in steps.get(known, {}):
            if other not in rates:
                rates[other] = steps[other][known] * rates[known]
                reached.append(other)
    return rates
