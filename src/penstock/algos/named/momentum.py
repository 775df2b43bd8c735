"""Momentum: go with the market. Ahead of an even pace while the price runs away, behind while it comes to the order."""

from penstock.algos.named.tilted import Tilted
from penstock.algos.view import View
from penstock.market.estimates import trend


class Momentum(Tilted, frozen=True, kw_only=True):
    """Follow the trend: buy sooner what rises and later what falls."""

    def signal(self, view: View) -> float:
        return view.terms.side.sign * trend(view.estimates)
