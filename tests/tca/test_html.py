"""The page: whole in itself, safe, bounded in size, and saying what a reader must not miss."""

import re
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from journal_events import Session, a_plausible_session, quote

from penstock.domain import events as ev
from penstock.domain.orders import Side
from penstock.tca.analysis import analyse
from penstock.tca.html import render_html, wording
from penstock.tca.html.cost_bars import cost_bars
from penstock.tca.html.progress_chart import executed
from penstock.tca.html.thinning import dots, thin
from penstock.tca.planned import planned

D = Decimal


def test_the_page_asks_nothing_of_any_other_place() -> None:
    page = render_html(a_plausible_session().events)
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?!["']?(?:#|data:,))""", page)
    assert not re.search(r"https?://|url\(|@import|fetch\(|XMLHttpRequest", page)
    assert "default-src 'none'" in page


def test_every_chart_is_a_well_formed_drawing() -> None:
    page = render_html(a_plausible_session(2, done=0.5).events)
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 2 * 3
    for drawing in drawings:
        ElementTree.fromstring(drawing)
        assert "nan" not in drawing
        assert "inf" not in drawing


def test_the_first_sentence_says_what_it_cost_and_why() -> None:
    session = Session()
    session.receive(decision_price="9.00", arrival_price="10.00")
    session.send()
    session.fill(100, "10.00", before=quote("9.99", "10.01"))
    session.end(5)
    page = render_html(session.events)
    assert "Bought 100 ACME at 10.0000 on average." in page
    assert "It cost 1,111.11 bps ($100.00) against the decision price; the largest part is delay" in page


@pytest.mark.parametrize(
    ("status", "words"),
    [("interrupted", "The session was interrupted"), (None, "without an end"), ("completed", None)],
)
def test_a_run_that_did_not_finish_says_so_at_the_top(status: str | None, words: str | None) -> None:
    session = a_plausible_session(slices=5, seconds=60)
    session.events.pop()
    if status:
        session.end(61, status=status)
    page = render_html(session.events)
    assert ("banner stop" in page) == (words is not None)
    assert words is None or words in page


def test_violations_are_announced_and_listed() -> None:
    session = a_plausible_session(slices=5, seconds=60)
    session.say(ev.BreakerTripped, 62, breaker="slippage", scope="desk", reason="3 times in 5 min")
    page = render_html(session.events)
    assert "1 thing needs attention" in page
    assert page.count("3 times in 5 min") == 2


def test_what_others_wrote_is_text_and_never_markup() -> None:
    session = a_plausible_session(slices=5, seconds=60)
    session.say(ev.AlertRaised, 62, severity="warning", code="x", text="<script>alert(1)</script>")
    session.send("P001-99", at=62, venue='"><b>')
    page = render_html(session.events)
    assert "<script>alert" not in page
    assert '"><b>' not in page


def test_a_session_without_orders_has_a_page() -> None:
    session = Session()
    session.end(1)
    assert "No order was worked" in render_html(session.events)


def test_an_order_that_met_no_market_has_a_page() -> None:
    session = Session()
    session.receive(arrival={})
    session.end(9)
    page = render_html(session.events)
    assert "No market is on record" in page
    assert "Nothing was sent to any venue" in page


def test_a_journal_cut_anywhere_still_has_a_page() -> None:
    events = a_plausible_session(2, slices=4, seconds=40).events
    for length in range(1, len(events), 7):
        assert "without an end" in render_html(events[:length])


@pytest.mark.parametrize(("parents", "slices", "seconds"), [(1, 1000, 4000), (12, 100, 1800)])
def test_the_page_stays_small_however_busy_the_session(parents: int, slices: int, seconds: int) -> None:
    page = render_html(a_plausible_session(parents, slices=slices, seconds=seconds).events)
    assert len(page.encode()) < 500_000


def test_the_same_journal_gives_the_same_page() -> None:
    events = a_plausible_session(2).events
    assert render_html(events) == render_html(list(events))


def test_thinning_keeps_the_ends_and_the_extremes() -> None:
    series = [(n, 10.0) for n in range(10_000)]
    series[1234], series[7777] = (1234, 99.0), (7777, -99.0)
    kept = thin(series, 100)
    assert len(kept) <= 100
    assert {series[0], series[1234], series[7777], series[-1]} <= set(kept)
    assert kept == sorted(kept)
    assert thin(series[:100], 100) == series[:100]


def test_many_fills_become_fewer_dots_of_the_same_quantity() -> None:
    fills = analyse(a_plausible_session(1, slices=300, seconds=900).events).parents[0].record.fills
    shown = dots(fills, 50)
    assert len(shown) <= 50
    assert sum(dot.quantity for dot in shown) == sum(fill.last_qty for fill in fills)
    assert sum(dot.fills for dot in shown if dot.maker) == sum(fill.liquidity == "maker" for fill in fills)


def test_the_planned_curve_is_the_algorithms_own() -> None:
    analysis = analyse(a_plausible_session().events)
    (parent,) = analysis.parents
    curve = planned(analysis.session, parent)
    assert curve[0] == (parent.record.start, 0.0)
    assert curve[-1] == (parent.record.end, 1.0)
    assert executed(parent)[-1][1] == pytest.approx(1.0)


def test_the_waterfall_steps_from_part_to_part_and_ends_at_the_whole() -> None:
    (parent,) = analyse(a_plausible_session(done=0.5).events).parents
    *steps, whole = cost_bars(parent.shortfall, "USD")
    assert whole.total
    assert min(bar.left for bar in [*steps, whole]) == 0
    assert max(bar.left + bar.width for bar in [*steps, whole]) == pytest.approx(100, abs=0.02)
    for before, after in pairwise(steps):
        edges = {before.left, before.left + before.width}
        touching = {after.left, after.left + after.width}
        assert min(abs(a - b) for a in edges for b in touching) < 0.02


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (wording.number(D("-0.004"), 2), "0.00"),
        (wording.number(D("67.525"), 2), "67.53"),
        (wording.number(-1234.5, 1), "−1,234.5"),
        (wording.signed(D("0.001")), "0.00"),
        (wording.signed(D("1.5")), "+1.50"),
        (wording.quantity(D("1250.500")), "1,250.5"),
        (wording.quantity(D("1E+3")), "1,000"),
        (wording.money(D("-12.5"), "USD"), "−$12.50"),
        (wording.money(D("12.5"), "USDT"), "12.50 USDT"),
        (wording.percent(D("0.954"), 1), "95.4 %"),
        (wording.lasting(12_005_000_000_000), "3 h 20 min"),
        (wording.tone(D("-0.004")), ""),
    ],
)
def test_figures_read_as_people_write_them(said: str, expected: str) -> None:
    assert said == expected


def test_sells_are_told_as_sells() -> None:
    session = Session()
    session.receive(side=Side.SELL)
    session.send(side=Side.SELL, limit="9.99")
    session.fill(40, "9.99", before=quote("9.99", "10.01"))
    session.end(5)
    assert "Sold 40 ACME at 9.9900" in render_html(session.events)
