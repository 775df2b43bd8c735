"""A stress report as plain data: what screen, page and JSON all show. Money in the desk's currency, losses negative.

Fractions are of the gross value of the positions as they are today, working orders aside.
"""

import msgspec

VERSION = 1


class BrokenLine(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that would be broken: whose and which, what it allows, what there would be (`symbol`: of which name)."""

    whose: str
    limit: str
    symbol: str
    allows: float
    value: float

    @property
    def sentence(self) -> str:
        """`desk limit position_value_max 6,000,000 in PFE: 6,349,167`."""
        at = f" in {self.symbol}" if self.symbol else ""
        return f"{self.whose} limit {self.limit} {self.allows:,.10g}{at}: {self.value:,.0f}"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario's result. `kind` is standard, sector, day or own; `names` and `sectors` are gains, the worst first.

    `var_before` and `var` are of one day at 99 %, parametric, before and after; `days` is how long the slowest name
    takes to get out of. `filled_names` are symbols in which working orders fill. `slippage_stops` and `stress_stops`
    are symbols that those circuit breakers would stop: what a unit costs to trade, or how far its price moves, is above
    the breaker's threshold.
    """

    name: str
    kind: str
    gain: float
    fraction: float
    gross: float
    net: float
    names: dict[str, float]
    sectors: dict[str, float]
    filled_names: int
    exit_cost: float
    days: float
    var_before: float | None
    var: float | None
    broken: tuple[BrokenLine, ...]
    slippage_stops: int
    stress_stops: int


class RiskLine(msgspec.Struct, frozen=True, kw_only=True):
    """Value at risk and expected shortfall of a day, as positive losses; `method` is parametric or historical."""

    method: str
    confidence: float
    var: float
    expected_shortfall: float


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A name's part of the parametric value at risk at 99 %; parts add up to the whole, negative ones lessen it."""

    symbol: str
    sector: str
    value: float
    var: float


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A position today: value, days to get out at a tenth of the daily volume, what that costs."""

    symbol: str
    sector: str
    quantity: float
    price: float
    value: float
    volatility: float
    days: float
    exit_cost: float


class Horizon(msgspec.Struct, frozen=True, kw_only=True):
    """Getting out of everything evenly within `days`: impact and spread, today and in the worst scenario's market, and
    one standard deviation of what prices do meanwhile. bps of gross.
    """

    days: float
    cost_bps: float
    stressed_bps: float
    risk_bps: float | None


class DrillLine(msgspec.Struct, frozen=True, kw_only=True):
    """A circuit breaker under measurements like `measured`, every `every_s`: the number and time at which it trips."""

    breaker: str
    measured: str
    every_s: float
    trips_at: int | None
    after_s: float | None
    then: str


class StressReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything. `gains` are what each recorded day would have meant for today's positions, by day."""

    version: int = VERSION
    as_of: str
    currency: str
    positions: int
    orders: int
    gross: float
    net: float
    headline: str
    worst: Outcome
    outcomes: tuple[Outcome, ...]
    broken_today: tuple[BrokenLine, ...]
    risks: tuple[RiskLine, ...]
    components: tuple[Component, ...]
    component_sectors: dict[str, float]
    gains: dict[str, float]
    holdings: tuple[Holding, ...]
    horizons: tuple[Horizon, ...]
    stressed_market: str
    drills: tuple[DrillLine, ...]
    notes: tuple[str, ...]

    def of_kind(self, *kinds: str) -> list[Outcome]:
        """The outcomes of these kinds, in their order."""
        return [outcome for outcome in self.outcomes if outcome.kind in kinds]
