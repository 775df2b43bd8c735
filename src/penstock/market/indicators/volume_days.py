"""Recorded volume by day and time of day, as days of equal bins: what a volume curve is made from.

A session shorter than the longest (a half day) is left out, a day without volume too; a missing bar is a bar without
volume. What trades around the clock has days of 24 hours UTC. `volume_curve.weights_from_days` takes the median of
the days' shares, which no single day can move.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penstock.domain.sessions import SessionTimes
from penstock.domain.time import DAY
from penstock.market.volume_curve import weights_from_days


def session_volumes(
    ts: ArrayLike, volume: ArrayLike, sessions: Sequence[SessionTimes], bins: int
) -> NDArray[np.float64]:
    """Volume by (session, bin) of the full sessions that traded.

    Args:
        ts: when each trade was, or each bar began, in ns.
        volume: of each.
        sessions: when the market was open; half days are told by their length.
        bins: equal parts of a session.
    """
    t, v = np.asarray(ts, np.int64), np.asarray(volume, float)
    longest = max((each.closes - each.opens for each in sessions), default=0)
    days = []
    for each in sessions:
        if each.closes - each.opens < longest:
            continue
        inside = (t >= each.opens) & (t < each.closes)
        place = (t[inside] - each.opens) * bins // longest
        day = np.bincount(place, weights=v[inside], minlength=bins).astype(np.float64)
        if day.sum() > 0:
            days.append(day)
    return np.array(days, np.float64).reshape(-1, bins)


def session_curve(ts: ArrayLike, volume: ArrayLike, sessions: Sequence[SessionTimes], bins: int) -> tuple[float, ...]:
    """The usual share of each bin of a session; they sum to 1.

    Raises:
        ValueError: no full session with volume.
    """
    return weights_from_days(session_volumes(ts, volume, sessions, bins).tolist())


def round_the_clock_curve(ts: ArrayLike, volume: ArrayLike, bins: int = 24) -> tuple[float, ...]:
    """The usual share of each bin of a UTC day, over the days that the record covers whole, or over all if none is.

    Raises:
        ValueError: no volume.
    """
    t = np.asarray(ts, np.int64)
    if not len(t):
        raise ValueError("no volume to make a curve from")
    first, last = int(t.min()), int(t.max())
    whole = range(-(-first // DAY), (last + DAY // bins) // DAY)
    days = whole if len(whole) else range(first // DAY, last // DAY + 1)
    return session_curve(t, volume, [SessionTimes(day * DAY, (day + 1) * DAY) for day in days], bins)
