"""What the page says in sentences."""

from typing import Any

from penstock.tca.html import wording
from penstock.tca.html.cost_bars import LABELS
from penstock.tca.study.study import Study


def title(study: Study) -> str:
    """`Buy 20,000 AMZN`, or how many orders in how many symbols."""
    orders = study.orders
    if len(orders) == 1:
        side = "Buy" if orders["side"][0] > 0 else "Sell"
        return f"{side} {wording.quantity(orders['quantity'][0])} {orders['symbol'][0]}"
    symbols = orders["symbol"].unique().to_list()
    return f"{len(orders):,} orders in {symbols[0] if len(symbols) == 1 else f'{len(symbols)} symbols'}"


def lead(report: dict[str, Any]) -> str:
    """What it cost, how sure that is, what made most of it, and where."""
    totals = report["totals"]
    if totals["shortfall_bps"] is None:
        return "Nothing was traded, and nothing was to be."
    currency = totals["currency"]
    fills = f"{totals['fills']:,} fill{'' if totals['fills'] == 1 else 's'}"
    did = f"{wording.money(round(totals['traded_notional']), currency, 0)} traded in {fills}."
    cost = totals["shortfall_bps"]
    verb = "cost" if cost >= 0 else "gained"
    sentences = [
        did,
        f"It {verb} {wording.number(abs(cost), 2)} bps against the decision price{_sure(totals['arrival_bps'])}.",
    ]
    parts = report["parts_bps"]
    heaviest = max(parts, key=lambda part: abs(parts[part]))
    if round(parts[heaviest], 2):
        label = LABELS[heaviest].lower()
        sentences.append(f"The largest part is {label}, {wording.signed(parts[heaviest])} bps.")
    return " ".join(sentences)


def _sure(arrival: dict[str, Any]) -> str:
    if arrival["low"] is None or arrival["orders"] < 10:
        return ""
    if arrival["low"] > 0:
        return "; against arrival that is more than chance"
    if arrival["high"] < 0:
        return "; against arrival that is better than chance"
    return "; against arrival that is no more than chance"


def target_words(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Targets and results in words; those without a result are left out."""
    made = []
    for row in rows:
        if row["result"] is None:
            continue
        unit = row["unit"]
        bound = in_unit(row["bound"], unit).lstrip("+")
        made.append(
            {
                "target": row["target"],
                "bound": f"{row['is']} {bound}",
                "result": in_unit(row["result"], unit),
                "met": row["met"],
            }
        )
    return made


def in_unit(value: float, unit: str) -> str:
    """A figure as its unit is written."""
    if unit == "share":
        return wording.percent(value, 1)
    return f"{wording.signed(value)} bps" if unit == "bps" else f"{wording.number(value, 1)} ms"
