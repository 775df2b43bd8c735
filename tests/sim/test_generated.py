"""The generated market: repeatable, recognisably a market, and not indifferent to us."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.domain.errors import BadInput
from penstock.domain.time import MILLISECOND, MINUTE, SECOND
from penstock.sim import generated
from penstock.sim.book import NONE
from penstock.sim.fair_price import FairPrice
from penstock.sim.generated import GeneratedMarket
from penstock.sim.ladder import ORDERS
from penstock.sim.market_profile import MarketProfile
from penstock.sim.synthetic import ACME, BTC, ETH, GLOBEX, LISTINGS, START_NS, synthetic_markets

SEEDS = (1, 2, 3)
PROFILES = [pytest.param(p, id=p.instrument.symbol) for p in (BTC, ETH, ACME, GLOBEX)]


def pair(profile: MarketProfile, seed: int, minutes: int = 60) -> list[GeneratedMarket]:
    """Both venues of a symbol of the synthetic market."""
    fair = FairPrice(profile, seed, START_NS, minutes)
    shares = dict(next(listing for known, listing in LISTINGS if known is profile))
    return [GeneratedMarket(fair, venue, seed=seed, share=share) for venue, share in shares.items()]


def everything(book: GeneratedMarket) -> tuple[object, ...]:
    """All that can be seen of a book, to the last resting order."""
    return (book.touch(), book.depth(10_000), book.traded(), book.next_ts(), book.ladder.orders.tobytes())


def mid(book: GeneratedMarket) -> float:
    touch = book.touch()
    return (touch.bid + touch.ask) / 2


def buy_now(book: GeneratedMarket, lots: int) -> int:
    """Take that much at once; the lots we got."""
    book.submit(1, 1, NONE, lots, immediate=True, post_only=False)
    return sum(fill.lots for fill in book.take_fills())


def quotes_each_second(book: GeneratedMarket) -> np.ndarray:
    """Bid, its lots, ask, its lots at every second of the market; shape (seconds, 4)."""
    rows = []
    for ts in range(book.start_ns, book.end_ns, SECOND):
        book.advance(ts)
        rows.append(book.touch()[1:])
    return np.array(rows, float)


def trade_signs(book: GeneratedMarket) -> np.ndarray:
    """+1 for each trade above the mid before it, −1 below."""
    signs = []
    lots, value = book.traded()
    before = mid(book)
    while book.next_ts() <= book.end_ns:
        book.advance(book.next_ts())
        now_lots, now_value = book.traded()
        if now_lots > lots:
            signs.append(np.sign((now_value - value) / (now_lots - lots) - before))
        lots, value, before = now_lots, now_value, mid(book)
    return np.array(signs)


def test_one_seed_is_one_market_and_another_seed_another() -> None:
    def play(seed: int) -> list[tuple[object, ...]]:
        market = synthetic_markets(seed, minutes=5)
        for book in market.books:
            book.advance(market.end_ns)
        return [(book.touch(), book.depth(50), book.traded()) for book in market.books]

    first, again, other = play(7), play(7), play(8)
    assert first == again
    assert all(one != another for one, another in zip(first, other, strict=True))


def test_a_longer_market_begins_like_a_shorter_one() -> None:
    short, long = pair(ACME, 1, minutes=2)[0], pair(ACME, 1, minutes=9)[0]
    short.advance(short.end_ns - SECOND)
    long.advance(short.end_ns - SECOND)
    assert everything(short)[:3] == everything(long)[:3]


@settings(max_examples=15, deadline=None)
@given(stops=st.lists(st.integers(0, 30 * SECOND), max_size=30), seed=st.integers(0, 3))
def test_where_advance_stops_changes_nothing(stops: list[int], seed: int) -> None:
    straight = pair(BTC, seed, minutes=1)[0]
    straight.advance(START_NS + 30 * SECOND)
    halting, neighbour = pair(BTC, seed, minutes=1)
    for stop in sorted(stops):
        halting.advance(START_NS + stop)
        neighbour.advance(START_NS + stop // 2)
    halting.advance(START_NS + 30 * SECOND)
    assert everything(straight) == everything(halting)


def test_the_same_orders_give_the_same_market() -> None:
    def play() -> tuple[object, ...]:
        book, neighbour = pair(ETH, 5, minutes=2)
        fills = []
        for number in range(1, 40):
            book.advance(book.now + SECOND)
            neighbour.advance(book.now)
            touch = book.touch()
            book.submit(2 * number, 1, touch.bid, 50, immediate=False, post_only=True)
            book.submit(2 * number + 1, -1, touch.bid - 3, 200, immediate=True, post_only=False)
            book.cancel(2 * number - 6)
            fills += book.take_fills()
        return fills, everything(book), everything(neighbour)

    assert play() == play()


def test_next_ts_is_the_time_of_the_next_event_and_lies_beyond_the_end_after_the_last() -> None:
    book = pair(GLOBEX, 1, minutes=1)[0]
    before = book.start_ns
    while (ts := book.next_ts()) <= book.end_ns:
        assert ts > before
        seen = everything(book)
        book.advance(ts - 1)
        assert everything(book) == seen
        book.advance(ts)
        assert book.touch().ts == ts
        before = ts
    assert book.advance(book.end_ns + MINUTE) == book.end_ns + MINUTE
    assert book.next_ts() > book.end_ns


@pytest.mark.parametrize("profile", PROFILES)
def test_spread_depth_and_volatility_are_as_configured(profile: MarketProfile) -> None:
    spreads, touches, variances = [], [], []
    for seed in SEEDS:
        for book in pair(profile, seed):
            quotes = quotes_each_second(book)
            mids = (quotes[:, 0] + quotes[:, 2]) / 2
            pace = FairPrice(profile, seed, START_NS, 60).pace.mean()
            spreads.append((quotes[:, 2] - quotes[:, 0]).mean())
            touches.append(quotes[:, [1, 3]].mean())
            variances.append(np.diff(np.log(mids[::60])).var() * profile.day_s / 60 / pace)
    assert 0.8 < np.mean(spreads) / profile.spread_ticks < 1.25
    assert 0.5 < np.mean(touches) / profile.touch_lots < 1.5
    assert 0.65 < np.mean(variances) ** 0.5 / profile.daily_volatility < 1.5


def test_a_day_trades_its_volume_in_a_u_shape() -> None:
    for seed in SEEDS:
        volumes = []
        for book in pair(ACME, seed, minutes=390):
            sums = [0]
            for half_hour in range(13):
                book.advance(START_NS + (half_hour + 1) * 30 * MINUTE)
                sums.append(book.traded()[0])
            volumes.append(np.diff(sums))
        day = np.sum(volumes, axis=0)
        assert 0.8 < day.sum() / ACME.adv_lots < 1.25
        assert day[0] > 1.5 * day[5:8].mean()
        assert day[-1] > 1.5 * day[5:8].mean()


def test_trades_come_in_clusters_and_their_signs_persist() -> None:
    for seed in SEEDS:
        signs = trade_signs(pair(ACME, seed, minutes=30)[0])
        signs = signs - signs.mean()
        assert all((signs[lag:] * signs[:-lag]).mean() > 0.03 for lag in (1, 2, 5))
    counts = []
    book = pair(ACME, 1, minutes=30)[0]
    seen = 0
    for ts in range(book.start_ns + 10 * MINUTE, book.start_ns + 30 * MINUTE, SECOND):
        events = 0
        while book.next_ts() <= ts:
            book.advance(book.next_ts())
            events += book.traded()[0] > seen
            seen = book.traded()[0]
        counts.append(events)
    counts = counts[1:]
    assert np.var(counts) > 1.5 * np.mean(counts)  # a Poisson stream has them equal


def test_depth_grows_away_from_a_touch_of_large_ticks() -> None:
    book = pair(ACME, 2, minutes=30)[0]
    levels = []
    for ts in range(book.start_ns, book.end_ns, SECOND):
        book.advance(ts)
        levels.append([lots for _, lots in book.depth(10)[0]])
    profile = np.mean(levels, axis=0)
    assert profile[1] > profile[0]
    assert profile[9] > 1.5 * profile[0]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_venues_of_a_symbol_are_rarely_crossed_and_never_for_long(profile: MarketProfile) -> None:
    one, other = (quotes_each_second(book) for book in pair(profile, 1))
    crossed = (one[:, 0] > other[:, 2]) | (other[:, 0] > one[:, 2])
    assert crossed.mean() < 0.03
    assert not any(crossed[i : i + 4].all() for i in range(len(crossed)))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 50), data=st.data())
def test_no_book_is_ever_crossed_whatever_we_do(seed: int, data: st.DataObject) -> None:
    book = pair(data.draw(st.sampled_from([BTC, ACME, GLOBEX])), seed, minutes=2)[0]
    sign = data.draw(st.sampled_from([1, -1]))
    for number in range(1, 60):
        for _ in range(10):
            book.advance(book.next_ts())
            touch = book.touch()
            assert NONE in (touch.bid, touch.ask) or touch.bid < touch.ask
        kind = data.draw(st.integers(0, 3))
        if kind == 0:
            book.submit(number, sign, NONE, data.draw(st.integers(1, 5000)), immediate=True, post_only=False)
        elif kind == 1 and (best := book.touch().bid if sign > 0 else book.touch().ask) != NONE:
            price = best + data.draw(st.integers(-30, 30))
            book.submit(number, sign, price, data.draw(st.integers(1, 5000)), immediate=False, post_only=False)
        elif kind == 2:
            book.cancel(number - 1)


def test_a_large_buy_moves_every_venue_and_the_price_recovers_in_part() -> None:
    at, lots = START_NS + 2 * MINUTE, 30_000
    moves = {delay: [] for delay in (0, 10, 1500)}
    elsewhere = []
    for seed in SEEDS:
        moved, without = pair(ACME, seed), pair(ACME, seed)
        for book in (*moved, *without):
            book.advance(at)
        assert buy_now(moved[0], lots) == lots
        for delay, found in moves.items():
            for book in (*moved, *without):
                book.advance(at + delay * SECOND)
            found.append((mid(moved[0]) / mid(without[0]) - 1) * 1e4)
            if delay == 10:
                elsewhere.append((mid(moved[1]) / mid(without[1]) - 1) * 1e4)
    soon, late = np.mean(moves[10]), np.mean(moves[1500])
    law = ACME.impact * ACME.daily_volatility * (lots / ACME.adv_lots) ** 0.5 * 1e4
    assert np.mean(moves[0]) > 0.6 * law
    assert 0.7 * law < soon < 1.3 * law
    assert abs(np.mean(elsewhere) - soon) < 0.2 * soon
    assert 0.25 * soon < late < 0.7 * soon  # a part stays, and a part does not


def test_twice_the_quantity_moves_the_price_by_less_than_twice() -> None:
    def move(lots: int) -> float:
        shifts = []
        for seed in SEEDS:
            moved, without = pair(BTC, seed)[0], pair(BTC, seed)[0]
            for book in (moved, without):
                book.advance(START_NS + MINUTE)
            assert buy_now(moved, lots) == lots
            for book in (moved, without):
                book.advance(START_NS + MINUTE + 5 * SECOND)
            shifts.append(mid(moved) - mid(without))
        return float(np.mean(shifts))

    small, large = move(20_000), move(80_000)
    assert 1.5 * small < large < 2.8 * small


def test_what_we_took_is_gone_and_comes_back_within_seconds() -> None:
    def displayed(book: GeneratedMarket) -> int:
        return sum(lots for _, lots in book.depth(5)[1])

    left, back = [], []
    for seed in range(8):
        book = pair(ACME, seed)[0]
        book.advance(START_NS + MINUTE)
        wanted = displayed(book)
        price = book.depth(5)[1][-1][0]
        book.submit(1, 1, price, wanted, immediate=True, post_only=False)
        assert sum(fill.lots for fill in book.take_fills()) == wanted
        left.append(sum(lots for ticks, lots in book.depth(5)[1] if ticks <= price) / wanted)
        book.advance(book.now + 5 * SECOND)
        back.append(displayed(book) / wanted)
    assert max(left) == 0
    assert np.mean(back) > 0.6


def test_an_order_of_ours_waits_its_turn_and_fills_up_to_its_size_and_no_print() -> None:
    book = pair(ACME, 4)[0]
    book.advance(START_NS + MINUTE)
    touch = book.touch()
    lots = 300
    assert book.submit(9, 1, touch.bid, lots, immediate=False, post_only=True) == lots
    printed_at_entry, filled = book.traded()[0], 0
    while filled < lots and book.next_ts() <= book.end_ns:
        before = book.traded()[0]
        reached = book.advance(book.end_ns)
        for fill in book.take_fills():
            assert (fill.order_no, fill.ticks, fill.maker, fill.ts) == (9, touch.bid, True, reached)
            assert fill.lots <= book.traded()[0] - before
            filled += fill.lots
    assert filled == lots
    assert book.traded()[0] - printed_at_entry >= lots
    book.advance(book.end_ns)
    assert book.take_fills() == []
    assert book.cancel(9) == 0


def test_a_bid_left_above_the_market_is_taken_at_once() -> None:
    book = pair(ACME, 6)[0]
    book.advance(START_NS + MINUTE)
    reach = book.touch().ask + 6
    taken_at_once = sum(lots for ticks, lots in book.depth(10)[1] if ticks <= reach)
    book.submit(1, 1, reach, taken_at_once + 2000, immediate=False, post_only=False)
    book.take_fills()
    begun = book.now
    filled = 0
    while filled < 2000 and book.advance(begun + 30 * SECOND) < begun + 30 * SECOND:
        filled += sum(fill.lots for fill in book.take_fills())
    assert filled == 2000


def test_passive_fills_are_followed_by_an_adverse_move() -> None:
    after = []
    for seed in range(6):
        book = pair(ACME, seed)[0]
        number = 0
        while book.now < book.end_ns - MINUTE:
            number += 1
            book.submit(number, 1, book.touch().bid, 100, immediate=False, post_only=True)
            reached = book.advance(book.now + 20 * SECOND)
            if book.take_fills():
                at_fill = mid(book)
                book.advance(reached + 10 * SECOND)
                after.append(mid(book) - at_fill)
            book.cancel(number)
            book.take_fills()
    assert len(after) > 300
    assert np.mean(after) < -0.1  # ticks: the price goes on falling after a resting bid is hit


def test_the_book_grows_when_the_flow_needs_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "ROOM_ORDERS", 300)
    book = pair(ACME, 1, minutes=30)[0]
    assert book.advance(book.end_ns) == book.end_ns
    assert len(book.ladder.orders) > 301
    assert sum(book.ladder.state[ORDERS : ORDERS + 2]) > 300


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", 0),
        ("adv", -1),
        ("daily_volatility", 0.0),
        ("daily_volatility", float("nan")),
        ("spread", ACME.spread / 10),
        ("touch_quantity", ACME.touch_quantity / 10_000),
        ("permanent_share", 1.5),
        ("impact", -0.1),
    ],
)
def test_a_profile_that_no_market_can_have_is_refused(field: str, value: object) -> None:
    with pytest.raises(BadInput, match=field):
        msgspec.convert(msgspec.to_builtins(ACME) | {field: value}, MarketProfile)


def test_the_synthetic_market_is_one_day_of_four_symbols_on_two_venues_each() -> None:
    market = synthetic_markets(1)
    listed = {(book.venue, book.instrument.symbol) for book in market.books}
    assert len(listed) == 8
    assert {venue for venue, _ in listed} == {venue.name for venue in market.venues}
    assert {symbol for _, symbol in listed} == set(market.profiles) == {i.symbol for i in market.instruments}
    for book in market.books:
        assert (book.start_ns, book.end_ns) == (market.start_ns, market.end_ns)
        assert market.end_ns - market.start_ns == 390 * MINUTE
        bids, asks = book.depth(5)
        assert len(bids) == len(asks) == 5
        assert market.start_ns < book.next_ts() < market.start_ns + 5000 * MILLISECOND
    with pytest.raises(BadInput, match="minutes"):
        synthetic_markets(1, minutes=391)
