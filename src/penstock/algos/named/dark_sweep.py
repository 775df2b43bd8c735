"""Dark sweep: wait unseen in every pool for the lit middle, and work in the light what they do not fill in time.

All of the order waits in the dark from the start, in parts (`penstock.routing.unlit`). From `lit_from` of its window on
a growing part is due in the light, evenly until the end; what the pools fill meanwhile counts. Where a part is to cross
the spread, market makers are asked first, each once a round.

Against those who look for large orders: no execution below `min_size`, rounds of seeded length after which the split
is made anew, and a pool is left for two rounds if the middle has run away since it had a part of ours and filled a
small piece of it (a probe, most likely). `avoid` names pools that are never used.
"""

from decimal import Decimal
from typing import Annotated

import msgspec

from penstock.algos.named.algorithm import Positive, decimal_of, window_end
from penstock.algos.named.sliced import Sliced
from penstock.algos.randomness import uniform
from penstock.algos.slicing import Even, Fraction
from penstock.algos.tactic import within
from penstock.algos.view import Cross, Intent, Plan, Pool, Request, Session, Stay, Take, View
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms
from penstock.domain.time import SECOND
from penstock.domain.venue import VenueKind

ZERO = Decimal(0)
LEFT_ROUNDS = 2
DEALER = VenueKind.MARKET_MAKER


class DarkSweep(Sliced, frozen=True, kw_only=True):
    """Wait unseen in all dark pools, and work in the light what they do not fill in time.

    `min_size` (units) is the least execution to accept: by default a fiftieth of the order. `max_away_bps` is how far
    from its arrival price the order still trades in the dark, within its own limit. `leak_bps` is the run of the middle
    that makes a pool suspicious.
    """

    keeps_resting = True
    sees_pools = True

    duration_minutes: Positive | None = None
    lit_from: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    min_size: Positive | None = None
    round_seconds: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 30.0
    max_away_bps: Positive = 100.0
    leak_bps: Positive = 5.0
    avoid: tuple[str, ...] = ()

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.duration_minutes, session)

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        """What is due in the light, whatever the dark has filled."""
        start, end = window
        return Even(start + round((end - start) * min(self.lit_from, 0.999)), end)

    def plan(self, view: View) -> Plan:
        lit = super().plan(view)
        if lit.over or not view.pools or view.now >= view.end or view.mid is None:
            return lit
        began, ends = self.round(view)
        intents = [self.asked_first(intent, view, began) for intent in lit.intents]
        unseen = view.left - sum([each.quantity for each in intents if not isinstance(each, Stay)], ZERO)
        least = self.least_execution(view)
        if unseen >= least:
            intents.append(self.in_the_dark(view, unseen, least, began))
        return Plan(tuple(intents), max(min(lit.wake_at, ends), view.now + 1), watches=lit.watches)

    def round(self, view: View) -> tuple[int, int]:
        """When the present round began and when it ends: each is longer or shorter by up to a fifth of a round."""
        length = round(self.round_seconds * SECOND)
        number = (view.now - view.start) // length
        while self.boundary(view, number, length) > view.now:
            number -= 1
        while self.boundary(view, number + 1, length) <= view.now:
            number += 1
        return self.boundary(view, number, length), self.boundary(view, number + 1, length)

    def boundary(self, view: View, number: int, length: int) -> int:
        return view.start + number * length + round(0.2 * length * uniform(view.key, "round", number) if number else 0)

    def least_execution(self, view: View) -> Decimal:
        asked = view.terms.quantity / 50 if self.min_size is None else decimal_of(self.min_size)
        return max(view.instrument.round_quantity(asked), self.least(view))

    def in_the_dark(self, view: View, quantity: Decimal, least: Decimal, began: int) -> Cross:
        sign = view.terms.side.sign
        reach = view.arrival_price * (1 + sign * decimal_of(self.max_away_bps) / 10_000)
        left = [pool.venue for pool in view.pools if self.is_leaky(pool, view)]
        limit = within(view, view.instrument.round_price(reach, up=sign < 0))
        return Cross(quantity, limit, least, (*self.avoid, *left), began)

    def is_leaky(self, pool: Pool, view: View) -> bool:
        """Whether the middle ran away behind a small piece that was filled there not long ago."""
        since = view.now - LEFT_ROUNDS * round(self.round_seconds * SECOND)
        for each in pool.tries:
            if each.sent_at >= since and ZERO < each.filled * 2 < each.sent and each.mid and view.mid is not None:
                ran = view.terms.side.sign * (view.mid - each.mid) / each.mid * 10_000
                if ran > decimal_of(self.leak_bps):
                    return True
        return False

    def asked_first(self, intent: Intent, view: View, began: int) -> Intent:
        """A market maker instead of the book, if one has not been asked in this round."""
        if not isinstance(intent, Take) or intent.limit is None:
            return intent
        for pool in view.pools:
            asked = pool.tries and pool.tries[-1].sent_at >= began
            if pool.kind is DEALER and pool.venue not in self.avoid and not asked:
                return Request(intent.quantity, pool.venue, intent.limit)
        return intent
