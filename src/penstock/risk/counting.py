"""What has to be kept up to date for the limits in force: nothing is counted for a limit that nobody has set."""

import msgspec

from penstock.risk.effective import OWN_POSITION
from penstock.risk.limit_book import LimitBook
from penstock.risk.scopes import DESK, kind_of

OF_EXPOSURE = (
    "gross_exposure_max",
    "net_exposure_max",
    "venue_exposure_max",
    "credit_max",
    "daily_value_max",
    "daily_trades_max",
    "daily_loss_max",
    "open_orders_max",
)
OF_POSITIONS = ("position_value_max", "position_quantity_max")


class Counts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether exposure, our own resting prices, parents taken a moment ago, and settled cash are kept."""

    exposure: bool = False
    resting: bool = False
    recent: bool = False
    cash: bool = False


def counts_of(book: LimitBook) -> Counts:
    """What the limits of a book need."""
    exposure = resting = recent = cash = False
    for scope in (DESK, *book.scopes):
        limits = book.of(scope)
        names = (*OF_EXPOSURE, *OF_POSITIONS) if kind_of(scope) in OWN_POSITION else OF_EXPOSURE
        exposure |= any(getattr(limits, name) is not None for name in names)
        resting |= bool(limits.prevent_self_trade)
        recent |= bool(limits.duplicate_within_ms)
        cash |= limits.credit_max is not None
    return Counts(exposure, resting, recent, cash)
