"""What a scenario would do to a portfolio: gains by name and sector, cost to get out, and the limits it would break.

Working orders are part of it: a resting order that the price comes to or through fills at its limit, and what it
bought is worth the shocked price; one that may take fills at today's price, before the shock. Nothing else is traded.

Getting out of Q units costs half the spread and the square-root impact, c·σ·√(Q/ADV), of the shocked market, on the
shocked value. Money is in the desk's currency, as floats: these are estimates.
"""

from collections.abc import Mapping, Sequence
from math import isfinite

import msgspec

from penstock.cost.square_root import square_root_bps
from penstock.domain.errors import BadInput
from penstock.risk.scenario import Scenario, shocked_covariance
from penstock.risk.var import Floats, parametric

BPS = 1e4
PARTICIPATION = 0.1


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """What a symbol is like today: price of a unit, average daily volume, daily volatility, the whole spread in bps."""

    price: float
    adv: float
    volatility: float
    spread_bps: float
    sector: str = ""


class Working(msgspec.Struct, frozen=True, kw_only=True):
    """What an order may still fill; `sign` is +1 for a buy, without a limit it takes at any price."""

    symbol: str
    sign: int
    quantity: float
    limit_price: float | None = None


class NameResult(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol under the scenario: `filled` of its working orders (signed), `quantity` held then.

    `exit_cost` is what trading out of it would cost, `days` how long it takes at a tenth of the shocked volume.
    """

    symbol: str
    sector: str
    move: float
    filled: float
    quantity: float
    value: float
    gain: float
    exit_cost: float
    days: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A portfolio under a scenario. `var_before` and `var` are parametric, a day at 99 %; None without covariances."""

    scenario: str
    names: tuple[NameResult, ...]
    sectors: dict[str, float]
    gain: float
    exit_cost: float
    gross: float
    net: float
    var_before: float | None = None
    var: float | None = None


def stress(
    scenario: Scenario,
    positions: Mapping[str, float],
    orders: Sequence[Working],
    markets: Mapping[str, Market],
    matrix: Floats | None = None,
) -> Result:
    """The portfolio (signed units by symbol) and its orders under a scenario, worst name first.

    `matrix` is the daily covariance of the symbols of positions and orders, in sorted order.

    Raises:
        BadInput: symbols without a market, or with one that says nothing, by name.
    """
    symbols = sorted({*positions, *(order.symbol for order in orders)})
    _require(symbols, markets)
    names = [_name(symbol, scenario, positions.get(symbol, 0.0), orders, markets[symbol]) for symbol in symbols]
    sectors: dict[str, float] = {}
    for each in names:
        sectors[each.sector] = sectors.get(each.sector, 0.0) + each.gain
    before = after = None
    if matrix is not None:
        held = {symbol: positions.get(symbol, 0.0) * markets[symbol].price for symbol in symbols}
        before = parametric(held, matrix).var
        after = parametric({each.symbol: each.value for each in names}, shocked_covariance(matrix, scenario)).var
    return Result(
        scenario=scenario.name,
        names=tuple(sorted(names, key=lambda each: each.gain)),
        sectors=dict(sorted(sectors.items(), key=lambda pair: pair[1])),
        gain=sum(each.gain for each in names),
        exit_cost=sum(each.exit_cost for each in names),
        gross=sum(abs(each.value) for each in names),
        net=sum(each.value for each in names),
        var_before=before,
        var=after,
    )


def _name(symbol: str, scenario: Scenario, held: float, orders: Sequence[Working], market: Market) -> NameResult:
    move = scenario.move(symbol, market.sector)
    price = market.price * (1 + move)
    gain, filled = held * (price - market.price), 0.0
    for order in orders:
        if order.symbol == symbol:
            at = _fill_price(order, market.price, price)
            if at is not None:
                filled += order.sign * order.quantity
                gain += order.sign * order.quantity * (price - at)
    quantity = held + filled
    adv, size = market.adv * scenario.liquidity, abs(quantity)
    impact = square_root_bps(size, adv, market.volatility * scenario.volatility) if size else 0.0
    cost_bps = impact + market.spread_bps * scenario.spread / 2
    return NameResult(
        symbol=symbol,
        sector=market.sector,
        move=move,
        filled=filled,
        quantity=quantity,
        value=quantity * price,
        gain=gain,
        exit_cost=size * price * cost_bps / BPS,
        days=size / (adv * PARTICIPATION),
    )


def _fill_price(order: Working, today: float, shocked: float) -> float | None:
    """The price at which an order fills on the way from today's price to the shocked one; None if it does not."""
    limit = order.limit_price
    if limit is None or order.sign * (limit - today) >= 0:
        return today
    return limit if order.sign * (limit - shocked) >= 0 else None


def _require(symbols: Sequence[str], markets: Mapping[str, Market]) -> None:
    missing = [symbol for symbol in symbols if symbol not in markets]
    if missing:
        raise BadInput("stress", "", f"nothing is known of the market of {', '.join(missing)}")
    for symbol in symbols:
        for field in ("price", "adv", "volatility", "spread_bps"):
            value = getattr(markets[symbol], field)
            if not isfinite(value) or value < 0 or (value == 0 and field in ("price", "adv")):
                raise BadInput(f"stress: {symbol}", field, "must be greater than zero", value)
