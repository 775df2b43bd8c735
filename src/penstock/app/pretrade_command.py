"""`penstock pretrade`: what an order will cost and risk, and how to work it. Its work is in `penstock.app.pretrade`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

EXAMPLES = """
Examples:

    penstock pretrade "buy 50000 ACME" --market synthetic

    penstock pretrade "buy 50000 AMZN" --market lobster:AMZN.zip --at 15:00 --html out/amzn.html

    penstock pretrade "sell 250000 XYZ" --price 41.20 --adv 3.1m --volatility 0.021 --spread 4 --horizon 2h --urgency
    0.3

    penstock pretrade targets.csv --market synthetic --correlation 0.3 --json > basket.json

A size may be written 50000, 50_000, 50,000, 50k or 3.1m. A horizon is the latest end, in trading time. Exit code 0
whatever the advice is.
"""


Orders = Annotated[
    list[str],
    typer.Argument(
        metavar="ORDER...", help="`SIDE QUANTITY SYMBOL [@ LIMIT]`, or one file of targets.", show_default=False
    ),
]
Market = Annotated[
    list[str] | None, typer.Option(help="`synthetic`, `lobster:`, `binance:` or `file:PATH`; several on one clock.")
]
At = Annotated[str, typer.Option(help="Look at the market at this time, HH:MM UTC; when it opens if left out.")]
UsualVolatility = Annotated[
    float | None, typer.Option(help="The long run's, where today's differs: the volatility regime.")
]
Depth = Annotated[str, typer.Option(help="Units displayed at the touch, where there is no --market.")]
Trend = Annotated[
    float | None, typer.Option(help="What the price is expected to move in a day, in bps; up is positive.")
]
Curve = Annotated[str, typer.Option(help="When volume comes: `flat`, `equity` or `crypto`, without --market.")]
Urgency = Annotated[
    float,
    typer.Option(help="0: cost alone counts. 0.5: a bps of risk weighs as a bps of cost. 1: as two.", min=0, max=1),
]
Horizon = Annotated[str, typer.Option(help="The latest end: `30m`, `2h`, `3d`; the rest of the day if left out.")]
Participation = Annotated[
    float, typer.Option(help="The most of the market's volume that the order may be.", min=0.001, max=1)
]
Costs = Annotated[
    Path | None, typer.Option(help="An impact template of your own: a .toml file; see `penstock calibrate`.")
]


def pretrade(
    orders: Orders,
    market: Market = None,
    seed: Annotated[int, typer.Option(help="Of a synthetic market.", min=0)] = 0,
    at: At = "",
    price: Annotated[float | None, typer.Option(help="Mid price, where there is no --market.")] = None,
    adv: Annotated[str, typer.Option(help="Average daily volume in units, such as 3.1m.")] = "",
    volatility: Annotated[float | None, typer.Option(help="Daily volatility as a fraction: 0.02 is 2 %.")] = None,
    usual_volatility: UsualVolatility = None,
    spread: Annotated[float | None, typer.Option(help="The whole quoted spread, in bps.")] = None,
    depth: Depth = "",
    trend: Trend = None,
    curve: Curve = "",
    urgency: Urgency = 0.5,
    horizon: Horizon = "",
    participation_max: Participation = 0.25,
    limit: Annotated[float | None, typer.Option(help="Never trade beyond this price.")] = None,
    confidence: Annotated[float, typer.Option(help="Of the intervals.", min=0.01, max=0.999)] = 0.90,
    correlation: Annotated[float, typer.Option(help="Between any two names of a basket.", min=-1, max=1)] = 0.0,
    costs: Costs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with charts there, too.")] = None,
) -> None:
    """What an order will cost and risk, by algorithm and horizon; which one to take, and when to stop."""
    from penstock.app.pretrade import run
    from penstock.app.pretrade.asked import Terms, size

    stated = run.StatedMarket(
        price=price, adv=size("--adv", adv), volatility=volatility, usual_volatility=usual_volatility,
        spread_bps=spread, depth=size("--depth", depth), trend_bps=trend, curve=curve,
    )  # fmt: skip
    terms = Terms(
        urgency=urgency, horizon=horizon, participation_max=participation_max, limit_price=limit, confidence=confidence,
        correlation=correlation,
    )  # fmt: skip
    found = run.find(
        run.Asked(
            orders=tuple(orders), sources=tuple(market or ()), seed=seed, at=at, stated=stated, terms=terms, costs=costs
        )
    )
    if as_json:
        print(run.as_json(found))
    else:
        run.told(found, Console())
    if html is not None:
        run.write_page(found, html)
        Console(stderr=as_json).print(f"written: {html}", highlight=False, soft_wrap=True, markup=False)
