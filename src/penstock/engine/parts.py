"""A child that is too large for one order, cut into several: limits on single orders bound each, not what they make."""

from decimal import Decimal
from itertools import repeat

from penstock.domain.instructions import PLAIN, TimeInForce
from penstock.domain.orders import OrderTerms
from penstock.risk import Scene
from penstock.risk.checks import largest
from penstock.routing.wanted import Wanted

PARTS_MAX = 20  # beyond that a desk that misread its limits would flood a venue
HEADROOM = Decimal("0.9")  # of the largest, so that a part can follow the market and is not too large there


def is_divisible(wanted: Wanted) -> bool:
    """Whether it means the same in parts."""
    return wanted.instructions == PLAIN and wanted.tif is not TimeInForce.FOK


def parts_of(child: OrderTerms, scene: Scene) -> list[Decimal]:
    """Quantities that sum up to a child's, as equal as whole lots allow; none if they would be too many."""
    instrument = scene.rules.instrument
    lots, most = instrument.to_lots(child.quantity), instrument.to_lots(largest(child, scene) * HEADROOM)
    if not most < lots <= most * PARTS_MAX:
        return []
    count = -(-lots // most)
    size, larger = divmod(lots, count)
    return [instrument.quantity(each) for each in (*repeat(size + 1, larger), *repeat(size, count - larger))]
