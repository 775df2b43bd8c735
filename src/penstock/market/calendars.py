"""When exchanges trade: from a calendar's name to sessions as data.

Holidays, half days and lunch breaks are those of `exchange_calendars`, named by their MIC (XNYS, XLON, XTKS...). It is
a slow import, so nothing but these functions asks it. What trades around the clock (`24/7`) has sessions of a UTC day.
"""

from difflib import get_close_matches

from penstock.domain.errors import BadInput
from penstock.domain.instrument import AssetClass, Instrument
from penstock.domain.sessions import SessionTimes
from penstock.domain.time import DAY, to_iso

AROUND_THE_CLOCK = "24/7"
USUAL = {
    AssetClass.SPOT: AROUND_THE_CLOCK,
    AssetClass.PERPETUAL: AROUND_THE_CLOCK,
    AssetClass.FX: "24/5",
}
US_EQUITIES = "XNYS"
MARGIN_DAYS = 10  # around the span asked for, so that a calendar never starts on a holiday


def calendar_of(instrument: Instrument) -> str:
    """The calendar that an instrument usually follows; its owner may know better."""
    return USUAL.get(instrument.asset_class, US_EQUITIES)


def sessions_between(calendar: str, start: int, end: int) -> tuple[SessionTimes, ...]:
    """The sessions that have some time in common with [start, end) (ns), oldest first.

    Raises:
        BadInput: no such calendar, or a span that it does not know.
    """
    if calendar == AROUND_THE_CLOCK:
        return tuple(SessionTimes(opens, opens + DAY) for opens in range(start // DAY * DAY, end, DAY))
    return tuple(session for session in _known(calendar, start, end) if session.closes > start and session.opens < end)


def _known(calendar: str, start: int, end: int) -> list[SessionTimes]:
    import exchange_calendars as exchanges  # slow to load, and most runs need no calendar

    names = exchanges.get_calendar_names()
    if calendar not in names:
        near = get_close_matches(calendar.upper(), names, 1)
        raise BadInput("calendar", "", "is unknown" + (f": did you mean {near[0]}?" if near else ""), calendar)
    first, last = (to_iso(at)[:10] for at in (start - MARGIN_DAYS * DAY, end + MARGIN_DAYS * DAY))
    try:
        table = exchanges.get_calendar(calendar, start=first, end=last).schedule
    except ValueError as error:
        raise BadInput("calendar", calendar, str(error)) from None
    sessions = []
    for opens, break_start, break_end, closes in table.itertuples(index=False):
        pause = () if break_start != break_start else ((break_start.value, break_end.value),)  # NaT: no break
        sessions.append(SessionTimes(opens.value, closes.value, pause))
    return sessions
