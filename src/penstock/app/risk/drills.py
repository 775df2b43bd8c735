"""Breaker drills: each circuit breaker under a row of bad measurements, as the engine would take them.

Measurements come every 10 s and are half as much again as the threshold (a reject each for `consecutive`), so a drill
shows when trading would stop, where, and for how long. One row at the very threshold shows that nothing trips there.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from penstock.app.risk.stress_report import DrillLine
from penstock.domain.time import SECOND
from penstock.risk.breakers import Breaker
from penstock.risk.stress_limits import drill
from penstock.tca.html.wording import lasting

EVERY_S = 10
MEASUREMENTS = 100
ABOVE = Decimal("1.5")


def drills(breakers: Mapping[str, Breaker]) -> tuple[DrillLine, ...]:
    """Two rows for each breaker: above its threshold, and at it."""
    return tuple(line for breaker in breakers.values() for line in _drilled(breaker))


def _drilled(breaker: Breaker) -> Iterable[DrillLine]:
    bad = Decimal(1) if breaker.threshold == 0 else breaker.threshold * ABOVE
    for measurement in (bad, breaker.threshold):
        row = ((number * EVERY_S * SECOND, measurement) for number in range(MEASUREMENTS))
        found = drill(breaker, row)
        unit = breaker.unit or ("reject or time-out" if measurement else "accept or fill")
        yield DrillLine(
            breaker=breaker.name,
            measured=f"{measurement.normalize():f} {unit}",
            every_s=EVERY_S,
            trips_at=found.number if found else None,
            after_s=found.at / SECOND if found else None,
            then=_then(breaker) if found else "holds",
        )


def _then(breaker: Breaker) -> str:
    until = "until it is reset" if breaker.cool_down is None else f"for {lasting(breaker.cool_down)}, then probes"
    whose = "the desk" if breaker.scope == "desk" else f"that {breaker.scope.replace('_', ' ')}"
    return f"{whose} is {breaker.mode} {until}"
