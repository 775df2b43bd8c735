"""What a simulated venue does beyond matching: how late it hears us and we it, what it charges, refuses and loses.

The venue's `VenueSpec` is what we believe of it; these are what it is. Messages of one direction never overtake each
other, however late each is, as on one connection.
"""

from decimal import Decimal
from typing import Annotated

import msgspec

from penstock.domain.time import SECOND, from_iso
from penstock.domain.venue import Fees, VenueSpec
from penstock.sim.hidden_interest import refuse_below
from penstock.sim.latency import Constant, Latency
from penstock.sim.random_kernel import stream, uniform

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class FeeTable(Fees, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fees as a person writes them: a name that is none is refused."""


class Tier(FeeTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fees from so much traded there on (in the instrument's currency), our trades of before counted."""

    from_notional: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        refuse_below(self, 0, "from_notional", strictly=False)


class Outage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `start` to `end` (ISO times) nothing reaches the venue and nothing comes back; both sides notice."""

    start: str
    end: str

    def __post_init__(self) -> None:
        start, end = self.span
        if start >= end:
            raise ValueError(f"an outage must end after it starts, got {self.start} to {self.end}")

    @property
    def span(self) -> tuple[int, int]:
        return from_iso(self.start), from_iso(self.end)


class Conditions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out is as the venue's spec says, or does not happen.

    `to_venue` and `from_venue` are one way. `tiers` go by what we have traded there, `traded_before` included.
    `refuses` is the share of new orders that the venue turns away; `loses` and `repeats` are shares of its reports.
    `messages_per_second`: more of ours within a second are refused.
    """

    to_venue: Latency | None = None
    from_venue: Latency | None = None
    tiers: tuple[Tier, ...] = ()
    traded_before: Decimal = Decimal(0)
    refuses: Share = 0.0
    loses: Share = 0.0
    repeats: Share = 0.0
    messages_per_second: Annotated[int, msgspec.Meta(ge=1)] | None = None
    outages: tuple[Outage, ...] = ()

    def __post_init__(self) -> None:
        refuse_below(self, 0, "traded_before", strictly=False)
        floors = [tier.from_notional for tier in self.tiers]
        if floors != sorted(set(floors)):
            raise ValueError(f"tiers must rise in from_notional, got {', '.join(map(str, floors))}")


class Line:
    """The connection to one venue under its conditions: seeded, so that a run can be repeated."""

    def __init__(self, spec: VenueSpec, conditions: Conditions, seed: int) -> None:
        self.spec, self.conditions = spec, conditions
        self._words = stream(seed, "conditions", spec.name)
        self._to = conditions.to_venue or Constant(ms=spec.order_latency_ns / 1_000_000)
        self._from = conditions.from_venue or Constant(ms=spec.report_latency_ns / 1_000_000)
        self._latest = [0, 0]
        self._sent: list[int] = []
        self._traded = conditions.traded_before
        self.outages = tuple(outage.span for outage in conditions.outages)

    @property
    def reaction(self) -> int:
        """The least time in which we can hear of anything (ns)."""
        return self._from.least

    def arrives(self, now: int) -> int:
        """When a message of ours that leaves now reaches the venue."""
        self._latest[0] = max(now + self._to.draw(self._words), self._latest[0])
        return self._latest[0]

    def heard(self, happened: int) -> int:
        """When we hear of what happened there then."""
        self._latest[1] = max(happened + self._from.draw(self._words), self._latest[1])
        return self._latest[1]

    def is_out(self, at: int) -> bool:
        return any(start <= at < end for start, end in self.outages)

    def copies(self) -> int:
        """How often a report reaches us: once, but for those that are lost or repeated."""
        given = self.conditions
        if not given.loses and not given.repeats:
            return 1
        chance = uniform(self._words)
        return 0 if chance < given.loses else 2 if chance < given.loses + given.repeats else 1

    def refusal(self, now: int) -> str:
        """Why a new order that arrives now is turned away; empty if it is not."""
        most = self.conditions.messages_per_second
        if most is not None:
            self._sent = [at for at in self._sent if at > now - SECOND]
            if len(self._sent) >= most:
                return f"more than {most} messages in a second"
            self._sent.append(now)
        refuses = self.conditions.refuses
        return "refused by the venue" if refuses and uniform(self._words) < refuses else ""

    def fees(self, notional: Decimal) -> Fees:
        """What a fill of this notional is charged; it counts towards the next tier."""
        charged: Fees = self.spec.fees
        for tier in self.conditions.tiers:
            if self._traded >= tier.from_notional:
                charged = tier
        self._traded += notional
        return charged
