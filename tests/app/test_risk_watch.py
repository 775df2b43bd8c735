"""The risk watch, told a market and carried out by a real engine: it is quiet, tightens at once, loosens later."""

from decimal import Decimal
from math import exp
from random import Random

import pytest
from live_desk import QUICK, STOCK, ScriptedVenue, driver_on, order, running, soon
from msgspec import structs

from penstock.app.live.driver import LiveDriver
from penstock.app.live.risk_watch import BY, Asked, Measured, RiskWatch, mids_of, watched
from penstock.app.live.settings import RiskWatchSettings
from penstock.app.live.start import Listing, next_session
from penstock.domain import commands as cmd
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND
from penstock.engine.engine import Engine
from penstock.journal import MemoryJournal
from penstock.risk.limit_book import LimitBook
from penstock.risk.limits import Limits
from penstock.risk.modes import Mode
from penstock.risk.risk_state import RiskState

D = Decimal
SYMBOLS = ("ACME", "BETA", "CHIP")
SETTINGS = RiskWatchSettings()
EVERY = round(SETTINGS.volatility_sample_s * SECOND)
USUAL = 0.0005  # a return of one sample


class Story:
    """A watch and an engine on a made-up market: every command is carried out, and everything that was said is kept."""

    def __init__(self, **limits: object) -> None:
        self.engine, self.random = Engine(), Random(7)
        instruments = tuple(structs.replace(STOCK, symbol=symbol) for symbol in SYMBOLS)
        book = LimitBook(desk=Limits(stale_after_s=1e9, **limits))
        listing = Listing(venue="XA", instruments=instruments)
        self.now = 1_700_000_000 * SECOND
        self.engine.open_session(next_session(self.engine.state, [listing], self.now, hours=24, limits=book))
        self.mids = dict.fromkeys(SYMBOLS, 10.0)
        self.commands: list[cmd.RiskCommand] = []
        self.warnings: list[str] = []
        self.restart()

    def restart(self) -> None:
        """A new process: of the market it remembers nothing."""
        self.watch = RiskWatch(SETTINGS, SYMBOLS)

    @property
    def risk(self) -> RiskState:
        return self.engine.state.risk

    def allow(self, orders: int) -> None:
        """Change how many orders may be open."""
        change = {"scope": "desk", "name": "open_orders_max", "by": "ann", "reason": "busy"}
        self.engine.handle(cmd.ChangeLimit(ts=self.now, value=orders, **change))

    def samples(self, count: int, times: float = 1.0, *, together: bool = False, gap: int = 1) -> list[cmd.RiskCommand]:
        """So many samples of a market `times` as rough in ACME (`together`: all symbols move as it does)."""
        before = len(self.commands)
        for _ in range(count):
            moves = {symbol: USUAL * self.random.choice((-1, 1)) for symbol in SYMBOLS}
            if together:
                moves = dict.fromkeys(SYMBOLS, moves["ACME"])
            moves["ACME"] *= times
            self.tick({symbol: mid * exp(moves[symbol]) for symbol, mid in self.mids.items()}, gap * EVERY)
        return self.commands[before:]

    def tick(self, mids: dict[str, float], wait: int = EVERY) -> None:
        self.now += wait
        self.mids.update(mids)
        asked = self.watch.decide(self.now, self.watch.measure(self.now, mids), self.risk)
        self.warnings += [found.text for found in asked.warnings]
        for command in asked.commands:
            self.engine.handle(command)
        self.commands += asked.commands


@pytest.fixture
def calm() -> Story:
    """Enough history of an even market."""
    story = Story()
    assert story.samples(600) == []
    return story


def test_in_a_calm_market_nothing_is_said(calm: Story) -> None:
    assert calm.samples(1000) == []
    assert calm.warnings == []


def test_when_volatility_doubles_the_limits_of_the_symbol_are_scaled_and_not_at_every_sample(calm: Story) -> None:
    said = calm.samples(100, times=2)
    assert 1 <= len(said) <= 3, "by steps"
    assert {(type(each), each.scope, each.by) for each in said} == {(cmd.ScaleLimits, "symbol/ACME", BY)}
    scales = [each.scale for each in said]
    assert scales == sorted(scales, reverse=True)
    assert calm.risk.scales == {"symbol/ACME": pytest.approx(0.75, abs=0.08)}, "1.5 times the long run over twice it"
    assert "the long run's" in said[-1].reason
    limits = calm.risk.book
    assert limits.of("symbol/ACME").order_value_max < limits.desk.order_value_max * D("0.84")


def test_limits_are_restored_only_when_the_market_was_calm_for_the_whole_cool_down(calm: Story) -> None:
    calm.samples(60, times=2)
    assert calm.samples(SETTINGS.short_samples) == [], "the window has just become calm"
    assert calm.samples(60)[-1].scale == 1.0
    assert calm.risk.scales == {}


def test_a_spike_pauses_the_symbol_and_after_the_cool_down_it_is_resumed(calm: Story) -> None:
    said = calm.samples(1, times=40)
    (pause,) = (each for each in said if isinstance(each, cmd.PauseSymbol))
    assert (pause.symbol, pause.by) == ("ACME", BY)
    assert "times the long run's" in pause.reason
    assert calm.risk.modes["symbol/ACME"].mode is Mode.NO_NEW
    assert not [each for each in calm.samples(50) if not isinstance(each, cmd.ScaleLimits)], "once, and not lifted yet"
    assert calm.risk.modes
    resumed = [each for each in calm.samples(20) if isinstance(each, cmd.SetMode)]
    assert [(each.scope, each.mode, each.by) for each in resumed] == [("symbol/ACME", "active", BY)]
    assert calm.risk.modes == {}


@pytest.mark.parametrize("mode", ["reduce_only", "no_new"])
def test_a_mode_that_a_person_set_is_neither_replaced_nor_lifted(calm: Story, mode: str) -> None:
    calm.engine.handle(cmd.SetMode(ts=calm.now, scope="symbol/ACME", mode=mode, by="ann", reason="results are due"))
    said = calm.samples(1, times=40) + calm.samples(200)
    assert {type(each) for each in said} == {cmd.ScaleLimits}
    assert calm.risk.modes["symbol/ACME"].by == "ann"


def test_when_all_symbols_move_as_one_the_limits_of_the_desk_are_scaled(calm: Story) -> None:
    said = calm.samples(60, together=True)
    assert {each.scope for each in said} == {"desk"}
    assert len(said) <= 3
    assert calm.risk.scales["desk"] < 0.8
    assert "average correlation of 3 symbols" in said[-1].reason


def test_without_history_nothing_is_asked_and_what_a_desk_had_before_its_restart_stays(calm: Story) -> None:
    calm.samples(1, times=40)
    before = (dict(calm.risk.scales), dict(calm.risk.modes))
    assert all(before)
    calm.restart()
    assert calm.samples(SETTINGS.history_samples_min) == []
    assert (calm.risk.scales, calm.risk.modes) == before
    calm.samples(100)
    assert (calm.risk.scales, calm.risk.modes) == ({}, {}), "once it knows the market again"


def test_a_symbol_that_has_just_been_listed_may_move_as_it_likes() -> None:
    story = Story()
    assert story.samples(SETTINGS.history_samples_min // 2) == []
    assert story.samples(30, times=40) == []


def test_a_move_across_a_gap_is_no_return_of_one_sample(calm: Story) -> None:
    calm.samples(1, times=40, gap=6)
    calm.tick({symbol: calm.mids[symbol] for symbol in SYMBOLS if symbol != "ACME"})
    calm.samples(1, times=40)
    assert calm.commands == []


def test_a_symbol_that_never_moved_has_no_usual_volatility() -> None:
    story = Story()
    for _ in range(400):
        story.tick({"ACME": 10.0})
    story.tick({"ACME": 10.01})
    assert story.commands == []


def test_a_limit_used_to_80_percent_is_one_warning_and_another_when_it_is_used_up() -> None:
    story = Story(open_orders_max=5)
    story.samples(3)
    assert story.warnings == []
    market = {"XA": Quote(ts=2**62, bid=D("9.99"), bid_qty=D(10**6), ask=D("10.01"), ask_qty=D(10**6))}
    story.engine.handle(cmd.MarketUpdate(ts=story.now, quotes={"ACME": market}))
    for number in range(4):
        story.engine.handle(order(f"P{number}", limit_price=D("9.50")))
    story.samples(50)
    assert story.warnings == ["desk has used 80% of open_orders_max 5: 4"]
    story.allow(4)
    story.samples(50)
    assert story.warnings[1:] == ["desk has used 100% of open_orders_max 4: 4"]
    story.allow(6)
    story.samples(10)
    story.allow(5)
    story.samples(10)
    assert len(story.warnings) == 2, "it was below for a moment only"
    story.allow(6)
    story.samples(40)
    story.allow(5)
    story.samples(1)
    assert len(story.warnings) == 3


def test_a_limit_of_nothing_is_no_warning_by_itself() -> None:
    story = Story(daily_loss_max=D(0))
    story.samples(3)
    assert story.warnings == []


async def test_a_running_desk_warns_of_a_limit_that_is_nearly_used() -> None:
    venue = ScriptedVenue("XA", fills=False)
    settings = structs.replace(QUICK, risk_watch=RiskWatchSettings(volatility_sample_s=0.01))
    async with running(driver_on(MemoryJournal(), venue, settings=settings)) as driver:
        assert mids_of(driver) == {"ACME": 10.0}
        change = {"scope": "desk", "by": "ann", "reason": "small desk"}
        await soon(driver.give(cmd.ChangeLimit(ts=0, name="open_orders_max", value=2, **change)))
        told: list[str] = []
        driver.alerts.tellers.append(lambda alert: told.append(alert.code))
        await soon(driver.give(order("P1", limit_price=D("9.50"))))
        await soon(driver.give(order("P2", limit_price=D("9.50"))))
        await soon(told_of(driver, told))
        assert told.count("limit_used") == 1


async def told_of(driver: LiveDriver, told: list[str]) -> None:
    """Until the watch has said something; every question is a turn of the desk."""
    while "limit_used" not in told:
        await driver.give(cmd.TellRate(ts=0, currency="EUR", rate=D(1)))


class SaysPause(RiskWatch):
    """Wants ACME paused, whatever the market is."""

    def decide(self, now: int, measured: Measured, risk: RiskState) -> Asked:
        return Asked([cmd.PauseSymbol(ts=now, symbol="ACME", by=BY, reason="it runs wild")], [])


async def test_what_the_watch_asks_is_carried_out_and_on_record_unless_the_desk_is_winding_down() -> None:
    async with running(driver_on(MemoryJournal(), ScriptedVenue("XA"))) as driver:
        watch = SaysPause(SETTINGS, ["ACME"])
        driver.refusing = "the desk is stopping"
        await soon(watched(driver, watch))
        assert driver.state.risk.modes == {}
        driver.refusing = ""
        await soon(watched(driver, watch))
        assert driver.state.risk.modes["symbol/ACME"].reason == "it runs wild"
        assert [(each.code, each.about) for each in driver.alerts.open] == [("mode", "symbol/ACME")]


async def test_a_watch_waits_with_the_desk_while_the_journal_cannot_be_written(monkeypatch) -> None:
    async with running(driver_on(MemoryJournal(), ScriptedVenue("XA"))) as driver:
        watch = SaysPause(SETTINGS, ["ACME"])
        with monkeypatch.context() as patched:
            patched.setattr(type(driver.keeper), "is_writable", False)
            await soon(watched(driver, watch))
        assert driver.state.risk.modes == {}
        await soon(watched(driver, watch))
        assert "symbol/ACME" in driver.state.risk.modes


async def test_stale_quotes_and_those_of_a_venue_that_is_down_are_not_in_the_mid() -> None:
    venue = ScriptedVenue("XA")
    async with running(driver_on(MemoryJournal(), venue)) as driver:
        driver.state.venue_status["XA"] = "down"
        assert mids_of(driver) == {}
        driver.state.venue_status.clear()
        assert mids_of(driver) == {"ACME": 10.0}
        stale = structs.replace(driver.engine.desk.quotes["ACME"]["XA"], ts=0)
        driver.engine.desk.see({"ACME": {"XA": stale}})
        assert mids_of(driver) == {}
