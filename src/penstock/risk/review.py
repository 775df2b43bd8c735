"""The one way out: an order leaves only as `Approved`, and only `review` approves."""

from typing import final

from penstock.domain.orders import OrderTerms
from penstock.risk.checks import OF_PRICES, OF_SIZE, Code, Denial, Scene
from penstock.risk.gate import forbidden

_SEAL = object()


@final
class Approved:
    """Terms that passed every check in a scene. Venues take nothing else."""

    __slots__ = ("scene", "terms")

    def __init__(self, terms: OrderTerms, scene: Scene, seal: object) -> None:
        assert seal is _SEAL, "only review() approves an order"
        self.terms, self.scene = terms, scene


def review(order: OrderTerms, scene: Scene, *, reduces: bool = False) -> Approved | Denial:
    """Run every check that can deny it, in order; the first denial stands.

    Then come the modes, the breakers and the limits on more than the order itself. One that only `reduces` its position
    is not asked for its size.
    """
    for check in scene.rules.checks(order):
        denial = check(order, scene)
        if denial is not None and not (reduces and denial.code in OF_SIZE):
            return denial
    asked = scene.asked
    if asked is not None:
        assert scene.risk is not None
        breach = forbidden(asked, scene.risk, scene.rules.limit_checks(order))
        if breach is not None:
            return Denial(Code(breach.code), breach.reason)
    return Approved(order, scene, _SEAL)


def review_whole(child: OrderTerms, parent: Approved) -> Approved | Denial:
    """As `review`, for a child that is all of a parent approved in the same step, on the same market.

    What the parent passed with the same side and quantity is not asked a second time; what is asked of children only,
    or of a price that is not the parent's, is.
    """
    asked = parent.terms
    is_whole = child.quantity == asked.quantity and child.side is asked.side and child.parent_id == asked.order_id
    assert is_whole, "a child that is not its whole parent is reviewed by itself"
    rules = parent.scene.rules
    checks = rules.checks_of_whole(child.side)
    if child.limit_price != asked.limit_price:
        checks = (*OF_PRICES, *checks)
    for check in checks:
        denial = check(child, parent.scene)
        if denial is not None:
            return denial
    return Approved(child, parent.scene, _SEAL)
