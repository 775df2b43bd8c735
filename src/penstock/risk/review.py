"""The one way out: an order leaves only as `Approved`, and only `review` approves."""

from typing import final

from penstock.domain.orders import OrderTerms
from penstock.risk.checks import Denial, Scene

_SEAL = object()


@final
class Approved:
    """Terms that passed every check in a scene. Venues take nothing else."""

    __slots__ = ("scene", "terms")

    def __init__(self, terms: OrderTerms, scene: Scene, seal: object) -> None:
        assert seal is _SEAL, "only review() approves an order"
        self.terms, self.scene = terms, scene


def review(order: OrderTerms, scene: Scene) -> Approved | Denial:
    """Run every check that can deny it, in order; the first denial stands."""
    for check in scene.rules.checks(order):
        denial = check(order, scene)
        if denial is not None:
            return denial
    return Approved(order, scene, _SEAL)


def review_whole(child: OrderTerms, parent: Approved) -> Approved | Denial:
    """As `review`, for a child that is all of a parent approved in the same step, on the same market.

    What the parent passed with the same side, price and quantity is not asked a second time; what is asked of children
    only, is.
    """
    asked = parent.terms
    same = child.quantity == asked.quantity and child.limit_price == asked.limit_price and child.side is asked.side
    is_whole = same and child.parent_id == asked.order_id
    assert is_whole, "a child that is not its whole parent is reviewed by itself"
    for check in parent.scene.rules.checks_of_whole(child.side):
        denial = check(child, parent.scene)
        if denial is not None:
            return denial
    return Approved(child, parent.scene, _SEAL)
