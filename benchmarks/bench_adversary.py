"""Can our slices be read off the tape? An adversary's hit rate against a plain TWAP, and against ours."""

from decimal import Decimal
from statistics import fmean
from typing import Any
from unittest.mock import patch

from benchmarks.adversary import Print, background, judged
from penstock.algos import build, slicing
from penstock.algos.view import Session, Take, View
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.time import HOUR, MINUTE, SECOND

Row = dict[str, Any]

SLICES, QUANTITY, ORDERS, TRADES_A_SECOND = 40, 40_000, 20, 0.2
WINDOW = 2 * HOUR
HIT_RATE_WANTED = 0.05


def run() -> list[Row]:
    plain, ours, chance = (fmean(rates) for rates in zip(*(hit_rates(seed) for seed in range(ORDERS)), strict=True))
    row = {"unit": "share of slices foretold"}
    return [
        {"name": "adversary against a plain TWAP", "value": plain, "peer_or_floor": None, "ratio": None} | row,
        {"name": "adversary against ours / against a plain one", "value": ours, "peer_or_floor": plain,
         "ratio": ours / plain} | row,
        {"name": "of that, by chance: our slices on a tape without us", "value": chance, "peer_or_floor": None,
         "ratio": None} | row,
    ]  # fmt: skip


def hit_rates(seed: int) -> tuple[float, float, float]:
    """Against a plain TWAP, against ours, and by chance alone, on one tape."""
    tape = background(WINDOW / SECOND, TRADES_A_SECOND, seed)
    with patch.object(slicing, "RANDOM_SHARE", 0.0):
        plain = slices_of(seed)
    slicing.cut.cache_clear()
    ours = slices_of(seed)
    unseen = [Print(piece.at + WINDOW / SECOND * 10, piece.size, piece.side) for piece in ours]
    shifted = [Print(seen.at + WINDOW / SECOND * 10, seen.size, seen.side) for seen in tape]
    by_chance = judged_by_others(shifted, unseen)
    return judged(tape, plain).hit_rate, judged(tape, ours).hit_rate, by_chance


def judged_by_others(tape: list[Print], slices: list[Print]) -> float:
    """The share of slices that forecasts made from the others' prints alone would have met."""
    from benchmarks.adversary import fits, foretold

    past: dict[int, list[Print]] = {1: [], -1: []}
    forecasts: list[Print] = []
    for seen in tape:
        forecasts += foretold(past[seen.side], seen)
        past[seen.side].append(seen)
    return sum(any(fits(forecast, piece) for forecast in forecasts) for piece in slices) / len(slices)


def slices_of(seed: int) -> list[Print]:
    """What a TWAP that takes leaves on the tape, filled at once whenever it asks."""
    algorithm = build("twap", {"num_slices": SLICES, "passive_share": 0.0})
    stock = Equity(symbol="ACME", tick_size=Decimal("0.01"), lot_size=Decimal(1))
    terms = OrderTerms(order_id=f"P{seed}", symbol="ACME", side=Side.BUY, quantity=Decimal(QUANTITY))
    quote = Quote(ts=0, bid=Decimal("9.99"), bid_qty=Decimal(10**6), ask=Decimal("10.01"), ask_qty=Decimal(10**6))
    now, filled, taken_at, prints = 0, Decimal(0), 0, []
    while filled < QUANTITY and now < WINDOW + MINUTE:
        plan = algorithm.plan(
            View(
                key=f"{seed}/P{seed}",
                now=now,
                terms=terms,
                instrument=stock,
                start=0,
                end=WINDOW,
                session=Session(0, 2 * WINDOW),
                arrival_price=Decimal(10),
                filled=filled,
                working=(),
                venues={"XA": quote},
                near=quote.bid,
                far=quote.ask,
                market_volume=Decimal(0),
                taken_at=taken_at,
            )
        )
        taken = sum((intent.quantity for intent in plan.intents if isinstance(intent, Take)), Decimal(0))
        if taken:
            prints.append(Print(now / SECOND, float(taken), 1))
            filled, taken_at = filled + taken, now or 1
        now = max(plan.wake_at, now + 1)
    return prints
