"""Passive, neutral, aggressive, adaptive: how early and how far a slice moves from maker to taker."""

from decimal import Decimal

import msgspec

from penstock.domain.orders import Strategy


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """The triggers that turn a maker into a taker.

    `patience`: the share of the slice to wait as a maker. `improve`: ticks inside the near touch while waiting, where
    the spread leaves room; `to_mid` goes as far as the mid instead.
    `behind`: how many slices behind schedule are too many. `adverse_bps`: how far the mid may
    run away from a resting child. `hopeless`: cross when the queue ahead needs more than this many times the
    waiting time left (None: never).
    """

    patience: float
    improve: int
    behind: float
    adverse_bps: Decimal
    hopeless: int | None
    to_mid: bool = False


PASSIVE, ADAPTIVE = Strategy.PASSIVE, Strategy.ADAPTIVE
STYLES = {
    Strategy.PASSIVE: Style(patience=1.0, improve=0, behind=10.0, adverse_bps=Decimal(50), hopeless=None),
    Strategy.NEUTRAL: Style(patience=0.8, improve=0, behind=2.0, adverse_bps=Decimal(10), hopeless=20),
    Strategy.AGGRESSIVE: Style(patience=0.3, improve=1, behind=1.0, adverse_bps=Decimal(5), hopeless=5),
    Strategy.ADAPTIVE: Style(patience=0.9, improve=0, behind=1.5, adverse_bps=Decimal(8), hopeless=10),
}


def style_of(strategy: Strategy, urgency: float, lag: float, passive_share: float | None) -> Style:
    """The strategy's style, its patience scaled by `urgency` (0.5 leaves it as it is, 1 halves it).

    `lag` is how far behind schedule the order is, in slices: the adaptive strategy loses its patience with it.
    `passive_share` replaces the strategy's own patience.
    """
    style = STYLES[strategy]
    patience = style.patience if passive_share is None else passive_share
    if strategy is ADAPTIVE:
        patience *= 1 - 0.6 * min(max(lag, 0.0), 1.0)
    if strategy is not PASSIVE:
        patience = min(patience * (1.5 - urgency), 1.0)
    return style if patience == style.patience else msgspec.structs.replace(style, patience=patience)
