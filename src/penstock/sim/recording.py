"""A recording made replayable: its tape of explicit events, and the proof that the tape gives the recorded book."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.market import lobster
from penstock.market.lobster import CANCELLED, DELETED, EXECUTED, EXECUTED_HIDDEN, NEW, Recording
from penstock.market.tape import ADD, UNKNOWN, Tape, empty_tape, head
from penstock.sim import recording_kernel as kernels
from penstock.sim.ladder import Ladder, grown, new_ladder, room
from penstock.sim.recording_kernel import Messages, Pass
from penstock.sim.replay_kernel import compare_rows


class BookCheck(NamedTuple):
    """How the recorded messages and the recorded book agree. Counts are of levels unless they say otherwise.

    A level *enters* when it was outside the recorded window just before: what happened to it there was not
    recorded, so taking it from the row is no error. Everything from `added_inside` on should be zero.
    """

    messages: int
    rows: int  # recorded book rows; 0 if there is no book file
    rows_equal: int  # rows that the messages alone explain
    rows_replayed: int  # rows equal to the book when the finished tape is replayed
    entered_added: int  # levels that enter with more than was known
    entered_reduced: int  # levels that enter with less
    entered_gone: int  # levels that should enter and are no longer there
    swapped: int  # orders that left unseen while others of the same size came in their place
    added_inside: int
    reduced_inside: int
    gone_inside: int
    unexplained_lots: int  # lots cancelled or executed that no known order had
    crossed: int  # messages after which bid >= ask

    @property
    def sound(self) -> bool:
        """Whether the tape gives the recorded book at every message, without a correction inside the window."""
        inside = self.added_inside + self.reduced_inside + self.gone_inside
        return self.rows_replayed == self.rows and inside + self.unexplained_lots + self.crossed == 0


def check_book(path: Path) -> BookCheck:
    """Build the book of a LOBSTER recording and hold it against the recorded rows.

    Raises:
        BadInput: the files break a rule of the format.
    """
    recording = lobster.load(path)
    tape, check = explicit_tape(recording)
    if recording.rows is None:
        return check
    ladder, slots = empty_book(tape)
    return check._replace(rows_replayed=compare_rows(ladder, tape, slots, recording.rows))


def explicit_tape(recording: Recording) -> tuple[Tape, BookCheck]:
    """Turn a recording into a tape that needs no rows; the check's `rows_replayed` is left at 0."""
    messages = _messages(recording)
    events = 2 * len(recording.ts) + 1024
    work = _play(recording, messages, events)
    if work.counts[kernels.EVENTS] > events:
        work = _play(recording, messages, int(work.counts[kernels.EVENTS]))
    count = work.counts.tolist()
    check = BookCheck(
        messages=len(recording.ts),
        rows=0 if recording.rows is None else len(recording.rows),
        rows_equal=count[kernels.ROWS_EQUAL],
        rows_replayed=0,
        entered_added=count[kernels.ADDED],
        entered_reduced=count[kernels.REDUCED],
        entered_gone=count[kernels.GONE],
        swapped=count[kernels.SWAPPED],
        added_inside=count[kernels.ADDED + 1],
        reduced_inside=count[kernels.REDUCED + 1],
        gone_inside=count[kernels.GONE + 1],
        unexplained_lots=count[kernels.UNEXPLAINED_LOTS],
        crossed=count[kernels.CROSSED],
    )
    return head(work.tape, count[kernels.EVENTS]), check


def empty_book(tape: Tape) -> tuple[Ladder, NDArray[np.int32]]:
    """Make a ladder that holds everything on the tape, and the table of each order's slot."""
    adds = tape.kind == ADD
    ticks = tape.ticks[adds]
    low, high = (int(ticks.min()), int(ticks.max())) if len(ticks) else (0, 0)
    ladder = new_ladder(low, high, orders=int(adds.sum()) + 1024)
    return ladder, np.zeros(int(tape.order.max(initial=0)) + 1, np.int32)


def _messages(recording: Recording) -> Messages:
    """Number the orders densely, and find those that are named without ever having been announced."""
    kind = recording.type
    displayed = np.isin(kind, (NEW, CANCELLED, DELETED, EXECUTED))
    ids, order = np.unique(recording.order_id[displayed], return_inverse=True)
    dense = np.full(len(kind), UNKNOWN, np.int32)
    dense[displayed] = order
    last = np.zeros(len(ids), np.int32)
    last[order] = np.flatnonzero(displayed)  # of repeated indices numpy keeps the last
    unseen = np.zeros(len(ids), np.int64)
    if recording.rows is None:
        np.add.at(unseen, order, recording.lots[displayed])
        unseen[dense[kind == NEW]] = 0
    rows = np.empty((0, 0, 4), np.int32) if recording.rows is None else recording.rows
    return Messages(recording.ts, kind, dense, recording.sign, recording.ticks, recording.lots, last, unseen, rows)


def _play(recording: Recording, messages: Messages, events: int) -> Pass:
    """Run the pass once, with room for so many events."""
    displayed = messages.ticks[messages.order != UNKNOWN]
    prices = np.concatenate([displayed, *(_row_prices(messages.rows, column) for column in (0, 2))])
    low, high = (int(prices.min()), int(prices.max())) if len(prices) else (0, 0)
    counts = np.zeros(kernels.COUNTS, np.int64)
    counts[kernels.ORDERS] = len(messages.last)
    slots = np.zeros(len(messages.last), np.int32)
    work = Pass(new_ladder(low, high, orders=4096), slots, empty_tape(events), counts)
    messages = messages._replace(unseen=messages.unseen.copy())
    for order, sign, ticks, lots in _resting_at_start(messages):
        if room(work.ladder) == 0:
            work = work._replace(ladder=grown(work.ladder))
        kernels.add(work, recording.start_ns, -1, order, sign, ticks, lots)
    played = kernels.play_recording(work, messages, 0)
    while played < len(messages.ts):
        work = work._replace(ladder=grown(work.ladder))
        played = kernels.play_recording(work, messages, played)
    return work


def _row_prices(rows: NDArray[np.int32], column: int) -> NDArray[np.int32]:
    prices: NDArray[np.int32] = rows[..., column][rows[..., column + 1] > 0]
    return prices


def _resting_at_start(messages: Messages) -> list[tuple[int, int, int, int]]:
    """Say what rested before the first message: (order, sign, ticks, lots), oldest first."""
    if len(messages.rows):
        return [(UNKNOWN, *level) for level in _levels_before(messages)]
    return _named_later(messages)


def _levels_before(messages: Messages) -> list[tuple[int, int, int]]:
    """Take the first message back out of the first row: (sign, ticks, lots) of each level before it."""
    book: dict[tuple[int, int], int] = {}
    for ask, ask_lots, bid, bid_lots in messages.rows[0].tolist():
        book[1, bid], book[-1, ask] = bid_lots, ask_lots
    level = int(messages.sign[0]), int(messages.ticks[0])
    lots, kind = int(messages.lots[0]), messages.type[0]
    if kind == NEW:
        book[level] = book.get(level, lots) - lots
    elif kind in (CANCELLED, DELETED, EXECUTED):
        book[level] = book.get(level, 0) + lots
    return [(sign, ticks, lots) for (sign, ticks), lots in book.items() if lots > 0]


def _named_later(messages: Messages) -> list[tuple[int, int, int, int]]:
    """Find the orders never announced that can have rested at the start: on their side of the first print."""
    prints = np.flatnonzero(np.isin(messages.type, (EXECUTED, EXECUTED_HIDDEN)))
    if len(prints) == 0:
        return []
    first, first_sign = int(messages.ticks[prints[0]]), int(messages.sign[prints[0]])
    found: dict[int, tuple[int, int, int, int]] = {}
    for k in np.flatnonzero(messages.order != UNKNOWN):
        order, sign, ticks = int(messages.order[k]), int(messages.sign[k]), int(messages.ticks[k])
        behind = (first - ticks) * sign
        if messages.unseen[order] > 0 and (behind > 0 or (behind == 0 and sign == first_sign)):
            found.setdefault(order, (order, sign, ticks, int(messages.unseen[order])))
    return list(found.values())
