"""A run as a study: the same costs as its ExecutionReport, plain JSON for a server, pages that hold what they show."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from journal_events import a_plausible_session

from penstock.domain import events as ev
from penstock.tca.analysis import Analysis, analyse
from penstock.tca.execution_report import report_of
from penstock.tca.html.study import render_study
from penstock.tca.planned import planned
from penstock.tca.schema import validate
from penstock.tca.study import Settings, Study, study_of_run, study_report
from penstock.tca.study.selecting import Part, only, parts_of, together
from penstock.tca.text_summary import text_summary

D = Decimal
PAGE_BYTES_MAX = 2_000_000
QUICK = Settings(draws=20, permutations=19)


@pytest.fixture(scope="module")
def events() -> list[ev.AnyEvent]:
    return list(a_plausible_session().events)


@pytest.fixture(scope="module")
def analysis(events: list[ev.AnyEvent]) -> Analysis:
    return analyse(events)


@pytest.fixture(scope="module")
def study(events: list[ev.AnyEvent]) -> Study:
    return study_of_run(events, QUICK)


def test_a_runs_study_costs_what_its_account_says(study: Study, analysis: Analysis) -> None:
    accounts = {each.record.terms.order_id: each for each in analysis.parents}
    assert set(study.orders["order_id"]) == set(accounts)
    for place, order_id in enumerate(study.orders["order_id"]):
        account = accounts[order_id]
        assert study.parts.total(place) == account.shortfall.total
        row = study.orders.row(place, named=True)
        assert row["filled"] == float(account.record.filled)
        assert row["fill_count"] == len(account.record.fills)
        arrival = account.slippage("arrival")
        assert row["arrival_bps"] == (None if arrival is None else pytest.approx(float(arrival)))


def test_an_orders_progress_stands_against_its_algorithms_own_curve(study: Study, analysis: Analysis) -> None:
    (parent,) = analysis.parents
    (path,) = study.paths
    assert list(path.plan) == planned(analysis.session, parent)
    assert "</i>Planned</li>" in render_study(study)
    without = replace(study, paths=(replace(path, plan=()),))
    assert "</i>Even pace</li>" in render_study(without)


def test_its_summary_is_that_of_the_execution_report(study: Study, analysis: Analysis) -> None:
    promised = report_of(analysis)
    validate(promised)
    if len({each.record.instrument.currency for each in analysis.parents}) == 1:
        made = study_report(study)["tca"]
        assert made == pytest.approx(promised["details"]["tca"], abs=1e-4)


def test_the_report_is_plain_json_and_the_same_every_time(events: list[ev.AnyEvent], study: Study) -> None:
    first = json.dumps(study_report(study), allow_nan=False)
    assert first == json.dumps(study_report(study_of_run(events, QUICK)), allow_nan=False)
    assert {"totals", "tca", "scores", "groups", "markouts", "left_out"} <= set(json.loads(first))


def test_the_page_fetches_nothing_and_is_small(study: Study) -> None:
    page = render_study(study)
    assert len(page.encode()) < PAGE_BYTES_MAX
    assert not re.search(r"""(src|href)=["'](?!#|data:)""", page)
    assert "http" not in re.sub(r"http-equiv", "", page)
    assert "nan" not in re.sub(r"[a-z]*nan[a-z]+|[a-z]+nan[a-z]*", "", page.lower())
    assert page == render_study(study)


def test_names_from_outside_are_text_on_the_page() -> None:
    from small_studies import fill, quotes, studied

    made = studied(
        [fill(1, 10.0, 5, order="<script>alert(1)</script>", venue='"><img>'), fill(2, 10.1, 5, order="B")],
        book=quotes((0, 9.99, 10.01), (9, 9.99, 10.01)),
    )
    page = render_study(made)
    assert "<script>alert" not in page
    assert "<img>" not in page


def test_the_text_says_the_exact_parts_and_the_promised_keys(study: Study) -> None:
    report = study_report(study)
    text = text_summary(report, "A day")
    for key in report["tca"]:
        assert key in text
    for row in report["shortfall"]:
        assert row["exact"]["total"].rstrip("0").rstrip(".") in text


def test_one_order_alone_costs_what_it_cost_among_others(study: Study) -> None:
    for place, order_id in enumerate(study.orders["order_id"]):
        alone = only(study, [order_id])
        assert alone.parts.total(0) == study.parts.total(place)
        assert len(alone.fills) == study.orders["fill_count"][place]
        study_report(alone)
        render_study(alone)


def test_two_runs_together_are_as_much_as_each(study: Study) -> None:
    from penstock.tca.store.tables import stored_orders

    frames = [Part(name, study.fills, stored_orders(study), study.routes) for name in ("monday", "tuesday")]
    both = together(frames, QUICK)
    assert len(both.orders) == 2 * len(study.orders)
    assert both.parts.sum("timing") == 2 * study.parts.sum("timing")
    assert study_report(both)["totals"]["fills"] == 2 * len(study.fills)
    assert both.orders["order_id"].is_unique().all()


def test_exact_parts_survive_as_text(study: Study) -> None:
    from penstock.tca.exact_table import exact_parts_table

    back = parts_of(exact_parts_table(study))
    assert [back.total(n) for n in range(len(study.orders))] == [study.parts.total(n) for n in range(len(study.orders))]


def test_a_run_without_a_fill_is_a_study_too() -> None:
    events = [event for event in a_plausible_session().events if not isinstance(event, ev.ChildFilled)]
    made = study_of_run(events, QUICK)
    report = study_report(made)
    assert report["totals"]["fills"] == 0
    json.dumps(report, allow_nan=False)
    assert render_study(made)
    assert isinstance(made.fills, pl.DataFrame)


def test_what_went_wrong_in_a_run_stands_on_its_page(study: Study) -> None:
    alarm = {
        "ts": "2025-08-16T10:00:00.000Z",
        "severity": "critical",
        "code": "slippage",
        "order_id": None,
        "text": "25 <bps>",
    }
    page = render_study(study, violations=[alarm])
    assert "25 &lt;bps&gt;" in page
    assert "1 thing needs attention" in page
