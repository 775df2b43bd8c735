"""An adversary who sees nothing but the tape, and tries to foretell the next slice of somebody's order.

It looks for what a careless algorithm leaves: prints of about one size on one side at about one distance in time. Two
of them that fit make it foresee a third. It is told neither the order's side, nor its size, nor its pace.
"""

from collections.abc import Sequence
from math import exp
from random import Random
from typing import NamedTuple

SIZE_FITS = 0.05  # sizes that differ by no more are taken for the same order's
TIME_FITS = 0.05  # gaps, too
SEEN_S = 1.5  # a forecast this near in time is a hit
GAPS_S = (5.0, 600.0)  # between slices


class Print(NamedTuple):
    """A trade on the tape: seconds, units, +1 where a buyer took."""

    at: float
    size: float
    side: int


class Verdict(NamedTuple):
    """How much of the order's slices was foretold, and how many forecasts there were for each that came true."""

    hit_rate: float
    forecasts: int
    hits: int


def background(seconds: float, rate: float, seed: int) -> list[Print]:
    """What others trade: at random times, log-normal sizes, one in three a round lot."""
    rng, at, tape = Random(seed), 0.0, []
    while (at := at + rng.expovariate(rate)) < seconds:
        size = exp(rng.gauss(4.5, 1.0))
        size = round(size, -2) or 100.0 if rng.random() < 1 / 3 else float(round(size) or 1)
        tape.append(Print(at, size, rng.choice((1, -1))))
    return tape


def judged(tape: Sequence[Print], slices: Sequence[Print]) -> Verdict:
    """Play the tape to the adversary and count which of the `slices` in it were foretold."""
    forecasts: list[Print] = []
    past: dict[int, list[Print]] = {1: [], -1: []}
    for seen in sorted([*tape, *slices]):
        forecasts += foretold(past[seen.side], seen)
        past[seen.side].append(seen)
        if len(past[seen.side]) > 4000:
            del past[seen.side][:2000]
    hits = sum(any(fits(forecast, piece) for forecast in forecasts) for piece in slices)
    return Verdict(hits / len(slices), len(forecasts), hits)


def foretold(past: Sequence[Print], last: Print) -> list[Print]:
    """The prints that follow, if the last one is the third of a regular row of one size: at most one."""
    alike = [
        seen
        for seen in past
        if abs(seen.size - last.size) <= SIZE_FITS * last.size and last.at - seen.at <= 2 * GAPS_S[1]
    ]
    for middle in reversed(alike):
        gap = last.at - middle.at
        if not GAPS_S[0] <= gap <= GAPS_S[1]:
            continue
        if any(abs((middle.at - first.at) - gap) <= TIME_FITS * gap for first in alike if first.at < middle.at):
            return [Print(last.at + gap, last.size, last.side)]
    return []


def fits(forecast: Print, piece: Print) -> bool:
    near = abs(forecast.at - piece.at) <= SEEN_S
    return near and forecast.side == piece.side and abs(forecast.size - piece.size) <= SIZE_FITS * piece.size
