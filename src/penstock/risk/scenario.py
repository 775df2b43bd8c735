"""A scenario is what happens to the market at once: moves of prices, and of what trading costs; some are recorded days.

Price moves are fractions (−0.1 is 10 % down): a symbol's own, else its sector's, else the market's. `volatility`,
`spread` and `liquidity` multiply what they name (liquidity 0.5: half the usual volume). `correlation` in [0, 1] is how
far all correlations go from where they are towards 1.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from penstock.domain.errors import BadInput
from penstock.risk.var import Floats, History

UNMOVED_MAX = 0.2


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """See the module.

    Raises:
        BadInput: a price that would become negative, a multiplier that is not positive, a correlation outside [0, 1].
    """

    name: str
    market: float = 0.0
    sectors: dict[str, float] = {}
    symbols: dict[str, float] = {}
    volatility: float = 1.0
    spread: float = 1.0
    liquidity: float = 1.0
    correlation: float = 0.0

    def __post_init__(self) -> None:
        for field, moves in (
            ("market", [self.market]),
            ("sectors", self.sectors.values()),
            ("symbols", self.symbols.values()),
        ):
            for move in moves:
                if not -1 <= move < 100:
                    raise BadInput(f"scenario {self.name}", field, "must be a fraction of at least -1", move)
        for field in ("volatility", "spread", "liquidity"):
            if not 0 < getattr(self, field) < 1e6:
                raise BadInput(f"scenario {self.name}", field, "must be greater than zero", getattr(self, field))
        if not 0 <= self.correlation <= 1:
            raise BadInput(f"scenario {self.name}", "correlation", "must lie between 0 and 1", self.correlation)

    def move(self, symbol: str, sector: str) -> float:
        """The fraction by which a symbol's price moves."""
        return self.symbols.get(symbol, self.sectors.get(sector, self.market))


STANDARD = (
    Scenario(name="market down 10 %", market=-0.10, volatility=2.0, spread=2.0, liquidity=0.7, correlation=0.5),
    Scenario(name="market down 20 %", market=-0.20, volatility=3.0, spread=4.0, liquidity=0.5, correlation=0.8),
    Scenario(name="market up 10 %", market=0.10, volatility=1.5),
    Scenario(name="volatility doubles", volatility=2.0),
    Scenario(name="spreads are five times as wide", spread=5.0),
    Scenario(name="liquidity dries up", spread=3.0, liquidity=0.2),
    Scenario(name="correlations half-way to one", correlation=0.5),
)


def history_of(symbols: Sequence[str], closes: Floats) -> tuple[History, tuple[str, ...]]:
    """Daily returns from closes (days × symbols, nan where there is none), and the symbols that are left out.

    A price that stands still on more than a fifth of its days is no market price: it would look riskless.
    """
    returns = closes[1:] / closes[:-1] - 1
    known = np.isfinite(returns).sum(axis=0)
    still = (returns == 0).sum(axis=0) > UNMOVED_MAX * known
    kept = [place for place in range(len(symbols)) if known[place] and not still[place]]
    left_out = tuple(symbol for place, symbol in enumerate(symbols) if place not in set(kept))
    return History(tuple(symbols[place] for place in kept), returns[:, kept]), left_out


def day_again(name: str, history: History, row: int) -> Scenario:
    """A recorded day, as if it came again; a symbol without a return that day moves as the others' mean."""
    moves = history.returns[row]
    there = np.isfinite(moves)
    own = {symbol: float(moves[place]) for place, symbol in enumerate(history.symbols) if there[place]}
    return Scenario(name=name, market=float(moves[there].mean()), symbols=own)


def worst_days(holdings: Mapping[str, float], history: History, count: int) -> list[int]:
    """The rows of the days that would have cost these holdings (money by symbol) most, the worst first.

    Raises:
        BadInput: holdings without any history, by name.
    """
    history.of([symbol for symbol in holdings if symbol not in history.symbols], days_min=1)
    places = [history.symbols.index(symbol) for symbol in holdings]
    gains = np.nan_to_num(history.returns[:, places]) @ np.array(list(holdings.values()))
    return [int(row) for row in np.argsort(gains, kind="stable")[:count]]


def shocked_covariance(matrix: Floats, scenario: Scenario) -> Floats:
    """The covariance matrix with the scenario's volatility, and correlations C moved to (1−s)·C + s.

    A mixture of two correlation matrices is one, so the result is positive semi-definite.
    """
    sigmas = np.sqrt(np.diag(matrix))
    scale = np.outer(sigmas, sigmas)
    correlations = np.divide(matrix, scale, out=np.eye(len(matrix)), where=scale > 0)
    blended = (1 - scenario.correlation) * correlations + scenario.correlation
    shocked: Floats = blended * scale * scenario.volatility**2
    return shocked
