"""What stops trading by itself: five circuit breakers, judged in the very step that brings the measurement.

A measurement *breaches* when it is strictly above the breaker's threshold. A breaker *trips* when so many breaches lie
within its window, the half-open (now − window, now]. What is measured:

- slippage: bps of a fill's price against the mid at which its child was decided; a cost is positive. One per fill.
- reject_rate: per cent of the venue's latest 50 answers to new orders (accepts and rejects) that were rejects, measured
  at each reject once there are 10 answers (`Answers`). So a breach is a reject that finds the rate above 10 %.
- latency: ms from when an order, replace or cancel left until its venue's first answer to it; what is not answered
  is measured once, when it has waited so long that nobody knows what became of it.
- stress: the market's impact in bps, from the mid at which a child was decided to the mid after its fill, against us.
- consecutive: 1 for a reject or a new order's time-out, 0 for an accept or a fill, which begins the row anew.

A tripped breaker is open for its cool-down, then half-open: a few probes pass. As many measurements within the
threshold close it; one breach opens it again for twice as long, up to a bound. Without a cool-down only a reset does.
"""

from decimal import Decimal
from enum import StrEnum

import msgspec

from penstock.domain.time import MINUTE
from penstock.risk.limits import Limits
from penstock.risk.modes import Mode
from penstock.risk.scopes import DESK

ANSWERS = 50
ANSWERS_MIN = 10
PER_CENT = 100


def too_much_slippage(slippage_cost: Decimal, arrival_value: Decimal, limits: Limits) -> str:
    """Why a parent must stop, given what slippage has cost it so far; empty if it need not."""
    if slippage_cost <= 0:  # no limit is below zero
        return ""
    bps = slippage_cost / arrival_value * 10_000
    if bps > limits.slippage_abort_bps:
        return f"cumulative slippage {bps:.2f} bps is above the limit {limits.slippage_abort_bps} bps"
    return ""


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """One circuit breaker. `window` and the cool-downs are in ns.

    `scope` is what it stops: `order`, `parent`, `desk`, or a kind of scope (each account, symbol, venue … has a circuit
    of its own). `mode` is what holds there while it is open. Without a `window`, breaches must follow each other.
    """

    name: str
    threshold: Decimal
    unit: str
    breaches: int
    window: int | None
    scope: str
    mode: Mode
    cool_down: int | None = MINUTE
    cool_down_max: int = 16 * MINUTE
    probes: int = 3


SLIPPAGE = Breaker(
    name="slippage",
    threshold=Decimal(25),
    unit="bps",
    breaches=3,
    window=5 * MINUTE,
    scope="symbol",
    mode=Mode.NO_NEW,
)
REJECT_RATE = Breaker(
    name="reject_rate",
    threshold=Decimal(10),
    unit="%",
    breaches=5,
    window=2 * MINUTE,
    scope="venue",
    mode=Mode.NO_NEW,
)
LATENCY = Breaker(
    name="latency",
    threshold=Decimal(1000),
    unit="ms",
    breaches=5,
    window=3 * MINUTE,
    scope="venue",
    mode=Mode.NO_NEW,
)
STRESS = Breaker(
    name="stress",
    threshold=Decimal(100),
    unit="bps",
    breaches=2,
    window=MINUTE,
    scope="symbol",
    mode=Mode.CANCEL_ALL,
)
CONSECUTIVE = Breaker(
    name="consecutive",
    threshold=Decimal(0),
    unit="",
    breaches=3,
    window=None,
    scope=DESK,
    mode=Mode.HALTED,
    cool_down=None,
)
BREAKERS = (SLIPPAGE, REJECT_RATE, LATENCY, STRESS, CONSECUTIVE)


class Status(StrEnum):
    """Where a circuit stands: `closed` lets orders pass, `open` does not, `half_open` lets a few probes pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Circuit(msgspec.Struct, frozen=True, omit_defaults=True):
    """One breaker in one scope: its latest breaches, and what became of it. Times in ns.

    `until` is the end of the cool-down (None: only a reset ends it); `probes` were sent since, the last at `probed_at`;
    `good` of the measurements since were within the threshold.
    """

    breaches: tuple[int, ...] = ()
    tripped_at: int | None = None
    until: int | None = None
    cool_down: int = 0
    probes: int = 0
    probed_at: int = 0
    good: int = 0

    def status(self, now: int) -> Status:
        if self.tripped_at is None:
            return Status.CLOSED
        return Status.OPEN if self.until is None or now < self.until else Status.HALF_OPEN


CLOSED = Circuit()


class Trip(msgspec.Struct, frozen=True):
    """A breaker stops its scope from now on, until `until` (None: until it is reset)."""

    breaker: str
    mode: Mode
    until: int | None
    reason: str


def observe(circuit: Circuit, breaker: Breaker, measurement: Decimal | int, now: int) -> tuple[Circuit, Trip | None]:
    """The circuit after a measurement, and the trip that it causes. While open, nothing counts."""
    breach = measurement > breaker.threshold
    if circuit.tripped_at is not None:
        return _observe_tripped(circuit, breaker, measurement, now, breach=breach)
    if not breach:
        return (circuit if breaker.window is not None or not circuit.breaches else CLOSED), None
    edge = None if breaker.window is None else now - breaker.window
    breaches = (*(at for at in circuit.breaches if edge is None or at > edge), now)
    if len(breaches) < breaker.breaches:
        return Circuit(breaches), None
    return _trip(breaker, breaker.cool_down, _told(breaker, measurement, len(breaches)), now)


def _observe_tripped(
    circuit: Circuit, breaker: Breaker, measurement: Decimal | int, now: int, *, breach: bool
) -> tuple[Circuit, Trip | None]:
    if circuit.status(now) is Status.OPEN:
        return circuit, None
    if breach:
        cool_down = min(circuit.cool_down * 2, breaker.cool_down_max)
        return _trip(breaker, cool_down, f"{_told(breaker, measurement, 1)} while it was tried again", now)
    good = circuit.good + 1
    return (CLOSED if good >= breaker.probes else msgspec.structs.replace(circuit, good=good)), None


def passes(circuit: Circuit, breaker: Breaker, now: int) -> bool:
    """Whether an order that adds risk may leave: while half-open, so many probes, and again after another cool-down."""
    if circuit.tripped_at is None:
        return True
    if circuit.status(now) is Status.OPEN:
        return False
    return circuit.probes < breaker.probes or now >= circuit.probed_at + circuit.cool_down


def probed(circuit: Circuit, breaker: Breaker, now: int) -> Circuit:
    """The circuit after an order left through it; one that is not half-open does not count."""
    if circuit.status(now) is not Status.HALF_OPEN:
        return circuit
    sent = circuit.probes + 1 if circuit.probes < breaker.probes else 1
    return msgspec.structs.replace(circuit, probes=sent, probed_at=now)


class Answers(msgspec.Struct, omit_defaults=True):
    """A venue's answers to new orders: how many there were, and which of the latest 50 were rejects, by number."""

    count: int = 0
    rejects: tuple[int, ...] = ()

    def take(self, *, rejected: bool) -> Decimal | None:
        """One more answer; for a reject the per cent of rejects with it, None while there are too few to tell."""
        self.count += 1
        if not rejected:
            return None
        self.rejects = (*(each for each in self.rejects if each > self.count - ANSWERS), self.count)
        if self.count < ANSWERS_MIN:
            return None
        return Decimal(PER_CENT * len(self.rejects)) / min(self.count, ANSWERS)


def _trip(breaker: Breaker, cool_down: int | None, reason: str, now: int) -> tuple[Circuit, Trip]:
    until = None if cool_down is None else now + cool_down
    tripped = Circuit(tripped_at=now, until=until, cool_down=cool_down or 0)
    return tripped, Trip(breaker.name, breaker.mode, until, reason)


def _told(breaker: Breaker, measurement: Decimal | int, times: int) -> str:
    if breaker.window is None:
        return f"{times} rejects or time-outs in a row"
    shown = f"{breaker.name.replace('_', ' ')} {measurement:.5g} {breaker.unit} is above {breaker.threshold}"
    if times == 1:
        return shown
    return f"{shown}, {times} times in {breaker.window // MINUTE} min"
