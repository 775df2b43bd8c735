"""The live driver's bounds, each with its unit."""

from typing import Literal

import msgspec


class LiveSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`inbox_max` bounds waiting client commands, and again waiting venue reports; `outbound_max` what waits for one
    venue. `turn_inputs_max` is the most that one turn of the loop hands to the engine. `switch_interval_s` is how long
    the journal's thread may wait for the interpreter while the engine has it: every commit waits for that.
    Of orders that are over, `closed_orders_max` and a few more stay in memory. A desk that has not had a heartbeat for
    `heartbeat_timeout_s` goes into `heartbeat_mode`, as if somebody had set it: its clients may be dead. None: off.
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
    snapshot_events: int = 200_000
    switch_interval_s: float = 0.0005
    closed_orders_max: int = 20_000
    heartbeat_timeout_s: float | None = None
    heartbeat_mode: Literal["reduce_only", "no_new", "cancel_all", "flatten", "halted"] = "cancel_all"
