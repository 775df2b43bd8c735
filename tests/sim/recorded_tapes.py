"""Made-up recordings for tests: tapes written down event by event, and such as a price-time exchange makes."""

import numpy as np
from hypothesis import strategies as st

from penstock.market.tape import ADD, CANCEL, DELETE, EXECUTE, HIDDEN, UNKNOWN, Tape
from penstock.sim.ladder import MARKET
from penstock.sim.plain_book import PlainBook

Event = tuple[int, int, int, int, int]  # kind, order, sign, ticks, lots


def tape_of(events: list[Event]) -> Tape:
    """One event a nanosecond, from 1 on."""
    columns = np.array(events, np.int64).reshape(-1, 5).T
    kind, order, sign, ticks, lots = columns
    numbers = np.arange(len(events))
    return Tape(
        ts=numbers + 1,
        kind=kind.astype(np.int8),
        order=order.astype(np.int32),
        sign=sign.astype(np.int8),
        ticks=ticks.astype(np.int32),
        lots=lots.astype(np.int32),
        message=numbers.astype(np.int32),
    )


def recorded_sessions() -> st.SearchStrategy[list[Event]]:
    """Recordings that a price-time exchange could have made."""
    step = st.tuples(
        st.sampled_from([ADD, ADD, ADD, CANCEL, DELETE, EXECUTE, EXECUTE, HIDDEN]),
        st.sampled_from([1, -1]),
        st.integers(0, 30),
        st.integers(1, 9),
    )
    return st.lists(step, min_size=5, max_size=80).map(played_by_an_exchange)


def played_by_an_exchange(steps: list[tuple[int, int, int, int]]) -> list[Event]:
    book, events = PlainBook(), []
    for kind, sign, pick, lots in steps:
        queue = book.queue(sign)
        opposite = book.queue(-sign)
        if kind == ADD:
            touch = opposite[0].ticks if opposite else 100 + 3 * sign
            key, ticks = len(events), touch - sign * (1 + pick % 5)
            book.rest(sign, ticks, lots, MARKET, key)
            events.append((ADD, key, sign, ticks, lots))
        elif queue:
            order = queue[0] if kind in (EXECUTE, HIDDEN) else queue[pick % len(queue)]
            key, ticks = order.key, order.ticks
            if kind == HIDDEN:
                events.append((HIDDEN, UNKNOWN, sign, ticks + sign, lots))
            else:
                taken = book.reduce(order, order.lots if kind == DELETE else lots)
                events.append((kind, key, sign, ticks, taken))
    return events
