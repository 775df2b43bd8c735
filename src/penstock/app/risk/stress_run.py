"""A stress report made from its inputs: every scenario on the portfolio, value at risk, liquidity, limits, breakers."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import isfinite

import msgspec
import numpy as np

from penstock.app.risk.drills import drills
from penstock.app.risk.figures import share, short
from penstock.app.risk.history_files import DAYS_MIN, betas
from penstock.app.risk.liquidation import horizons
from penstock.app.risk.scenario_set import sector_scenarios, standard_scenarios
from penstock.app.risk.stress_inputs import StressInputs
from penstock.app.risk.stress_report import BrokenLine, Component, Holding, Outcome, RiskLine, StressReport
from penstock.domain.errors import BadInput
from penstock.risk.scenario import STANDARD, Scenario, day_again, shocked_covariance, worst_days
from penstock.risk.scopes import in_words
from penstock.risk.stress import BPS, Result, stress
from penstock.risk.stress_limits import broken_limits
from penstock.risk.var import NORMAL, Floats, History, covariance, historical, parametric

CONFIDENCES = (0.95, 0.99)
DAYS = 5
NO_SECTOR = "no sector"
STRESSED = next(each for each in STANDARD if each.market == -0.20)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How a report is made. `decay` weighs recent days more in the covariances (None: all alike); `day_gain` is the
    day's so far, for limits on losses; `own` is one scenario instead of the standard set.
    """

    as_of: str
    currency: str = "USD"
    account: str = ""
    day_gain: float = 0.0
    decay: float | None = None
    days: int = DAYS
    own: Scenario | None = None


class Past(msgspec.Struct, frozen=True):
    """What the recorded days know of the portfolio: `returns` over the days that all of `symbols` have."""

    history: History
    days: tuple[str, ...]
    symbols: tuple[str, ...]
    returns: Floats
    matrix: Floats
    kept: tuple[str, ...]  # the days of `returns`


def report_of(inputs: StressInputs, asked: Asked) -> StressReport:
    """The report.

    Raises:
        BadInput: the market or the history of a symbol is not what it must be; names the symbol.
    """
    calm = stress(Scenario(name="today"), inputs.positions, (), inputs.markets)
    past = _past(inputs, asked.decay)
    outcomes = [
        _outcome(kind, scenario, inputs, asked, calm, past) for kind, scenario in _scenarios(inputs, asked, past)
    ]
    worst = min(outcomes, key=lambda outcome: outcome.gain)
    held = _covered(calm, past)
    risks, components, gains, sigma = _risks(held, inputs, past)
    sectors: dict[str, float] = {}
    for component in components:
        sectors[component.sector] = sectors.get(component.sector, 0.0) + component.var
    return StressReport(
        as_of=asked.as_of,
        currency=asked.currency,
        positions=len(inputs.positions),
        orders=len(inputs.orders),
        gross=calm.gross,
        net=calm.net,
        headline=headline(worst, asked.currency, only=len(outcomes) == 1),
        worst=worst,
        outcomes=tuple(outcomes),
        broken_today=_broken(calm, inputs, asked),
        risks=risks,
        components=components,
        component_sectors=dict(sorted(sectors.items(), key=lambda pair: -pair[1])),
        gains=gains,
        holdings=_holdings(calm, inputs),
        horizons=tuple(horizons(inputs.positions, inputs.markets, asked.own or STRESSED, sigma)),
        stressed_market=(asked.own or STRESSED).name,
        drills=drills(inputs.book.breakers),
        notes=inputs.notes,
    )


def headline(worst: Outcome, currency: str, *, only: bool = False) -> str:
    """`worst: market down 20 %, −$1.93m, −18.4 % of gross`."""
    lead = worst.name if only else f"worst: {worst.name}"
    return f"{lead}, {short(worst.gain, currency)}, {share(worst.fraction)} of gross"


def _scenarios(inputs: StressInputs, asked: Asked, past: Past | None) -> Sequence[tuple[str, Scenario]]:
    if asked.own is not None:
        return [("own", asked.own)]
    recorded, symbols = inputs.recorded, set(inputs.markets)
    known = {
        symbol: beta for symbol, beta in (betas(recorded.history) if recorded else {}).items() if symbol in symbols
    }
    found = [("standard", each) for each in standard_scenarios(known)]
    found += [("sector", each) for each in sector_scenarios(market.sector for market in inputs.markets.values())]
    if past is not None:
        held = {symbol: inputs.positions[symbol] * inputs.markets[symbol].price for symbol in past.symbols
                if symbol in inputs.positions}  # fmt: skip
        for row in worst_days(held, past.history, asked.days) if held else ():
            found.append(("day", day_again(past.days[row], past.history, row)))
    return found


def _past(inputs: StressInputs, decay: float | None) -> Past | None:
    recorded = inputs.recorded
    if recorded is None:
        return None
    symbols = tuple(symbol for symbol in sorted(inputs.markets) if symbol in recorded.history.symbols)
    if not symbols:
        return None
    places = [recorded.history.symbols.index(symbol) for symbol in symbols]
    complete = np.asarray(np.isfinite(recorded.history.returns[:, places]).all(axis=1), dtype=np.bool_)
    if complete.sum() < DAYS_MIN:
        rule = f"must have {DAYS_MIN} days that the {len(symbols)} symbols have in common"
        raise BadInput("--history", "", rule, int(complete.sum()))
    returns = recorded.history.of(symbols)
    kept = tuple(day for day, there in zip(recorded.days, complete.tolist(), strict=True) if there)
    return Past(recorded.history, recorded.days, symbols, returns, covariance(returns, decay), kept)


def _covered(result: Result, past: Past | None) -> dict[str, float]:
    """The values of a result's names that have a history, in the order of its covariances."""
    values = {each.symbol: each.value for each in result.names}
    return {symbol: values.get(symbol, 0.0) for symbol in past.symbols} if past else {}


def _outcome(
    kind: str, scenario: Scenario, inputs: StressInputs, asked: Asked, calm: Result, past: Past | None
) -> Outcome:
    result = stress(scenario, inputs.positions, inputs.orders, inputs.markets)
    before = after = None
    if past is not None:
        before = parametric(_covered(calm, past), past.matrix).var
        after = parametric(_covered(result, past), shocked_covariance(past.matrix, scenario)).var
    slippage, moved = (inputs.book.breakers[name].threshold for name in ("slippage", "stress"))
    cost_bps = [each.exit_cost / abs(each.value) * BPS for each in result.names if each.value]
    return Outcome(
        name=scenario.name,
        kind=kind,
        gain=result.gain,
        fraction=result.gain / calm.gross if calm.gross else 0.0,
        gross=result.gross,
        net=result.net,
        names={each.symbol: each.gain for each in result.names},
        sectors={sector or NO_SECTOR: gain for sector, gain in result.sectors.items()},
        filled_names=sum(each.filled != 0 for each in result.names),
        exit_cost=result.exit_cost,
        days=max((each.days for each in result.names), default=0.0),
        var_before=before,
        var=after,
        broken=_broken(result, inputs, asked),
        slippage_stops=sum(_above(bps, slippage) for bps in cost_bps),
        stress_stops=sum(_above(abs(each.move) * BPS, moved) for each in result.names),
    )


def _above(measurement: float, threshold: Decimal) -> bool:
    return isfinite(measurement) and measurement > float(threshold)


def _broken(result: Result, inputs: StressInputs, asked: Asked) -> tuple[BrokenLine, ...]:
    return tuple(
        BrokenLine(
            whose=in_words(each.scope),
            limit=each.name,
            symbol=each.symbol,
            allows=float(each.most),
            value=each.value,
        )
        for each in broken_limits(result, inputs.book, asked.account, asked.day_gain)
    )


def _risks(
    held: Mapping[str, float], inputs: StressInputs, past: Past | None
) -> tuple[tuple[RiskLine, ...], tuple[Component, ...], dict[str, float], float | None]:
    """The lines of value at risk, each name's part, what each recorded day would have meant, a day's deviation."""
    if past is None:
        return (), (), {}, None
    lines = []
    for confidence in CONFIDENCES:
        for method, risk in (
            ("parametric", parametric(held, past.matrix, confidence)),
            ("historical", historical(held, past.returns, confidence)),
        ):
            lines.append(
                RiskLine(method=method, confidence=confidence, var=risk.var, expected_shortfall=risk.expected_shortfall)
            )
    whole = parametric(held, past.matrix, CONFIDENCES[-1])
    parts = tuple(
        Component(
            symbol=symbol, sector=inputs.markets[symbol].sector or NO_SECTOR, value=held[symbol], var=part
        )
        for symbol, part in sorted(whole.components.items(), key=lambda pair: -pair[1])
    )  # fmt: skip
    gains = past.returns @ np.array(list(held.values()))
    sigma = whole.var / NORMAL.inv_cdf(CONFIDENCES[-1])
    return tuple(lines), parts, dict(zip(past.kept, map(float, gains), strict=True)), sigma


def _holdings(calm: Result, inputs: StressInputs) -> tuple[Holding, ...]:
    held = [each for each in calm.names if each.quantity]
    return tuple(
        Holding(
            symbol=each.symbol,
            sector=each.sector or NO_SECTOR,
            quantity=each.quantity,
            price=inputs.markets[each.symbol].price,
            value=each.value,
            volatility=inputs.markets[each.symbol].volatility,
            days=each.days,
            exit_cost=each.exit_cost,
        )
        for each in sorted(held, key=lambda each: -abs(each.value))
    )
