"""The life of an order is one table. Fills are numbers, pending changes are requests, FIX's words are derived.

Every (state, kind) is exactly one of: a move, a harmless late message (`STALE`), or an error. What a kind does to an
order's numbers and requests is in `penstock.engine.order_life`.
"""

from enum import StrEnum

from penstock.domain.orders import State


class Kind(StrEnum):
    """What can happen to an order."""

    ACCEPT = "accept"
    REJECT = "reject"
    FILL = "fill"
    BUST = "bust"  # an execution is taken back
    CORRECT = "correct"  # an execution gets another quantity or price
    ASK_CANCEL = "ask_cancel"
    CANCEL_PENDING = "cancel_pending"
    REFUSE_CANCEL = "refuse_cancel"
    CANCEL = "cancel"
    ASK_REPLACE = "ask_replace"
    REPLACE_PENDING = "replace_pending"
    REFUSE_REPLACE = "refuse_replace"
    REPLACE = "replace"
    EXPIRE = "expire"
    STOP = "stop"  # the venue guarantees a price
    SUSPEND = "suspend"
    DONE_FOR_DAY = "done_for_day"
    RESTATE = "restate"  # renewed for a new day, resumed, or changed by a corporate action


STAY = frozenset({
    Kind.ASK_CANCEL, Kind.CANCEL_PENDING, Kind.REFUSE_CANCEL, Kind.ASK_REPLACE, Kind.REPLACE_PENDING,
    Kind.REFUSE_REPLACE,
})  # fmt: skip
TRADES = frozenset({Kind.FILL, Kind.BUST, Kind.CORRECT})
ENDS = {Kind.CANCEL: State.CANCELED, Kind.EXPIRE: State.EXPIRED}


def staying(state: State, kinds: frozenset[Kind]) -> dict[Kind, State]:
    return dict.fromkeys(kinds, state)


MOVES: dict[State, dict[Kind, State]] = {
    State.PENDING_NEW: {
        **staying(State.PENDING_NEW, STAY),  # a request may cross the acknowledgement
        Kind.ACCEPT: State.LIVE,
        Kind.REJECT: State.REJECTED,
        Kind.FILL: State.LIVE,  # the acknowledgement was lost or comes later
        Kind.REPLACE: State.LIVE,
        Kind.STOP: State.STOPPED,
        Kind.SUSPEND: State.SUSPENDED,
        Kind.DONE_FOR_DAY: State.DONE_FOR_DAY,  # the acknowledgement was lost
        Kind.RESTATE: State.LIVE,
        **ENDS,  # by the venue itself: an IOC, a post-only that would cross
    },
    State.LIVE: {
        **staying(State.LIVE, STAY | TRADES),
        Kind.REPLACE: State.LIVE,
        Kind.STOP: State.STOPPED,
        Kind.SUSPEND: State.SUSPENDED,
        Kind.DONE_FOR_DAY: State.DONE_FOR_DAY,
        Kind.RESTATE: State.LIVE,
        **ENDS,
    },
    State.STOPPED: {
        **staying(State.STOPPED, STAY | frozenset({Kind.BUST, Kind.CORRECT})),
        Kind.FILL: State.LIVE,  # the guarantee is kept
        Kind.REPLACE: State.LIVE,
        Kind.SUSPEND: State.SUSPENDED,
        Kind.DONE_FOR_DAY: State.DONE_FOR_DAY,
        Kind.RESTATE: State.LIVE,
        **ENDS,
    },
    State.SUSPENDED: {
        **staying(State.SUSPENDED, STAY | TRADES),  # a fill from before the suspension
        Kind.ACCEPT: State.LIVE,  # reinstated
        Kind.REPLACE: State.SUSPENDED,
        Kind.RESTATE: State.LIVE,
        Kind.DONE_FOR_DAY: State.DONE_FOR_DAY,
        **ENDS,
    },
    State.DONE_FOR_DAY: {
        **staying(State.DONE_FOR_DAY, STAY | TRADES),
        Kind.REPLACE: State.DONE_FOR_DAY,
        Kind.RESTATE: State.LIVE,  # a new day
        **ENDS,
    },
    # Money moved: a late fill is always counted, a late correction too, and the order stays what it was.
    State.CANCELED: staying(State.CANCELED, TRADES),
    State.EXPIRED: staying(State.EXPIRED, TRADES),
    State.REJECTED: staying(State.REJECTED, TRADES),
}

LATE = frozenset({
    Kind.ACCEPT, Kind.CANCEL_PENDING, Kind.REFUSE_CANCEL, Kind.CANCEL, Kind.REPLACE_PENDING, Kind.REFUSE_REPLACE,
    Kind.REPLACE, Kind.EXPIRE, Kind.DONE_FOR_DAY, Kind.SUSPEND, Kind.STOP,
})  # fmt: skip
STALE: dict[State, frozenset[Kind]] = {
    State.PENDING_NEW: frozenset(),
    State.LIVE: frozenset({Kind.ACCEPT}),
    State.STOPPED: frozenset({Kind.ACCEPT, Kind.STOP}),
    State.SUSPENDED: frozenset({Kind.SUSPEND, Kind.STOP}),
    State.DONE_FOR_DAY: frozenset({Kind.ACCEPT, Kind.STOP, Kind.SUSPEND, Kind.DONE_FOR_DAY}),
    State.CANCELED: LATE,
    State.EXPIRED: LATE,
    State.REJECTED: LATE | {Kind.REJECT},
}


def next_state(state: State, kind: Kind) -> State | None:
    """Where `kind` leads from `state`; None for a late message that changes nothing.

    Raises:
        IllegalMove: the table knows no such thing.
    """
    after = MOVES[state].get(kind)
    if after is None and kind not in STALE[state]:
        raise IllegalMove(f"{kind} in state {state}")
    return after


class IllegalMove(Exception):
    """A report that no order in this state can have."""
