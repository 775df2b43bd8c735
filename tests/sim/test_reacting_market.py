"""A recording that answers back: prices move by what we traded, fade, and come back to where they were."""

from pathlib import Path
from random import Random

import pytest
from scripted_book import ASK, BID, ScriptedBook

from penstock.domain.errors import BadInput
from penstock.domain.time import SECOND
from penstock.sim.book import NONE
from penstock.sim.market_file import read_market_file
from penstock.sim.native_orders import NativeOrder
from penstock.sim.reacting_market import ReactingMarket, Reaction
from penstock.sim.sources import open_market

# 1000 ticks · 10 % · 1 = 100 ticks for a day's volume; 50 of 5,000 lots are 1 %: √0.01 · 100 ≈ 10 ticks
LAW = Reaction(adv=5000, daily_volatility=0.1, impact=1.0, permanent_share=0.4, memory_s=100)


def market(reaction: Reaction = LAW, *prints: tuple[int, int]) -> tuple[ScriptedBook, ReactingMarket]:
    inner = ScriptedBook([(at * SECOND, lots) for at, lots in prints])
    return inner, ReactingMarket(inner, reaction)


def play(book: ReactingMarket, until_s: int) -> list[tuple[int, int, bool]]:
    filled = []
    while True:
        reached = book.advance(until_s * SECOND)
        filled += [(fill.ticks, fill.lots, fill.maker) for fill in book.take_fills()]
        if reached >= until_s * SECOND:
            return filled


def test_what_we_take_moves_the_price_by_the_law_and_part_of_that_fades() -> None:
    _, book = market()
    book.enter(1, NativeOrder(1, NONE, 50, immediate=True))
    (fill,) = book.take_fills()
    assert (fill.ticks, fill.maker, fill.before.ask) == (ASK + 5, False, ASK)  # half of the way that it moves
    assert (book.touch().bid, book.touch().ask) == (BID + 10, ASK + 10)
    book.enter(2, NativeOrder(1, BID - 50, 1))  # something rests: the shift is looked at each second
    play(book, 100)
    assert book.touch().bid - BID == 8  # 4 for good, and √(0.01/e) of 60 ticks
    play(book, 2000)
    assert book.touch().bid - BID == 4


def test_the_next_order_pays_what_the_first_has_done() -> None:
    _, book = market()
    for number in (1, 2):
        book.enter(number, NativeOrder(1, NONE, 50, immediate=True))
    assert [fill.ticks for fill in book.take_fills()] == [ASK + 5, ASK + 12]


def test_no_limit_is_passed() -> None:
    _, book = market()
    book.enter(1, NativeOrder(1, ASK + 2, 50, immediate=True))
    assert [fill.ticks for fill in book.take_fills()] == [ASK + 2]


def test_a_passive_fill_moves_it_less_and_the_other_way() -> None:
    _, book = market(LAW, (5, 50))
    book.enter(1, NativeOrder(-1, ASK, 50))
    assert play(book, 5) == [(ASK, 50, True)]
    assert BID - 6 <= book.touch().bid < BID


def test_orders_that_rest_move_with_the_market_and_keep_their_own_price() -> None:
    inner, book = market()
    book.enter(1, NativeOrder(1, BID, 20))
    book.enter(2, NativeOrder(1, NONE, 50, immediate=True))
    assert [ours.ticks for ours in inner.queue] == [BID - 10]  # ten ticks below the touch that it made
    assert book.resting(1) == 20
    assert book.replace(1, BID + 10, 20) == 20
    assert [ours.ticks for ours in inner.queue] == [BID]


def test_without_impact_it_is_the_recording(tmp_path: Path) -> None:
    """The same orders on a generated stand-in for a recording, and on that with a reaction of none."""
    still = Reaction(adv=5000, daily_volatility=0.1, impact=0.0)
    plain, answering = (open_market(["synthetic"], 3).books[4] for _ in range(2))
    book = ReactingMarket(answering, still)
    random = Random(1)
    for step in range(1, 120):
        at = plain.start_ns + step * SECOND
        while plain.advance(at) < at:
            pass
        while book.advance(at) < at:
            pass
        assert book.touch() == plain.touch()
        order = NativeOrder(random.choice([1, -1]), plain.touch().bid + random.randint(-2, 2), random.randint(1, 300))
        assert book.enter(step, order) == plain.enter(step, order)
        assert book.take_fills() == plain.take_fills()
        assert book.depth(3) == plain.depth(3)
        assert book.traded() == plain.traded()


def test_a_round_trip_earns_nothing_from_its_own_impact() -> None:
    _, book = market()
    spent = 0
    for number, sign in enumerate([1] * 4 + [-1] * 4, 1):
        book.enter(number, NativeOrder(sign, NONE, 50, immediate=True))
        (fill,) = book.take_fills()
        spent += sign * fill.ticks * fill.lots
        play(book, number)
    assert spent >= 8 * 50  # the spread of a tick each way


def test_how_often_it_is_asked_changes_nothing() -> None:
    ways = []
    for asks in (False, True):
        _, book = market(LAW, (40, 30), (90, 30))
        book.enter(1, NativeOrder(1, NONE, 50, immediate=True))
        book.enter(2, NativeOrder(1, BID + 5, 60))
        filled = play(book, 0)
        for second in range(1, 120):
            filled += play(book, second) if asks or second % 10 == 9 else []
            if asks:
                book.touch(), book.depth(3)
        ways.append(filled)
    assert ways[0] == ways[1]


FILE = 'sources = ["synthetic"]\n[reactions.NYX]\nsymbols.ACME = {adv = 1e6, daily_volatility = 0.02}\n'


def test_a_generated_market_answers_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "market.toml"
    path.write_text(FILE)
    assert read_market_file(path).reactions["NYX"].symbols["ACME"].impact == 0.7
    with pytest.raises(BadInput, match="answers by itself"):
        open_market([f"file:{path}"], 1)
