"""A feed's book is exact or marked unusable, never wrong: streams with messages lost, doubled and reordered."""

import random
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.domain.time import MILLISECOND, SECOND
from penstock.market.binance_feed import Diff, read_feed
from penstock.market.feed_state import FeedLimits, FeedSnapshot, FeedState, FeedUpdate, FeedWatch
from penstock.market.tapes.book import TapeBook
from penstock.market.tapes.faults import Policy
from penstock.market.tapes.schema import Table
from penstock.market.tapes.sources import open_tape

SNAPSHOT = FeedSnapshot(0, 10, [(99, 5), (98, 7)], [(101, 4), (102, 6)])


def update(previous: int, last: int, bids: list[tuple[int, int]] | None = None, ts: int = 1) -> FeedUpdate:
    return FeedUpdate(ts, previous, last, bids or [], [])


def test_no_snapshot_no_book() -> None:
    watch = FeedWatch()
    watch.update(update(8, 9))
    assert watch.state(1) is FeedState.GAP
    assert watch.needs_snapshot


def test_updates_wait_for_the_snapshot_and_those_it_holds_are_dropped() -> None:
    watch = FeedWatch()
    watch.update(update(7, 9, [(99, 1)]))
    watch.update(update(9, 12, [(99, 2)]))
    watch.update(update(12, 13, [(98, 0)]))
    watch.snapshot(SNAPSHOT)
    assert watch.state(1) is FeedState.LIVE
    assert watch.last_id == 13
    assert watch.book.top(1, 9) == [(99, 2)]


def test_a_first_update_that_does_not_reach_back_is_a_gap() -> None:
    watch = FeedWatch()
    watch.snapshot(SNAPSHOT)
    watch.update(update(11, 12))
    assert watch.state(1) is FeedState.GAP
    assert not watch.needs_snapshot


def test_a_reordered_update_heals_by_itself() -> None:
    watch = FeedWatch()
    watch.snapshot(SNAPSHOT)
    watch.update(update(11, 12, [(99, 3)]))
    assert watch.state(1) is FeedState.GAP
    watch.update(update(10, 11, [(99, 8)]))
    assert watch.state(1) is FeedState.LIVE
    assert watch.book.top(1, 1) == [(99, 3)]


def test_a_lost_update_needs_a_snapshot_when_too_many_wait() -> None:
    watch = FeedWatch(FeedLimits(waiting_max=2))
    watch.snapshot(SNAPSHOT)
    for last in (12, 13, 14):
        watch.update(update(last - 1, last))
    assert watch.needs_snapshot
    watch.snapshot(FeedSnapshot(2, 14, [(99, 1)], [(101, 1)]))
    assert watch.state(2) is FeedState.LIVE


def test_silence_is_stale_and_a_heartbeat_is_not_silence() -> None:
    watch = FeedWatch(FeedLimits(stale_ns=SECOND))
    watch.snapshot(SNAPSHOT)
    assert watch.state(SECOND) is FeedState.LIVE
    assert watch.state(SECOND + 1) is FeedState.STALE
    watch.heard(SECOND + 1)
    assert watch.state(SECOND + 2) is FeedState.LIVE


@pytest.mark.parametrize("bid", [101, 102])
def test_a_book_that_crosses_or_locks_is_not_traded_on(bid: int) -> None:
    watch = FeedWatch()
    watch.snapshot(SNAPSHOT)
    watch.update(update(10, 11, [(bid, 1)]))
    assert watch.state(1) is FeedState.CROSSED
    watch.update(update(11, 12, [(bid, 0)]))
    assert watch.state(1) is FeedState.LIVE


def test_a_closed_market_is_closed_whatever_the_book() -> None:
    watch = FeedWatch()
    watch.snapshot(SNAPSHOT)
    watch.session(trades=False)
    assert watch.state(1) is FeedState.CLOSED
    watch.session(trades=True)
    assert watch.state(1) is FeedState.LIVE


def test_a_lost_connection_is_a_gap_until_a_snapshot() -> None:
    watch = FeedWatch()
    watch.snapshot(SNAPSHOT)
    watch.disconnected()
    watch.update(update(10, 11))
    assert watch.state(1) is FeedState.GAP
    watch.snapshot(FeedSnapshot(1, 11, [(99, 1)], [(101, 1)]))
    assert watch.state(1) is FeedState.LIVE


def test_only_live_is_usable() -> None:
    assert [state for state in FeedState if state.usable] == [FeedState.LIVE]


Book = dict[int, dict[int, int]]


def truths(snapshot: FeedSnapshot, updates: list[FeedUpdate]) -> dict[int, list[tuple[int, int]]]:
    """The plain truth: both sides' levels by id of the last update, bids with a minus."""
    book = {-ticks: lots for ticks, lots in snapshot.bids} | dict(snapshot.asks)
    found = {snapshot.last_id: sorted(book.items())}
    for each in updates:
        for sign, levels in ((-1, each.bids), (1, each.asks)):
            for ticks, lots in levels:
                book[sign * ticks] = lots
        book = {ticks: lots for ticks, lots in book.items() if lots}
        found[each.last_id] = sorted(book.items())
    return found


def levels_of(watch: FeedWatch) -> list[tuple[int, int]]:
    asks, bids = watch.book.levels
    return sorted([*((-ticks, lots) for ticks, lots in bids.items()), *asks.items()])


def mangled(updates: list[FeedUpdate], seed: int) -> list[FeedUpdate]:
    """The stream as a bad line would give it: some lost, some twice, some late."""
    rng = random.Random(seed)
    kept = [each for each in updates for _ in range(rng.choices((0, 1, 2), (1, 18, 1))[0])]
    late = sorted(enumerate(kept), key=lambda pair: pair[0] + (rng.random() < 0.1) * rng.randint(1, 5))
    return [each for _, each in late]


def hold(snapshot: FeedSnapshot, updates: list[FeedUpdate], seed: int) -> tuple[int, int]:
    """Play a mangled stream, with a snapshot whenever one is needed; count the live and the unusable states."""
    truth = truths(snapshot, updates)
    watch = FeedWatch(FeedLimits(waiting_max=8))
    watch.snapshot(snapshot)
    heard = snapshot.last_id
    live = unusable = 0
    for each in mangled(updates, seed):
        watch.update(each)
        heard = max(heard, each.last_id)
        if watch.state(each.ts) is FeedState.LIVE:
            live += 1
            assert watch.last_id == heard, "live, but an update that came is not in the book"
            assert levels_of(watch) == truth[heard]
        else:
            unusable += 1
        if watch.needs_snapshot:
            both = truth[heard]
            bids = [(-ticks, lots) for ticks, lots in both if ticks < 0]
            watch.snapshot(FeedSnapshot(each.ts, heard, bids, [level for level in both if level[0] > 0]))
    return live, unusable


@given(
    st.lists(
        st.lists(st.tuples(st.integers(90, 99), st.integers(0, 3)), min_size=1, max_size=3), min_size=5, max_size=40
    ),
    st.integers(0, 10_000),
)
@settings(max_examples=60, deadline=None)
def test_an_invented_feed_is_exact_or_unusable(changes: list[list[tuple[int, int]]], seed: int) -> None:
    updates = [
        FeedUpdate(1, 10 + k, 11 + k, bids, [(ticks + 20, lots) for ticks, lots in bids])
        for k, bids in enumerate(changes)
    ]
    hold(SNAPSHOT, updates, seed)


@pytest.mark.parametrize("seed", range(2))
def test_a_recorded_feed_is_exact_or_unusable(data_dir: Path, seed: int) -> None:
    feed = read_feed(data_dir / "binance_l2" / "spot")

    def whole(pairs: list[tuple[str, str]]) -> list[tuple[int, int]]:
        return [(round(float(price) * 100), round(float(lots) * 1e8)) for price, lots in pairs]

    near = 1  # per cent of the price: levels far away are left out on both sides, to be quick
    middle = float(feed.snapshot.bids[0][0]) * 100

    def close(pairs: list[tuple[str, str]]) -> list[tuple[int, int]]:
        return [level for level in whole(pairs) if abs(level[0] - middle) < middle * near / 100]

    diffs = (each for each in feed.messages if isinstance(each, Diff) and each.last_id > feed.snapshot.last_id)
    chosen = list(islice(diffs, 300))
    snapshot = FeedSnapshot(0, feed.snapshot.last_id, close(feed.snapshot.bids), close(feed.snapshot.asks))
    updates = [
        FeedUpdate(each.sent_ms * MILLISECOND, each.first_id - 1, each.last_id, close(each.bids), close(each.asks))
        for each in chosen
    ]
    live, unusable = hold(snapshot, updates, seed)
    assert live > 60
    assert unusable > 10


def test_a_recorded_feed_that_loses_deletions_is_not_live_while_its_book_crosses(
    data_dir: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a feed has no numbers to tell a loss by; what gives it away is a book that crosses."""
    monkeypatch.setenv("PENSTOCK_CACHE", str(shared_cache))
    events = open_tape(f"bitstamp:{data_dir / 'bitstamp_l3'}", Policy.COUNT).frame(Table.ORDERS)
    book, watch = TapeBook(), FeedWatch()
    watch.snapshot(FeedSnapshot(0, 0, [], []))
    states: Counter[FeedState] = Counter()
    placed: dict[int, int] = {}
    columns = events.head(20_000).select("ts", "kind", "order", "sign", "ticks", "lots")
    for number, (ts, kind, order, sign, ticks, lots) in enumerate(columns.iter_rows()):
        book.apply(kind, order, sign, ticks, lots)
        own = placed.setdefault(order, ticks)  # some events name another price than the order's
        level = [(price, book.levels[sign > 0].get(price, 0)) for price in {ticks, own}]
        bids, asks = (level, []) if sign > 0 else ([], level)
        watch.update(FeedUpdate(ts, number, number + 1, bids, asks))
        touch = book.touch()
        state = watch.state(ts)
        assert (state is FeedState.CROSSED) == (touch.crossed or touch.locked)
        states[state] += 1
    assert states[FeedState.CROSSED] > 100
    assert states[FeedState.LIVE] > 10_000
