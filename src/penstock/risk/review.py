"""The one way out: an order leaves only as `Approved`, and only `review` approves."""

from typing import final

from penstock.domain.orders import OrderTerms
from penstock.risk.checks import CHECKS, Denial, Scene

_SEAL = object()


@final
class Approved:
    """Terms that passed every check. Venues take nothing else."""

    __slots__ = ("terms",)

    def __init__(self, terms: OrderTerms, seal: object) -> None:
        assert seal is _SEAL, "only review() approves an order"
        self.terms = terms


def review(order: OrderTerms, scene: Scene) -> Approved | Denial:
    """Run every check, in order; the first denial stands."""
    for check in CHECKS:
        denial = check(order, scene)
        if denial is not None:
            return denial
    return Approved(order, _SEAL)
