"""The live driver's bounds, each with its unit."""

from typing import Literal

import msgspec


class RiskWatchSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the risk watch measures. The short window is the latest `short_samples` returns of mids taken
    `volatility_sample_s` apart; the long run is what came before it, both together at most `long_run_samples`, and
    nothing is said while fewer than `history_samples_min` of the long run are known. A symbol's limits shrink once
    it is above `rough_multiple` times as volatile as in the long run, the desk's once the average correlation is more
    than `correlation_margin` above the long run's: short windows are noisy. A scale is changed by steps of the fraction
    `scale_step` or more. A symbol is paused above `pause_multiple` times its long run's volatility and resumed at
    `resume_multiple`. What loosens waits for `cool_down_s`.
    """

    volatility_sample_s: float = 10.0
    short_samples: int = 30
    long_run_samples: int = 1440
    history_samples_min: int = 180
    rough_multiple: float = 1.5
    correlation_margin: float = 0.3
    scale_step: float = 0.1
    pause_multiple: float = 3.0
    resume_multiple: float = 2.0
    cool_down_s: float = 300.0


class LiveSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`inbox_max` bounds waiting client commands, and again waiting venue reports; `outbound_max` what waits for one
    venue. `turn_inputs_max` is the most that one turn of the loop hands to the engine. `switch_interval_s` is how long
    the engine may have to wait for a thread that looks something up. A journal that neither takes what waits for it nor
    fails for `journal_silence_s` hangs, which is told. A snapshot is taken when the desk is idle and
    `snapshot_idle_events` came since the last, and after `snapshot_events` in any case, for which everybody waits. Of
    orders that are over, `closed_orders_max` and a few more stay in memory.
    A desk that has not had a heartbeat for `heartbeat_timeout_s` goes into `heartbeat_mode`, as if somebody had set
    it: its clients may be dead. None: off, as for `risk_watch`.

    Venues that offer it are told to cancel our orders by themselves: when the connection has been lost for
    `cancel_on_disconnect_s`, and when nobody has told them for `cancel_all_after_s` that the desk is alive. None: not.
    """

    inbox_max: int = 10_000
    outbound_max: int = 10_000
    turn_inputs_max: int = 64
    call_timeout_s: float = 10.0
    connect_timeout_s: float = 5.0
    reconnect_first_s: float = 0.1
    reconnect_most_s: float = 10.0
    steady_after_s: float = 5.0
    journal_retry_first_s: float = 0.05
    journal_retry_most_s: float = 5.0
    journal_silence_s: float = 2.0
    snapshot_events: int = 1_000_000
    snapshot_idle_events: int = 20_000
    switch_interval_s: float = 0.0005
    closed_orders_max: int = 20_000
    heartbeat_timeout_s: float | None = None
    heartbeat_mode: Literal["reduce_only", "no_new", "cancel_all", "flatten", "halted"] = "cancel_all"
    risk_watch: RiskWatchSettings | None = None
    cancel_on_disconnect_s: float | None = None
    cancel_all_after_s: float | None = None
