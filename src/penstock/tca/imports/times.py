"""Times as people write them, to nanoseconds UTC: ISO-8601 with a zone, without one, or a number since the epoch.

A number's unit follows from its size (seconds, milli-, micro- or nanoseconds between the years 1973 and 5138). A text
without a zone is taken in the zone that was given for the file, unless other rows of the file have one: then nobody
knows what it means, and the row is left out.
"""

import polars as pl

from penstock.domain.errors import BadInput

ZONED = r"(?i)(z|utc|[+-]\d{2}:?\d{2})$"
DATED = r"^\d{4}-?\d{2}"
NUMBER = r"^-?\d+(\.\d+)?$"
UNITS = ((1e11, 1_000_000_000), (1e14, 1_000_000), (1e17, 1_000), (float("inf"), 1))


def to_ns(column: pl.Series, zone: str, where: str) -> tuple[pl.Series, pl.Series]:
    """Nanoseconds, null where a time cannot be read, and which rows lack a zone that others have.

    Raises:
        BadInput: the zone is not known.
    """
    nowhere = pl.Series([False]).new_from_index(0, len(column))
    try:
        if isinstance(column.dtype, pl.Datetime):
            aware = column if column.dtype.time_zone else column.dt.replace_time_zone(zone, ambiguous="earliest")
            return aware.dt.convert_time_zone("UTC").dt.cast_time_unit("ns").to_physical(), nowhere
        if column.dtype == pl.Date:
            return column.cast(pl.Datetime("ns")).dt.replace_time_zone(zone).dt.convert_time_zone(
                "UTC"
            ).to_physical(), nowhere
        if column.dtype.is_integer():
            return _scaled(column.cast(pl.Int64), None), nowhere
        if column.dtype.is_numeric():
            whole = column.floor()
            return _scaled(whole.cast(pl.Int64, strict=False), ((column - whole) * 1e9).round().cast(pl.Int64)), nowhere
        return _texts(column.cast(pl.String).str.strip_chars(), zone)
    except pl.exceptions.ComputeError as error:
        if "zone" not in str(error):
            raise
        raise BadInput(where, "time zone", "is not known: give a name such as Europe/London", zone) from None


def _texts(text: pl.Series, zone: str) -> tuple[pl.Series, pl.Series]:
    fast = _alike(text)
    if fast is not None:
        return fast, pl.Series([False]).new_from_index(0, len(text))
    number = text.str.contains(NUMBER).fill_null(False)
    zoned = text.str.contains(ZONED).fill_null(False) & ~number
    plain = ~zoned & ~number & text.str.contains(DATED).fill_null(False)
    ns = pl.Series([None] * len(text), dtype=pl.Int64)
    if number.any():
        ns = _epoch(text.set(~number, None))
    if zoned.any():
        ns = ns.zip_with(~zoned, _zoned(text))
    if plain.any() and not zoned.any():
        ns = ns.zip_with(~plain, _plain(text, zone))
        return ns, pl.Series([False] * len(text), dtype=pl.Boolean)
    return ns, plain


def _alike(text: pl.Series) -> pl.Series | None:
    """Where all cells are whole numbers, or all are ISO-8601 with a Z, as most tapes have them; else None."""
    whole = text.cast(pl.Int64, strict=False)
    if not whole.has_nulls():
        return _scaled(whole, None)
    zulu = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ns", strict=False)
    return None if zulu.has_nulls() else zulu.to_physical()


def _zoned(text: pl.Series) -> pl.Series:
    tidy = text.str.replace(r"(?i)\s*(z|utc)$", "+00:00").str.replace(r"([+-]\d{2})(\d{2})$", "$1:$2")
    tidy = tidy.str.replace(r"\s+([+-])", "$1").str.replace(" ", "T")
    return (
        tidy.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="ns", strict=False)
        .dt.convert_time_zone("UTC")
        .to_physical()
    )


def _plain(text: pl.Series, zone: str) -> pl.Series:
    tidy = (
        text.str.replace(" ", "T")
        .str.replace(r"^(\d{4})(\d{2})(\d{2})", "$1-$2-$3")
        .str.replace(r"^(\d{4}-\d\d-\d\d)$", "${1}T00:00:00")
    )
    local = tidy.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="ns", strict=False)
    return (
        local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        .dt.convert_time_zone("UTC")
        .to_physical()
    )


def _epoch(text: pl.Series) -> pl.Series:
    """Whole part and fraction apart, so that nanoseconds survive."""
    whole = text.str.extract(r"^(-?\d+)").cast(pl.Int64, strict=False)
    fraction = (
        text.str.extract(r"\.(\d+)$").fill_null("").str.pad_end(9, "0").str.slice(0, 9).cast(pl.Int64, strict=False)
    )
    return _scaled(whole, fraction)


def _scaled(whole: pl.Series, fraction: pl.Series | None) -> pl.Series:
    """Whole units, and billionths of one, in the unit that their size tells."""
    frame = pl.DataFrame({"whole": whole, "fraction": 0 if fraction is None else fraction})
    expression = pl.lit(None, dtype=pl.Int64)
    for below, unit in reversed(UNITS):
        value = pl.col("whole") * unit + pl.col("fraction") * unit // 1_000_000_000
        expression = pl.when(pl.col("whole").abs() < below).then(value).otherwise(expression)
    return frame.select(expression.alias("ns")).to_series()
