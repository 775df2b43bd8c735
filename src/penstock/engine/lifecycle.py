"""The life of an order is one table. Partial and full fill are numbers; FIX's OrdStatus is derived.

Every (state, kind) is exactly one of: a move, a harmless late message (`STALE`), or an error.
"""

from enum import StrEnum

from penstock.domain.orders import State


class Kind(StrEnum):
    """What can happen to an order."""

    ACCEPT = "accept"
    REJECT = "reject"
    FILL = "fill"
    ASK_CANCEL = "ask_cancel"
    REFUSE_CANCEL = "refuse_cancel"
    CANCEL = "cancel"
    ASK_REPLACE = "ask_replace"
    REFUSE_REPLACE = "refuse_replace"
    REPLACE = "replace"
    EXPIRE = "expire"


MOVES: dict[State, dict[Kind, State]] = {
    State.PENDING_NEW: {
        Kind.ACCEPT: State.LIVE,
        Kind.REJECT: State.REJECTED,
        Kind.FILL: State.LIVE,  # the acknowledgement was lost or comes later
        Kind.ASK_CANCEL: State.PENDING_CANCEL,
        Kind.CANCEL: State.CANCELED,  # by the venue itself: an IOC, a post-only that would cross
        Kind.EXPIRE: State.EXPIRED,
    },
    State.LIVE: {
        Kind.FILL: State.LIVE,
        Kind.ASK_CANCEL: State.PENDING_CANCEL,
        Kind.ASK_REPLACE: State.PENDING_REPLACE,
        Kind.REPLACE: State.LIVE,  # by the venue itself, or an answer that the refusal of a later cancel overtook
        Kind.REFUSE_REPLACE: State.LIVE,  # overtaken likewise: what was asked for must be forgotten
        Kind.CANCEL: State.CANCELED,
        Kind.EXPIRE: State.EXPIRED,
    },
    State.PENDING_CANCEL: {
        Kind.ACCEPT: State.PENDING_CANCEL,  # the acknowledgement and our cancel crossed
        Kind.REJECT: State.REJECTED,
        Kind.FILL: State.PENDING_CANCEL,  # the cancel is still on its way
        Kind.REFUSE_CANCEL: State.LIVE,
        Kind.CANCEL: State.CANCELED,
        Kind.REPLACE: State.PENDING_CANCEL,  # an earlier replace won the race
        Kind.REFUSE_REPLACE: State.PENDING_CANCEL,
        Kind.EXPIRE: State.EXPIRED,
    },
    State.PENDING_REPLACE: {
        Kind.FILL: State.PENDING_REPLACE,
        Kind.ASK_CANCEL: State.PENDING_CANCEL,
        Kind.REFUSE_REPLACE: State.LIVE,
        Kind.REPLACE: State.LIVE,
        Kind.CANCEL: State.CANCELED,
        Kind.EXPIRE: State.EXPIRED,
    },
    # Money moved: a late fill is always counted, and the order stays what it was.
    State.CANCELED: {Kind.FILL: State.CANCELED},
    State.EXPIRED: {Kind.FILL: State.EXPIRED},
    State.REJECTED: {Kind.FILL: State.REJECTED},
}

ENDS = frozenset({Kind.ACCEPT, Kind.REFUSE_CANCEL, Kind.CANCEL, Kind.REFUSE_REPLACE, Kind.REPLACE, Kind.EXPIRE})
STALE: dict[State, frozenset[Kind]] = {
    State.PENDING_NEW: frozenset(),
    State.LIVE: frozenset({Kind.ACCEPT, Kind.REFUSE_CANCEL}),
    State.PENDING_CANCEL: frozenset(),
    State.PENDING_REPLACE: frozenset({Kind.ACCEPT, Kind.REFUSE_CANCEL}),
    State.CANCELED: ENDS,
    State.EXPIRED: ENDS,
    State.REJECTED: ENDS | {Kind.REJECT},
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
