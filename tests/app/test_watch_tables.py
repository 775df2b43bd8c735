"""What a file of limits says of the live desk's watch, and the file of exchange rates and cash that it follows."""

import asyncio
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from penstock.app.inputs import read_limits, read_limits_and_watch
from penstock.app.live.alarms import Alarms
from penstock.app.live.answers import NotTaken
from penstock.app.live.reference import Reference, read_reference
from penstock.app.live.settings import LiveSettings, RiskWatchSettings
from penstock.app.live.watch_tables import WATCH_RULES
from penstock.app.risk.limit_example import EXAMPLE
from penstock.domain import commands as cmd
from penstock.domain.errors import BadInput
from penstock.risk.limit_book import LimitBook

DOCS = Path(__file__).parents[2] / "docs"


def limits_file(folder: Path, text: str) -> Path:
    path = folder / "limits.toml"
    path.write_text(text)
    return path


def test_a_table_switches_a_watch_on_and_keeps_the_defaults_of_what_it_leaves_out(tmp_path: Path) -> None:
    path = limits_file(tmp_path, "order_rate_max = 5\n[watch]\npause_multiple = 2.5\n[heartbeat]\ntimeout_s = 30\n")
    book, watch = read_limits_and_watch(path)
    assert (book.desk.order_rate_max, read_limits(path)) == (5, book)
    settings = watch.settings(LiveSettings(cancel_all_after_s=3))
    assert settings == LiveSettings(
        cancel_all_after_s=3,
        risk_watch=RiskWatchSettings(pause_multiple=2.5),
        heartbeat_timeout_s=30,
        heartbeat_mode="cancel_all",
    )


def test_without_tables_nothing_is_watched_but_what_was_asked_for() -> None:
    book, watch = read_limits_and_watch(None)
    assert book == LimitBook()
    asked = LiveSettings(risk_watch=RiskWatchSettings())
    assert watch.settings(asked) == asked


def test_the_example_switches_both_on(tmp_path: Path) -> None:
    _, watch = read_limits_and_watch(limits_file(tmp_path, EXAMPLE))
    assert (watch.risk_watch, watch.heartbeat_timeout_s) == (RiskWatchSettings(), 30)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[watch]\npause_multipel = 2", "[watch]: pause_multipel: is not a known name: did you mean pause_multiple?"),
        ("[watch]\npause_multiple = 'two'", "[watch]: pause_multiple: must be a number (got 'two')"),
        ("[watch]\npause_multiple = nan", "[watch]: pause_multiple: must be a finite number"),
        ("[watch]\nscale_step = 0", "[watch]: scale_step: must be from 0.01 to 1 (got 0)"),
        ("[watch]\nshort_samples = 2.5", "[watch]: short_samples: must be a whole number"),
        ("[watch]\nresume_multiple = 3", "[watch]: resume_multiple: must be below pause_multiple (3) (got 3"),
        (
            "[watch]\nlong_run_samples = 200",
            "[watch]: history_samples_min: must be at most the 170 of long_run_samples",
        ),
        ("watch = 3", "watch: must be a table of named values (got 3)"),
        ("[heartbeat]\nmode = 'halted'", "[heartbeat]: timeout_s: is required"),
        ("[heartbeat]\ntimeout_s = 1\nmode = 'asleep'", "[heartbeat]: mode: must be one of reduce_only, no_new"),
        ("[heartbeat]\ntimeout = 1", "[heartbeat]: timeout: is not a known name: did you mean timeout_s?"),
        ("[wach]\n", "wach: is not a known name: did you mean watch?"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_limits_and_watch(limits_file(tmp_path, text))
    assert fault in str(refused.value)


def test_the_page_lists_every_setting_with_its_default_and_meaning() -> None:
    page = (DOCS / "risk.md").read_text()
    for name, rule in WATCH_RULES.items():
        default = getattr(RiskWatchSettings(), name)
        assert f"| `{name}` | {default:g} | {rule.unit} | {rule.meaning} |" in page, name
    assert set(WATCH_RULES) == set(RiskWatchSettings.__struct_fields__)


class ToldDesk:
    """What a reference file needs of a desk: it notes what it was told, and may refuse."""

    def __init__(self) -> None:
        self.alarms = Alarms()
        self.told: list[Any] = []
        self.takes = True

    async def put(self, command: cmd.Command) -> None:
        if not self.takes:
            raise NotTaken("journal_unavailable", "not now")
        self.told.append(command)


def test_rates_and_cash_are_told_at_first_and_again_as_they_change(tmp_path: Path) -> None:
    path = tmp_path / "reference.toml"
    path.write_text("[rates]\nEUR = 1.08\nJPY = 0.0066\n[settled_cash]\nmain = 1_000\n")
    reference, desk = Reference(path), ToldDesk()

    def told_now() -> list[tuple[str, Decimal]]:
        desk.told.clear()
        reference.read(desk.alarms)
        asyncio.run(reference.tell(desk))  # type: ignore[arg-type]
        return [
            (each.currency, each.rate) if isinstance(each, cmd.TellRate) else (each.account, each.settled)
            for each in desk.told
        ]

    assert told_now() == [("EUR", Decimal("1.08")), ("JPY", Decimal("0.0066")), ("main", Decimal(1000))]
    assert told_now() == []
    path.write_text("[rates]\nEUR = 1.09\n")
    desk.takes = False
    assert told_now() == []
    desk.takes = True
    assert told_now() == [("EUR", Decimal("1.09"))], "it waits until the desk takes it"
    path.write_text("[rates]\nEUR = -1\nJPY = 0.0067\n")
    assert told_now() == []
    (said,) = desk.alarms.standing
    assert re.search(r"stay as they were: .*\[rates\]: EUR: must be above zero \(got -1\)", said)
    path.write_text("[rates]\nEUR = 1.09\nJPY = 0.0067\n")
    assert told_now() == [("JPY", Decimal("0.0067"))]
    assert desk.alarms.standing == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[rate]\nEUR = 1", "rate: is not a known name: did you mean rates?"),
        ("rates = 1", "rates: must be a table of named values (got 1)"),
        ("[rates]\nEUR = '1.08'", "[rates]: EUR: must be a number (got '1.08')"),
        ("[settled_cash]\nmain = inf", "[settled_cash]: main: must be a finite number"),
    ],
)
def test_a_wrong_reference_is_refused_at_the_start(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "reference.toml"
    path.write_text(text)
    with pytest.raises(BadInput) as refused:
        read_reference(path)
    assert fault in str(refused.value)
