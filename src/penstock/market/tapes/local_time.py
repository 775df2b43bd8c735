"""Local times as UTC: after midnight in a zone, or a zone's wall clock; of an hour that comes twice, the first."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import polars as pl

from penstock.domain.time import SECOND

NEW_YORK = "America/New_York"
CHICAGO = "America/Chicago"


def midnight_ns(day: date, zone: str) -> int:
    """When a day begins there."""
    return int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp()) * SECOND


def wall_clock_ns(column: str, zone: str) -> pl.Expr:
    """A column of datetimes without a zone, as ns in UTC; a time that does not exist there is null."""
    local = pl.col(column).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return local.dt.epoch("ns")


def named_day(text: str) -> date | None:
    """`20131007` as a date, if it is one."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None
