"""Limits that follow the market, pauses of symbols that run wild, and warnings before a limit is reached.

Mids are sampled at even times. A symbol's limits shrink with its volatility over the short window against that of the
long run before it, the desk's with the average correlation. What tightens is done at once; what loosens waits until it
would have been allowed for a whole cool-down. Where history is missing nothing is asked, and what is in force stays.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from penstock.app.live.answers import NotTaken
from penstock.app.live.settings import RiskWatchSettings
from penstock.domain import commands as cmd
from penstock.domain.time import SECOND
from penstock.engine.sight import consolidated_mid
from penstock.risk.alerting import WARNING, Found
from penstock.risk.dynamic import (
    PauseRule,
    average_correlation,
    correlation_scale,
    pause_reason,
    realised_volatility,
    volatility_scale,
)
from penstock.risk.modes import Mode
from penstock.risk.risk_state import RiskState
from penstock.risk.scopes import DESK
from penstock.risk.usage import warnings
from penstock.risk.var import Floats

if TYPE_CHECKING:
    from penstock.app.live.driver import LiveDriver

BY = "risk watch"
DAY_S = 86_400
NO_NEW = Mode.NO_NEW


class Roughness(msgspec.Struct, frozen=True):
    """Realised volatility, a fraction per day, over the short window and over the long run before it."""

    short: float
    long_run: float


class Together(msgspec.Struct, frozen=True):
    """The average correlation of so many `names`, over the short window and over the long run before it."""

    average: float
    usual: float
    names: int


class Measured(msgspec.Struct, frozen=True):
    """What is known of the market at one time."""

    symbols: dict[str, Roughness]
    together: Together | None


class Asked(msgspec.Struct, frozen=True):
    """What the watch wants of the engine, and what people must know."""

    commands: list[cmd.RiskCommand]
    warnings: list[Found]


class RiskWatch:
    """Times in ns; memory is bounded by `long_run_samples` numbers a symbol.

    `measure` is arithmetic on its own history, so that it may run in another thread; `decide` reads the engine's state.
    """

    def __init__(self, settings: RiskWatchSettings, symbols: Iterable[str]) -> None:
        self._settings = settings
        self._symbols = tuple(symbols)
        self._rule = PauseRule(multiple=settings.pause_multiple, resume=settings.resume_multiple)
        self._returns: Floats = np.empty((0, len(self._symbols)))
        self._last: Floats | None = None
        self._sampled_at = 0
        self._held_at: dict[str, int] = {}  # by scope, when its scale in force was last needed
        self._rough_at: dict[str, int] = {}  # by symbol, when its pause was
        self._warned_at: dict[tuple[str, str, bool], int] = {}

    def measure(self, now: int, mids: Mapping[str, float]) -> Measured:
        """Sample the market, and say how rough it is. What is not known is left out."""
        if not self._sample(now, mids):
            return Measured({}, None)
        found = ((symbol, self._roughness(column)) for column, symbol in enumerate(self._symbols))
        return Measured({symbol: each for symbol, each in found if each is not None}, self._together())

    def decide(self, now: int, measured: Measured, risk: RiskState) -> Asked:
        """What follows from it with the limits and modes in force."""
        commands: list[cmd.RiskCommand] = []
        for symbol, found in measured.symbols.items():
            commands += self._of_symbol(now, symbol, found, risk)
        if measured.together is not None:
            commands += self._of_desk(now, measured.together, risk)
        return Asked(commands, list(self._warnings(now, risk)))

    def _sample(self, now: int, mids: Mapping[str, float]) -> bool:
        """Whether a return was added: one is over a whole sample's time, neither much less nor much more."""
        every = self._settings.volatility_sample_s * SECOND
        waited, last = now - self._sampled_at, self._last
        if last is not None and waited < every * 0.9:
            return False
        prices = np.array([mids.get(symbol, np.nan) for symbol in self._symbols])
        self._last, self._sampled_at = prices, now
        if last is None or waited > every * 1.5:
            return False
        kept = self._returns[1 - self._settings.long_run_samples :]
        self._returns = np.vstack((kept, np.log(prices / last)))
        return True

    def _roughness(self, column: int) -> Roughness | None:
        """None while the symbol's history is too short or has too many gaps to say, or it has never moved."""
        settings = self._settings
        short = _known(self._returns[-settings.short_samples :, column])
        before = _known(self._returns[: -settings.short_samples, column])
        if len(short) < settings.short_samples / 2 or len(before) < settings.history_samples_min:
            return None
        a_day = DAY_S / settings.volatility_sample_s
        found = Roughness(realised_volatility(short, a_day), realised_volatility(before, a_day))
        return found if found.long_run > 0 else None

    def _together(self) -> Together | None:
        settings = self._settings
        short = self._returns[-settings.short_samples :]
        columns = ~np.isnan(short).any(axis=0)
        before = self._returns[: -settings.short_samples, columns]
        before = before[~np.isnan(before).any(axis=1)]
        names = int(columns.sum())
        if names < 2 or len(before) < settings.history_samples_min:
            return None
        return Together(average_correlation(short[:, columns]), average_correlation(before), names)

    def _of_symbol(self, now: int, symbol: str, found: Roughness, risk: RiskState) -> Iterator[cmd.RiskCommand]:
        settings, scope = self._settings, f"symbol/{symbol}"
        scale = volatility_scale(found.short, settings.rough_multiple * found.long_run)
        figures = f"volatility {found.short:.2%} a day, the long run's {found.long_run:.2%}"
        yield from self._scaled(now, scope, scale, figures, risk)
        standing = risk.modes.get(scope)
        if standing is None:
            reason = pause_reason(found.short, found.long_run, self._rule)
            if reason:
                self._rough_at[symbol] = now
                yield cmd.PauseSymbol(ts=now, symbol=symbol, by=BY, reason=reason)
        elif standing.by == BY and standing.mode is NO_NEW:  # what somebody else has set is theirs to lift
            if pause_reason(found.short, found.long_run, self._rule, paused=True):
                self._rough_at[symbol] = now
            elif self._is_over(now, max(standing.since, self._rough_at.get(symbol, 0))):
                reason = f"calm again: {figures}"
                yield cmd.SetMode(ts=now, scope=scope, mode="active", reset=True, by=BY, reason=reason)

    def _of_desk(self, now: int, found: Together, risk: RiskState) -> Iterator[cmd.RiskCommand]:
        usual = min(found.usual + self._settings.correlation_margin, 1.0)
        scale = correlation_scale(found.average, usual, found.names)
        figures = f"average correlation of {found.names} symbols {found.average:.2f}, the long run's {found.usual:.2f}"
        yield from self._scaled(now, DESK, scale, figures, risk)

    def _scaled(self, now: int, scope: str, scale: float, figures: str, risk: RiskState) -> Iterator[cmd.RiskCommand]:
        """A scale that is a step tighter than the one in force, or has been looser for the whole cool-down."""
        present, step = risk.scales.get(scope, 1.0), self._settings.scale_step
        scale = round(scale, 2)
        loosens = scale >= present * (1 + step) or (scale == 1.0 and present < 1.0)
        if not loosens:
            self._held_at[scope] = now
            if scale > present * (1 - step):
                return
        elif not self._is_over(now, self._held_at.setdefault(scope, now)):
            return
        self._held_at[scope] = now
        yield cmd.ScaleLimits(ts=now, scope=scope, scale=scale, by=BY, reason=figures)

    def _is_over(self, now: int, since: int) -> bool:
        return now - since >= self._settings.cool_down_s * SECOND

    def _warnings(self, now: int, risk: RiskState) -> Iterator[Found]:
        """Each limit once when it is nearly used and once when it is used up, until it was not for a cool-down."""
        self._warned_at = {key: at for key, at in self._warned_at.items() if not self._is_over(now, at)}
        for use in warnings(risk, now):
            if not use.used:
                continue  # a limit of nothing counts as used up by nothing
            key = (use.scope, use.name, use.fraction >= 1)
            if key not in self._warned_at:
                yield Found(WARNING, "limit_used", use.scope, use.sentence)
            self._warned_at[use.scope, use.name, False] = self._warned_at[key] = now


def _known(returns: Floats) -> Floats:
    return returns[~np.isnan(returns)]


async def watch_risk(driver: "LiveDriver", settings: RiskWatchSettings) -> None:
    """Sample for ever, and have carried out what follows."""
    watch = RiskWatch(settings, driver.state.instruments)
    while True:
        await asyncio.sleep(settings.volatility_sample_s)
        await watched(driver, watch)


async def watched(driver: "LiveDriver", watch: RiskWatch) -> None:
    """One sample. Its commands are given as any client's, so the engine never waits for it."""
    if driver.refusing:
        return  # winding down: nothing new is to come
    now, mids = driver.clock.now(), mids_of(driver)
    asked = watch.decide(now, await asyncio.to_thread(watch.measure, now, mids), driver.state.risk)
    for found in asked.warnings:
        driver.alerts.happened(found, now)
    for command in asked.commands:
        try:
            await driver.give(command)
        except NotTaken:
            break  # the desk has said why; what still holds is asked again at the next sample


def mids_of(driver: "LiveDriver") -> dict[str, float]:
    """The mid of every symbol that may be traded on now: over sound and fresh quotes of venues that are up."""
    desk, found = driver.engine.desk, {}
    oldest, shut = driver.clock.now() - round(desk.limits.stale_after_s * SECOND), desk.state.venue_status
    for symbol, quotes in desk.quotes.items():
        mid = consolidated_mid({name: each for name, each in quotes.items() if name not in shut and each.ts >= oldest})
        if mid is not None and mid > 0:
            found[symbol] = float(mid)
    return found
