"""What every algorithm is: its parameters as a struct, and a pure function from a view to what is wanted."""

from decimal import Decimal
from functools import lru_cache
from typing import Annotated, ClassVar

import msgspec

from penstock.algos.slicing import Fraction
from penstock.algos.view import Direct, Plan, Rest, Session, Take, View
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms
from penstock.domain.time import DAY, MINUTE, SECOND

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Unit = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


@lru_cache(maxsize=4096)
def decimal_of(parameter: float) -> Decimal:
    """A parameter as it was written: asked for at every look."""
    return Decimal(repr(parameter))


class Algorithm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An algorithm with its parameters: a pure function from a view to what is wanted.

    `keeps_resting`: its resting children wait as long as the order lives, whatever the child time-out.
    `sees_position`: it is shown what the account holds of the symbol, `sees_pools`: the venues without a display, and
    `sees_auctions`: those that hold a closing auction.
    """

    keeps_resting: ClassVar[bool] = False
    sees_position: ClassVar[bool] = False
    sees_pools: ClassVar[bool] = False
    sees_auctions: ClassVar[bool] = False

    def window(self, now: int, session: Session) -> tuple[int, int]:
        """When an order received at `now` is worked: (start, end) in ns."""
        return now, session.end

    def plan(self, view: View) -> Plan:
        raise NotImplementedError

    def direct(self, order: Direct) -> Rest | Take | None:
        """What `plan` wants of a new order that one venue alone can take, where that is the whole of it; else None.

        The worst price at which an order without a limit takes depends on nothing of it but its side.
        """
        return None

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        """The planned share of the order by time; None where it follows the market instead."""
        return None


def window_end(now: int, minutes: float | None, session: Session) -> int:
    """End of a window of `minutes` from now, but never later than the session's end less the time of a last sweep."""
    latest = session.end - min(2 * SECOND, (session.end - now) // 20)
    return latest if minutes is None else min(now + round(min(minutes * MINUTE, float(DAY))), latest)
