"""A file of the orders sent to venues: what became of each, and when: for rates and latencies."""

from pathlib import Path

import polars as pl

from penstock.tca.imports.columns import FILL_NAMES, Names, renamed
from penstock.tca.imports.fills_file import HEADER_LINES
from penstock.tca.imports.tables import numbers, read_table
from penstock.tca.imports.times import to_ns
from penstock.tca.study.exclusions import Exclusions
from penstock.tca.study.frames import ROUTES, completed

TIMES = ("decided", "sent", "acked", "filled", "ended")
NAMES: Names = {
    "order_id": FILL_NAMES["order_id"],
    "venue": FILL_NAMES["venue"],
    "quantity": ("quantity", "qty", "order_qty", "order_quantity", "shares", "size"),
    "filled": ("filled", "filled_qty", "cum_qty", "executed_quantity", "executed_qty"),
    "status": ("status", "ord_status", "state"),
    "decided_time": ("decided_ts", "decided_at", "decision_time", "created_at"),
    "sent_time": ("sent_ts", "sent_at", "sent_time", "submitted_at", "transact_time", "time", "timestamp"),
    "acked_time": ("acked_ts", "acked_at", "ack_time", "accepted_at", "acknowledged_at"),
    "filled_time": ("filled_ts", "filled_at", "first_fill_time", "first_fill_at"),
    "ended_time": ("ended_ts", "ended_at", "end_time", "done_at", "canceled_at"),
}
STATUSES = {
    **dict.fromkeys(("rejected", "reject", "8"), "rejected"),
    **dict.fromkeys(("timed_out", "timeout", "timed out", "time-out"), "timed_out"),
    **dict.fromkeys(("filled", "2"), "filled"),
    **dict.fromkeys(("canceled", "cancelled", "4"), "canceled"),
    **dict.fromkeys(("expired", "c"), "expired"),
}


def read_routes(path: Path, zone: str, exclusions: Exclusions) -> pl.DataFrame:
    """The sound rows as `study.frames.ROUTES`; a time that cannot be read is not known, and is told.

    Raises:
        BadInput: no such file, or a needed column is missing.
    """
    raw = renamed(read_table(path), NAMES, str(path), (("order_id",), ("venue",), ("quantity",), ("status",)))
    raw = raw.with_row_index("_line", offset=HEADER_LINES)
    words = raw["status"].cast(pl.String).str.strip_chars().str.to_lowercase()
    frame = raw.with_columns(
        pl.col("order_id").cast(pl.String),
        pl.col("venue").cast(pl.String).fill_null(""),
        words.replace_strict(STATUSES, default=words).alias("status"),
        *(numbers(raw[name]).alias(name) for name in ("quantity", "filled") if name in raw.columns),
    )
    for name in TIMES:
        if f"{name}_time" in raw.columns:
            ns, zoneless = to_ns(raw[f"{name}_time"], zone, path.name)
            unread = ns.is_null() & raw[f"{name}_time"].is_not_null() & ~zoneless
            for rule, wrong in (("mixed_time_zones", zoneless), ("bad_time", unread)):
                for line, said in raw.filter(wrong).select("_line", f"{name}_time").iter_rows():
                    exclusions.add(rule, path.name, f"line {line}", said)
            frame = frame.with_columns(ns.alias(f"{name}_ts"))
    broken = ~(pl.col("quantity") > 0).fill_null(False)
    for line in frame.filter(broken)["_line"]:
        exclusions.add("bad_quantity", path.name, f"line {line}")
    return completed(frame.filter(~broken), ROUTES)
