"""Every code of a denial, and what it tells; the tables of the page on risk are made of these and of the limits."""

from decimal import Decimal

from penstock.domain.time import MINUTE
from penstock.risk.breakers import BREAKERS
from penstock.risk.limits import RULES, Limits
from penstock.risk.modes import PASSES, Action, Mode

MEANINGS: dict[str, str] = {
    "halted": "trading is halted: nothing but cancels leaves until a reset",
    "mode": "the mode of one of the order's scopes does not let it pass",
    "breaker": "a circuit breaker of one of the order's scopes is open",
    "terms": "the order contradicts itself",
    "not_working": "only a working order can be amended",
    "below_filled": "an amendment asks for less than is filled",
    "market_closed": "the market is closed, and no session of the symbol is to come",
    "expired": "the instrument has expired",
    "off_tick": "a price is not a multiple of the tick",
    "off_lot": "a quantity is not a positive multiple of the lot",
    "below_minimum": "below the instrument's minimum quantity or notional",
    "no_market": "no market trades the symbol, or there is no data of it",
    "stale_data": "the newest market data is too old",
    "crossed_book": "the book is empty on a side, or crossed",
    "price_collar": "the limit price is too far beyond the reference price, or there is none",
    "order_value": "the order, or the whole parent, is worth too much",
    "order_quantity": "the order is too large",
    "position_value": "the position with everything open would be worth too much",
    "position_quantity": "the position with everything open would be too large",
    "gross_exposure": "gross exposure of a scope with everything open would be too large",
    "net_exposure": "net exposure of a scope with everything open would be too large",
    "venue_exposure": "too much would be held and open at the venue",
    "unknown_exposure": "a price or an exchange rate is missing, so a total is not known",
    "credit": "the account would use too much beyond its settled cash",
    "daily_value": "too much would be traded in the day",
    "daily_trades": "too many orders traded in the day, or still may",
    "daily_loss": "the day's loss has reached its limit",
    "open_orders": "too many parents work at the same time",
    "order_rate": "too many parents were taken a moment ago",
    "message_rate": "too many orders and replaces were sent a moment ago",
    "duplicate": "the same order was taken a moment ago",
    "self_trade": "it would meet an order of our own at its venue",
    "restricted": "the symbol is on a restricted list: positions in it may be reduced only",
    "no_locate": "shares sold short have not been located",
    "short_sale_restriction": "the symbol may be sold short above the best bid only",
    "reduce_only": "a reduce-only order would pass zero",
    "reserved": "the position is being closed by a reduce-only order",
    "over_parent": "a child is larger than what its parent has left",
}


def denial_table() -> str:
    """All codes, as a Markdown table."""
    rows = [f"| `{code}` | {meaning} |" for code, meaning in MEANINGS.items()]
    return "\n".join(["| code | why the order was stopped |", "|---|---|", *rows])


def limit_table() -> str:
    """All limits, as a Markdown table."""
    rows = [
        f"| `{name}` | {_shown(getattr(Limits(), name))} | {rule.unit} | {rule.bounds} | {rule.meaning} |"
        for name, rule in RULES.items()
    ]
    return "\n".join(["| limit | default | unit | bounds | meaning |", "|---|---|---|---|---|", *rows])


def breaker_table() -> str:
    """The five breakers, as a Markdown table."""
    rows = []
    for each in BREAKERS:
        breach = f"> {each.threshold} {each.unit}" if each.window is not None else "reject or time-out"
        within = "in a row" if each.window is None else f"in {each.window // MINUTE} min"
        ends = (
            "reset" if each.cool_down is None else f"{each.cool_down // MINUTE} to {each.cool_down_max // MINUTE} min"
        )
        rows.append(f"| `{each.name}` | {breach} | {each.breaches} {within} | {each.scope} | `{each.mode}` | {ends} |")
    return "\n".join(["| breaker | breach | trips at | stops | mode | cool-down |", "|---|---|---|---|---|---|", *rows])


def mode_table() -> str:
    """What each mode lets pass, as a Markdown table."""
    rows = [
        f"| `{mode}` | {' | '.join('yes' if action in PASSES[mode] else '–' for action in Action)} | "
        f"{'cancelled' if mode.cancels else 'stay'}{', positions closed' if mode.flattens else ''} |"
        for mode in Mode
    ]
    head = f"| mode | {' | '.join(Action)} | working orders |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _shown(value: object) -> str:
    if value is None or value == ():
        return "–"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return f"{value:g}" if isinstance(value, float) else f"{value}"
