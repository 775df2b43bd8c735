"""The scenarios of a stress report: the standard ones, a shock to each sector, the market's fall by each name's β."""

from collections.abc import Iterable, Mapping

from penstock.risk.scenario import STANDARD, Scenario

SECTOR_MOVE = -0.20
MOVE_MIN = -0.95  # a price that falls by its β still stays a price

MORE = (
    Scenario(name="volatility triples", volatility=3.0),
    Scenario(name="half the liquidity", liquidity=0.5),
    Scenario(name="all correlations one", correlation=1.0),
)


def standard_scenarios(betas: Mapping[str, float]) -> list[Scenario]:
    """Those for any portfolio; with `betas`, also falls of the market in which each name moves by its own."""
    return [*STANDARD, *MORE, *(_by_beta(move, betas) for move in (-0.10, -0.20) if betas)]


def sector_scenarios(sectors: Iterable[str]) -> list[Scenario]:
    """Each sector by itself down 20 %, everything else where it is."""
    named = sorted({sector for sector in sectors if sector})
    return [
        Scenario(name=f"{sector} down {-SECTOR_MOVE * 100:.0f} %", sectors={sector: SECTOR_MOVE}) for sector in named
    ]


def _by_beta(move: float, betas: Mapping[str, float]) -> Scenario:
    like = next(each for each in STANDARD if each.market == move)
    return Scenario(
        name=f"market down {-move * 100:.0f} %, by β",
        market=move,
        symbols={symbol: max(beta * move, MOVE_MIN) for symbol, beta in betas.items()},
        volatility=like.volatility,
        spread=like.spread,
        liquidity=like.liquidity,
        correlation=like.correlation,
    )
