"""Scheduled events (an earnings release, a fixing): trade around them, or get more done ahead of them.

A schedule is a share by time. Around events its increments are weighted: 0 inside a window that is avoided, more than
1 ahead of one that is to be beaten, 1 elsewhere; then all is scaled to come to the whole order again.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

import msgspec

from penstock.algos.slicing import Fraction
from penstock.domain.time import from_iso

AHEAD_WEIGHT = 3.0  # how much faster an order is worked ahead of an event that it accelerates for


class Around(StrEnum):
    """Stay out of the window, or be (nearly) done when it begins."""

    AVOID = "avoid"
    ACCELERATE = "accelerate"


class EventWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event's window, ISO-8601 with a zone, and what to do about it.

    `avoid` trades nothing inside it; `accelerate` works `AHEAD_WEIGHT` times as fast until it begins.
    """

    start: str
    end: str
    action: Around = Around.AVOID

    def __post_init__(self) -> None:
        if from_iso(self.start) >= from_iso(self.end):
            raise ValueError(f"an event window ends after it starts, got {self.start} to {self.end}")

    @property
    def bounds(self) -> tuple[int, int]:
        return from_iso(self.start), from_iso(self.end)


class Eventful(msgspec.Struct, frozen=True, gc=False):
    """A schedule between `start` and `end` whose increments are weighted: `weights` are (from, until, weight)."""

    fraction: Fraction
    start: int
    end: int
    weights: tuple[tuple[int, int, float], ...]

    def __call__(self, at: int) -> float:
        whole = self.grown(self.end)
        if whole <= 0:  # everything is to be avoided: the windows cannot be kept
            return self.fraction(at)
        return min(self.grown(at) / whole, 1.0)

    def grown(self, at: int) -> float:
        fraction = self.fraction
        return sum(
            [
                weight * (fraction(min(at, until)) - fraction(begins))
                for begins, until, weight in self.weights
                if begins < at
            ]
        )


def around(fraction: Fraction, window: tuple[int, int], events: Sequence[EventWindow]) -> Fraction:
    """A schedule that minds the events; the schedule itself where none touches its window (ns)."""
    start, end = window
    touching = [(event, *event.bounds) for event in events]
    touching = [entry for entry in touching if entry[1] < end and entry[2] > start]
    if not touching:
        return fraction
    ends = {start, end, *(min(max(at, start), end) for _, *bounds in touching for at in bounds)}
    weights = []
    for begins, until in pairwise(sorted(ends)):
        weight = 1.0
        for event, opens, _ in touching:
            if event.action is Around.ACCELERATE:
                weight = max(weight, AHEAD_WEIGHT) if until <= opens else weight
        if any(event.action is Around.AVOID and opens < until and closes > begins for event, opens, closes in touching):
            weight = 0.0
        weights.append((begins, until, weight))
    return Eventful(fraction, start, end, tuple(weights))


def avoided_until(events: Sequence[EventWindow], now: int) -> int:
    """When the window to stay out of ends that `now` is in (ns); 0 outside of all."""
    ends = [
        closes
        for event in events
        if event.action is Around.AVOID
        for opens, closes in [event.bounds]
        if opens <= now < closes
    ]
    return max(ends, default=0)
