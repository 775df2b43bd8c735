"""`python -m benchmarks.coverage [PARENTS]`: do as many costs lie in the pre-trade intervals as these promise?

Each parent is bought or sold in a generated market of its own, by TWAP and by VWAP, over 10, 20 or 30 minutes, at 1 to
20 % of what trades in its window. Its cost is the whole shortfall against arrival, fees included; its interval is the
one that went on record when it was taken. Of the intervals of 90 %, 85 to 95 % should hold.
"""

import sys
from random import Random

from rich.progress import track

from penstock.app.evaluation.play import at_start, cost_of, size_of, traded
from penstock.app.evaluation.trials import Contender, Draw
from penstock.cost.outcome import outcome_of, record_of
from penstock.domain.orders import Side
from penstock.domain.time import MINUTE

SIZES, MINUTES = (0.01, 0.02, 0.05, 0.10, 0.15, 0.20), (10.0, 20.0, 30.0)
SYMBOL, MARKET, LASTS = "ACME", ("synthetic",), 60 * MINUTE
CONTENDERS = (Contender("twap", "twap"), Contender("vwap", "vwap"))
LEAST, MOST = 0.85, 0.95


def main(parents: int = 180) -> None:
    """Print the coverage with its interval, the bias, and whether it is as promised."""
    outcomes = []
    for number in track(range(parents), "parents", transient=True):
        random = Random(number)
        minutes = MINUTES[number // len(SIZES) % len(MINUTES)]
        start = random.randrange(MINUTE, LASTS - round((minutes + 5) * MINUTE))
        draw = Draw(number, MARKET, 1000 + number, SYMBOL, SIZES[number % len(SIZES)], start, minutes)
        market, exchange = at_start(draw)
        quantity = size_of(draw, market, exchange)
        side = random.choice([Side.BUY, Side.SELL])
        for contender in CONTENDERS:
            parent = traded(draw, contender, side, quantity, market, exchange)
            outcome = outcome_of(parent.record.estimate, cost_of(parent))
            assert outcome is not None, "a market with a profile foretells"
            outcomes.append(outcome)
    record = record_of(outcomes)
    assert record is not None
    assert record.coverage is not None
    verdict = "as promised" if LEAST <= record.coverage <= MOST else "NOT as promised"
    print(
        f"{record.orders} orders: {record.coverage:.1%} of costs inside their {record.promised:.0%} intervals"
        f" (95 %: {record.coverage_low:.1%} to {record.coverage_high:.1%}), {verdict};"
        f" foretold {record.mean_expected_bps:.2f} bps, came {record.mean_realised_bps:.2f},"
        f" bias {record.bias_bps:+.2f} ± {record.bias_error_bps:.2f} bps"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
