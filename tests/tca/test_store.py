"""The store: what was analysed comes back by day, once, from SQLite and PostgreSQL alike."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_studies import fill, order, quotes, studied

from penstock.domain.errors import BadInput
from penstock.domain.time import DAY
from penstock.tca.html.study import render_study
from penstock.tca.html.study.trend_page import render_trend
from penstock.tca.store import open_store
from penstock.tca.study import Settings, Study, study_report
from penstock.tca.study.trend import slopes, trend

BOOK = quotes((-9, 9.99, 10.01), (99, 9.99, 10.01))
FIRST_DAY = "2025-08-18"


def dear(cents: int, order_id: str = "O1") -> Study:
    """Two orders whose fills cost so many cents each against arrival."""
    fills = [fill(n, 10 + cents / 100, 10, order=f"{order_id}-{n}", venue="XA") for n in (1, 2)]
    return studied(fills, [order(f"{order_id}-{n}", quantity=12) for n in (1, 2)], book=BOOK)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "trades.db")
    return str(request.getfixturevalue("database"))


def test_what_was_kept_comes_back_by_its_day(place: str) -> None:
    study = dear(3)
    with open_store(place) as store:
        store.keep("a/monday", study)
        store.keep("a/late", dear(5, "P"))
    with open_store(place, create=False) as store:
        assert store.days() == [(FIRST_DAY, 4)]
        back = store.study_of_day(FIRST_DAY)
    assert sorted(back.orders["order_id"]) == ["late/P-1", "late/P-2", "monday/O1-1", "monday/O1-2"]
    totals = {order_id: back.parts.total(n) for n, order_id in enumerate(back.orders["order_id"])}
    assert totals["monday/O1-1"] == study.parts.total(0)
    assert study_report(back)["totals"]["fills"] == 4


def test_the_market_around_the_largest_orders_comes_back_for_the_days_page(place: str) -> None:
    study = dear(3)
    planned = replace(study.paths[0], plan=((0, 0.0), (9, 1.0)))
    with open_store(place) as store:
        store.keep("a/monday", replace(study, paths=(planned, *study.paths[1:])))
        store.keep("a/late", dear(5, "P"))
        back = store.study_of_day(FIRST_DAY)
    assert {path.order_id for path in back.paths} == set(back.orders["order_id"])
    path = next(path for path in back.paths if path.order_id == "monday/O1-1")
    assert path.plan == planned.plan
    for name in ("ts", "bid", "ask", "volume"):
        np.testing.assert_array_equal(getattr(path, name), getattr(planned, name))
    assert render_study(back).count("Price of ACME around the order") == 4


def test_analysed_again_is_kept_once(place: str) -> None:
    with open_store(place) as store:
        store.keep("a/monday", dear(3))
        store.keep("a/monday", dear(4))
        back = store.study_of_day(FIRST_DAY)
    assert len(back.orders) == 2
    assert back.fills["price"].to_list() == [10.04, 10.04]


def test_a_failure_keeps_nothing_by_halves(place: str) -> None:
    def fail_half_way() -> None:
        with open_store(place) as store:
            store.keep("a/monday", dear(3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with open_store(place) as store:
        assert store.days() == []


def test_a_day_without_orders_is_told_with_the_days_there_are(place: str) -> None:
    with open_store(place) as store:
        store.keep("a/monday", dear(3))
        with pytest.raises(BadInput, match=f"no analysed order arrived on that day; days there are: {FIRST_DAY}"):
            store.study_of_day("2025-08-19")


def test_without_a_store_it_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(BadInput, match="there is no store of analyses here"),
        open_store(tmp_path / "none.db", create=False),
    ):
        pass
    (tmp_path / "text.db").write_text("not a database at all, but long enough to be looked at " * 20)
    with pytest.raises(BadInput, match="cannot be used as a store"), open_store(tmp_path / "text.db"):
        pass


def test_a_journal_keeps_its_analyses_beside_its_events(tmp_path: Path) -> None:
    from penstock.journal import SqliteJournal, verify

    SqliteJournal(tmp_path / "journal.db").close()
    with open_store(tmp_path) as store:
        store.keep("run", dear(3))
    with sqlite3.connect(tmp_path / "journal.db") as db:
        assert db.execute("SELECT count(*) FROM tca_orders").fetchone() == (2,)
    assert not verify(tmp_path / "journal.db").fault


def test_a_trend_says_how_costs_change_and_how_sure_that_is(tmp_path: Path) -> None:
    from dataclasses import replace

    import polars as pl

    with open_store(tmp_path / "t.db") as store:
        for n in range(6):
            study = dear(2 + n, f"D{n}")
            later = study.orders.with_columns((pl.col("arrival_ts") + n * DAY).alias("arrival_ts"))
            store.keep(f"day{n}", replace(study, orders=later))
        orders = store.orders()
        some = store.orders("2025-08-20", "2025-08-21")
    days = trend(orders, Settings(draws=20))
    assert [day["day"] for day in days] == [f"2025-08-{18 + n}" for n in range(6)]
    assert [round(day["arrival_bps"]["mean"]) for day in days] == [20, 30, 40, 50, 60, 70]
    change = slopes(days)
    assert change["arrival_bps"]["per_day"] == pytest.approx(10)
    assert change["arrival_bps"]["p"] < 0.001
    assert len(some) == 4
    page = render_trend(days, change, "")
    assert "rises by 10.00 bps a day" in page.lower()
    assert page == render_trend(days, change, "")
