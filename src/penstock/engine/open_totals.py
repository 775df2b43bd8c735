"""How much is open on each side of a symbol, of parents and of children: what position limits count before it fills."""

from decimal import Decimal

import msgspec

from penstock.domain.orders import OrderTerms

ZERO = Decimal(0)


class OpenTotals(msgspec.Struct, gc=False):
    """One symbol's open quantities."""

    parents_buy: Decimal = ZERO
    parents_sell: Decimal = ZERO
    children_buy: Decimal = ZERO
    children_sell: Decimal = ZERO

    def beside(self, terms: OrderTerms) -> Decimal:
        """What is open at an order's level on its side, itself included."""
        if terms.parent_id is None:
            return self.parents_buy if terms.side.is_buy else self.parents_sell
        return self.children_buy if terms.side.is_buy else self.children_sell

    def count(self, terms: OrderTerms, more: Decimal) -> None:
        """Add to what is open at an order's level on its side; negative, when less is."""
        if terms.parent_id is None:
            if terms.side.is_buy:
                self.parents_buy += more
            else:
                self.parents_sell += more
        elif terms.side.is_buy:
            self.children_buy += more
        else:
            self.children_sell += more

    def send(self, quantity: Decimal, *, buys: bool) -> None:
        """A parent is open, and all of it at a venue."""
        if buys:
            self.parents_buy += quantity
            self.children_buy += quantity
        else:
            self.parents_sell += quantity
            self.children_sell += quantity

    def end(self, quantity: Decimal, *, buys: bool) -> None:
        """Neither of both is any more."""
        if buys:
            self.parents_buy -= quantity
            self.children_buy -= quantity
        else:
            self.parents_sell -= quantity
            self.children_sell -= quantity

    @property
    def any(self) -> bool:
        return bool(self.parents_buy or self.parents_sell or self.children_buy or self.children_sell)
