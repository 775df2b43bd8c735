"""A recording shows only the best levels; the tape made from it still gives the recorded book at every message."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.market import tape as events
from penstock.market.lobster import (
    CANCELLED,
    DELETED,
    EXECUTED,
    NEW,
    Recording,
    load,
)
from penstock.sim.recording import BookCheck, check_book, empty_book, explicit_tape
from penstock.sim.replay_kernel import compare_rows

NAME = "ABC_2012-06-21_34200000_57600000_{}_{}.csv"
AMZN = Path("lobster") / "LOBSTER_SampleFile_AMZN_2012-06-21_5.zip"
AAPL = Path("lobster") / "AAPL_2012-06-21_34200000_37800000_message_50.csv.zst"


@dataclass
class Order:
    order_id: int
    sign: int
    ticks: int
    lots: int


@dataclass
class Exchange:
    """A whole book, of which a recorder writes down the best `levels` as LOBSTER does."""

    levels: int
    orders: list[Order] = field(default_factory=list)
    messages: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)
    ids: int = 0

    def side(self, sign: int) -> list[tuple[int, int]]:
        lots: dict[int, int] = {}
        for order in self.orders:
            if order.sign == sign:
                lots[order.ticks] = lots.get(order.ticks, 0) + order.lots
        return sorted(lots.items(), reverse=sign > 0)[: self.levels]

    def row(self) -> list[int]:
        sides = [self.side(sign) for sign in (-1, 1)]
        asks, bids = (side + [(0, 0)] * (self.levels - len(side)) for side in sides)
        return [number for ask, bid in zip(asks, bids, strict=True) for number in (*ask, *bid)]

    def record(self, kind: int, order: Order, lots: int, before: list[int]) -> None:
        """Write a message if it changes what the recorder sees."""
        if (row := self.row()) != before:
            self.messages.append((kind, order.order_id, order.sign, order.ticks, lots))
            self.rows.append(row)

    def new(self, sign: int, distance: int, lots: int) -> None:
        before = self.row()
        opposite = self.side(-sign)
        touch = opposite[0][0] if opposite else 100 + 5 * sign
        self.ids += 1
        self.orders.append(Order(self.ids, sign, touch - sign * distance, lots))
        self.record(NEW, self.orders[-1], lots, before)

    def reduce(self, kind: int, pick: int, lots: int) -> None:
        if not self.orders:
            return
        before = self.row()
        order = self.orders[pick % len(self.orders)]
        if kind == EXECUTED:
            same_side = [other for other in self.orders if other.sign == order.sign]
            order = max(same_side, key=lambda other: other.sign * other.ticks)
        taken = order.lots if kind == DELETED else min(lots, order.lots)
        if kind == CANCELLED and taken == order.lots:
            kind = DELETED
        order.lots -= taken
        if order.lots == 0:
            self.orders.remove(order)
        self.record(kind, order, taken, before)

    def recording(self, path: Path) -> Recording:
        """Publish what was written down since the last call, and read it back."""
        text = "\n".join(
            f"{34201 + k},{kind},{order_id},{lots},{ticks * 100},{sign}"
            for k, (kind, order_id, sign, ticks, lots) in enumerate(self.messages)
        )
        rows = [
            [(number * 100 if k % 2 == 0 and number else number) for k, number in enumerate(row)] for row in self.rows
        ]
        absent = [9_999_999_999, 0, -9_999_999_999, 0]
        for row in rows:
            for k in range(0, len(row), 2):
                if row[k] == 0:
                    row[k] = absent[k % 4]
        (path / NAME.format("message", self.levels)).write_text(text + "\n")
        (path / NAME.format("orderbook", self.levels)).write_text(
            "\n".join(",".join(map(str, row)) for row in rows) + "\n"
        )
        return load(path)


def replayed(recording: Recording) -> BookCheck:
    tape, check = explicit_tape(recording)
    assert recording.rows is not None
    ladder, slots = empty_book(tape)
    return check._replace(rows_replayed=compare_rows(ladder, tape, slots, recording.rows))


SIGN = st.sampled_from([1, -1])
STEP = st.one_of(
    st.tuples(st.just(NEW), SIGN, st.integers(1, 12), st.integers(1, 5)),
    st.tuples(st.just(NEW), SIGN, st.integers(1, 12), st.integers(1, 5)),
    st.tuples(st.sampled_from([CANCELLED, DELETED, EXECUTED]), st.integers(0, 99), st.integers(1, 5)),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(STEP, min_size=20, max_size=120), st.integers(0, 40), st.integers(1, 3))
def test_the_tape_gives_the_recorded_book_at_every_message(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple], unrecorded: int, levels: int
):
    exchange = Exchange(levels)
    for k, (kind, *arguments) in enumerate(steps):
        if k == unrecorded:  # the session starts: what came before is not written down
            exchange.messages.clear()
            exchange.rows.clear()
        exchange.new(*arguments) if kind == NEW else exchange.reduce(kind, *arguments)
    if not exchange.messages:
        return
    check = replayed(exchange.recording(tmp_path_factory.mktemp("lobster")))
    assert check.rows == check.rows_replayed == len(exchange.messages)
    assert check.sound, check


def test_a_level_that_enters_the_window_joins_as_an_anonymous_order(tmp_path: Path):
    exchange = Exchange(levels=1)
    exchange.new(1, 5, 10)
    exchange.new(1, 6, 30)  # second level: never announced
    exchange.new(-1, 9, 1)
    exchange.reduce(DELETED, 0, 0)
    tape, check = explicit_tape(exchange.recording(tmp_path))
    entered = np.flatnonzero(tape.kind == events.ADD)[-1]
    assert (tape.lots[entered], tape.message[entered]) == (30, 2)
    assert (check.entered_added, check.rows_equal) == (1, 2)
    assert check.added_inside == 0


def test_an_execution_of_an_order_never_announced_takes_the_oldest_anonymous_lots(tmp_path: Path):
    exchange = Exchange(levels=2)
    exchange.new(1, 5, 10)
    exchange.new(-1, 9, 1)
    exchange.messages.clear()
    exchange.rows.clear()
    exchange.new(-1, 9, 1)
    exchange.reduce(EXECUTED, 0, 4)
    recording = exchange.recording(tmp_path)
    tape, _ = explicit_tape(recording)
    printed = tape.kind == events.EXECUTE
    seeded = (tape.message == -1) & (tape.sign > 0)
    assert tape.order[printed].tolist() == tape.order[seeded].tolist()
    assert tape.lots[printed].tolist() == [4]
    assert replayed(recording).sound


def write(path: Path, *messages: str) -> Recording:
    target = path / NAME.format("message", 50)
    target.write_text("\n".join(messages) + "\n")
    return load(target)


def test_without_rows_an_order_named_later_rests_from_the_start(tmp_path: Path):
    recording = write(
        tmp_path,
        "34201,1,1,10,1000000,1",
        "34202,4,7,5,1001000,-1",  # 7 was never announced
        "34203,3,7,20,1001000,-1",
    )
    tape, check = explicit_tape(recording)
    assert (tape.ts[0], tape.kind[0], tape.lots[0], tape.ticks[0]) == (recording.start_ns, events.ADD, 25, 10010)
    assert tape.kind.tolist() == [events.ADD, events.ADD, events.EXECUTE, events.DELETE]
    assert check.unexplained_lots == 0


def test_without_rows_an_order_that_the_market_traded_through_joins_just_before_it_is_named(tmp_path: Path):
    recording = write(
        tmp_path,
        "34201,1,1,10,1000000,-1",
        "34202,4,1,10,1000000,-1",
        "34203,3,7,20,1001000,1",  # a bid above the first print
    )
    tape, check = explicit_tape(recording)
    assert tape.kind.tolist() == [events.ADD, events.EXECUTE, events.ADD, events.DELETE]
    assert tape.message.tolist() == [0, 1, 2, 2]
    assert check.crossed == check.unexplained_lots == 0


def test_lots_that_no_order_had_are_counted(tmp_path: Path):
    recording = write(tmp_path, "34201,1,1,10,1000000,-1", "34202,2,1,15,1000000,-1")
    assert explicit_tape(recording)[1].unexplained_lots == 5


def test_the_book_of_a_recorded_day_is_the_recorded_one_at_every_message(data_dir: Path):
    check = check_book(data_dir / AMZN)
    assert check.messages == check.rows == check.rows_replayed == 155_935
    assert check.sound
    assert check.rows_equal == 143_884  # the others need a level that enters the window


def test_fifty_recorded_levels_without_rows_never_need_lots_that_are_not_there(data_dir: Path):
    check = check_book(data_dir / AAPL)
    assert (check.messages, check.rows) == (91_997, 0)
    assert check.unexplained_lots == check.crossed == 0
