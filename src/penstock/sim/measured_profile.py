"""What a market is like, measured on one: the profile from which a generated market like it can be made.

The market is played once without us, event by event. Volume and volatility are brought to a whole day by the time that
the recording covers; a recording of the open only makes the day too busy. Impact and its memory can't be seen in a
market that does not answer: they keep their defaults.
"""

from decimal import Decimal

import numpy as np

from penstock.domain.errors import BadInput
from penstock.domain.instrument import AssetClass
from penstock.domain.time import MINUTE, SECOND
from penstock.sim.book import NONE, MarketBook
from penstock.sim.market_profile import CRYPTO_DAY_S, EQUITY_SESSION_S, MarketProfile

LEAST_MINUTES = 5
DIGITS = 4  # significant ones in what is measured


def measured_profile(book: MarketBook) -> MarketProfile:
    """The profile of a book that stands at its start; it is played to its end.

    Raises:
        BadInput: a market too short, or too quiet, to say what it is like.
    """
    instrument = book.instrument
    mids: list[float] = []
    spread_time = touch_time = seen_time = 0.0
    trades = events = 0
    minute, last_ts = book.start_ns, book.start_ns
    touch, traded = book.touch(), book.traded()[0]
    first = traded
    while (ts := book.next_ts()) <= book.end_ns:
        if NONE not in (touch.bid, touch.ask):
            lasted = float(ts - last_ts)
            spread_time += (touch.ask - touch.bid) * lasted
            touch_time += (touch.bid_lots + touch.ask_lots) / 2 * lasted
            seen_time += lasted
            while minute <= ts:
                mids.append((touch.bid + touch.ask) / 2)
                minute += MINUTE
        last_ts = ts
        book.advance(ts)
        before, traded = traded, book.traded()[0]
        touch = book.touch()
        trades += traded > before
        events += traded == before
    seconds = (book.end_ns - book.start_ns) / SECOND
    if len(mids) < LEAST_MINUTES or not trades or not seen_time:
        rule = f"must show both sides for {LEAST_MINUTES} minutes, and trade"
        raise BadInput("market", instrument.symbol, rule, f"{len(mids)} minutes, {trades} trades")
    day_s = EQUITY_SESSION_S if instrument.asset_class is AssetClass.EQUITY else CRYPTO_DAY_S
    tick, lot = float(instrument.tick_size), float(instrument.lot_size)
    returns = np.diff(np.log(mids))
    return MarketProfile(
        instrument=instrument,
        price=instrument.price(round(mids[0])),
        adv=rounded((traded - first) * lot * day_s / seconds),
        daily_volatility=float(rounded(float(returns.std()) * (day_s / 60) ** 0.5)),
        spread=max(rounded(spread_time / seen_time * tick), instrument.tick_size),
        touch_quantity=max(rounded(touch_time / seen_time * lot), instrument.lot_size),
        trades_per_second=float(rounded(trades / seconds)),
        quotes_per_second=float(rounded(max(events, 1) / seconds)),
    )


def rounded(value: float) -> Decimal:
    """A measured number without digits that mean nothing."""
    return Decimal(f"{value:.{DIGITS}g}").normalize() if value else Decimal(0)
