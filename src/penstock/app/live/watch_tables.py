"""What a file of limits says of the live desk's own watch: two tables beside the limits, each of which switches one on.

[watch]
pause_multiple = 2.5      # what is left out keeps its default

[heartbeat]
timeout_s = 30
mode = "cancel_all"
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

import msgspec

from penstock.app.live.settings import LiveSettings, RiskWatchSettings
from penstock.app.row import refuse_unknown
from penstock.domain.errors import BadInput
from penstock.risk.document import number_of, table_of

TABLES = ("watch", "heartbeat")


class Rule(NamedTuple):
    """Bounds that are allowed, the unit, and what the setting means."""

    least: float
    most: float
    unit: str
    meaning: str


WATCH_RULES = {
    "volatility_sample_s": Rule(0.1, 3600, "s", "how far apart the mids are whose returns are measured"),
    "short_samples": Rule(2, 100_000, "returns", "how many of the latest are the short window"),
    "long_run_samples": Rule(4, 1_000_000, "returns", "how many are kept at most, the short window included"),
    "history_samples_min": Rule(2, 1_000_000, "returns", "how many of the long run must be known to say anything"),
    "rough_multiple": Rule(1, 1000, "×", "limits shrink above so many times the long run's volatility"),
    "correlation_margin": Rule(0, 2, "", "the desk's limits shrink once the average correlation is so far above usual"),
    "scale_step": Rule(0.01, 1, "share", "a scale changes by steps of at least so much"),
    "pause_multiple": Rule(1, 1000, "×", "a symbol is paused above so many times the long run's volatility"),
    "resume_multiple": Rule(0, 1000, "×", "and goes on below so many"),
    "cool_down_s": Rule(0, 86_400, "s", "what loosens waits for so long"),
}
WHOLE = ("short_samples", "long_run_samples", "history_samples_min")
HEARTBEAT_MODES: tuple[str, ...] = get_args(LiveSettings.__annotations__["heartbeat_mode"])
TIMEOUT = Rule(0.1, 86_400, "s", "without a heartbeat for so long, the desk goes into `mode`")


class Watch(NamedTuple):
    """What the tables ask for; None: that one is off."""

    risk_watch: RiskWatchSettings | None = None
    heartbeat_timeout_s: float | None = None
    heartbeat_mode: str = "cancel_all"

    def settings(self, asked: LiveSettings) -> LiveSettings:
        """The settings asked for otherwise, with what the file says."""
        return msgspec.structs.replace(
            asked,
            risk_watch=self.risk_watch or asked.risk_watch,
            heartbeat_timeout_s=self.heartbeat_timeout_s,
            heartbeat_mode=self.heartbeat_mode,
        )


def read_watch(document: Mapping[str, Any], where: str) -> Watch:
    """The tables of a file of limits that are the live desk's.

    Raises:
        BadInput: an unknown name, a value of the wrong type or out of range, or settings that contradict each other.
    """
    found = Watch()
    if "watch" in document:
        found = found._replace(risk_watch=_risk_watch(table_of(where, "watch", document["watch"]), f"{where}: [watch]"))
    if "heartbeat" in document:
        table, place = table_of(where, "heartbeat", document["heartbeat"]), f"{where}: [heartbeat]"
        for name in table:
            refuse_unknown(place, name, ("timeout_s", "mode"))
        if "timeout_s" not in table:
            raise BadInput(
                place, "timeout_s", "is required: the seconds without a heartbeat after which the mode holds"
            )
        mode = table.get("mode", found.heartbeat_mode)
        if mode not in HEARTBEAT_MODES:
            raise BadInput(place, "mode", f"must be one of {', '.join(HEARTBEAT_MODES)}", mode)
        timeout = _number(place, "timeout_s", table["timeout_s"], TIMEOUT)
        found = found._replace(heartbeat_timeout_s=timeout, heartbeat_mode=mode)
    return found


def _risk_watch(table: Mapping[str, Any], place: str) -> RiskWatchSettings:
    given: dict[str, Any] = {}
    for name, value in table.items():
        refuse_unknown(place, name, tuple(WATCH_RULES))
        number = _number(place, name, value, WATCH_RULES[name])
        if name in WHOLE and number != int(number):
            raise BadInput(place, name, "must be a whole number", value)
        given[name] = int(number) if name in WHOLE else number
    settings = RiskWatchSettings(**given)
    if settings.resume_multiple >= settings.pause_multiple:
        rule = f"must be below pause_multiple ({settings.pause_multiple:g})"
        raise BadInput(place, "resume_multiple", rule, settings.resume_multiple)
    before = settings.long_run_samples - settings.short_samples
    if settings.history_samples_min > before:
        rule = f"must be at most the {before} of long_run_samples that are not in the short window"
        raise BadInput(place, "history_samples_min", rule, settings.history_samples_min)
    return settings


def _number(place: str, name: str, value: Any, rule: Rule) -> float:
    number = number_of(place, name, value)
    if not rule.least <= number <= rule.most:
        raise BadInput(place, name, f"must be from {rule.least:g} to {rule.most:g}", value)
    return float(number)
