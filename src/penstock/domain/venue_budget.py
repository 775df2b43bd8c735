"""How much a venue lets us say to it: several budgets at once, each so many units within any so many seconds.

A venue that counts in fixed windows is kept to as well: what no sliding window breaks, no fixed one can.
"""

from enum import StrEnum
from math import ceil

import msgspec

from penstock.domain.time import MILLISECOND, SECOND


class Message(StrEnum):
    """What we say to a venue; each costs so much of each budget."""

    NEW = "new"
    REPLACE = "replace"
    CANCEL = "cancel"
    LOOK = "look"


class Budget(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """At most `most` units in any `window_s` seconds, and what each message costs of them.

    New orders and replaces leave the part `reserved` of it alone: that is for cancels and looks, where these cost
    anything. A unit counts for `margin_ms` longer than the venue says, since messages travel at different speeds.
    """

    name: str
    most: int
    window_s: float
    new: int = 1
    replace: int = 1
    cancel: int = 1
    look: int = 0
    reserved: float = 0.1
    margin_ms: int = 500

    @property
    def span(self) -> int:
        """How long a unit counts, in ns."""
        return round(self.window_s * SECOND) + self.margin_ms * MILLISECOND

    def cost(self, message: Message) -> int:
        """Units that a message takes."""
        cost: int = getattr(self, message.value)
        return cost

    def most_for(self, message: Message) -> int:
        """How much may be used once a message is counted, too."""
        if message in (Message.CANCEL, Message.LOOK) or not (self.cancel or self.look):
            return self.most
        return self.most - ceil(self.most * self.reserved)


# What Binance's spot market states in its exchange information: weight, orders in 10 s, orders in a day.
BINANCE_SPOT = (
    Budget(name="weight in 1 min", most=6000, window_s=60, new=1, replace=1, cancel=1, look=6),
    Budget(name="orders in 10 s", most=100, window_s=10, cancel=0),
    Budget(name="orders in 1 day", most=200_000, window_s=86_400, cancel=0),
)
BUDGETS = {"binance": BINANCE_SPOT}
