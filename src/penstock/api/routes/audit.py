"""The audit: what happened, from the journal; and who called, from the server's own record."""

import asyncio
from contextlib import closing
from itertools import islice
from typing import Annotated, Any

import msgspec
from fastapi import Query, Request

from penstock.api import schemas as s
from penstock.api.cursor import cursor_of, shown_cursor
from penstock.api.guard import router, service_of
from penstock.api.json import Json
from penstock.api.order_form import wrong
from penstock.domain.time import from_iso, to_iso
from penstock.journal import Numbered, Record
from penstock.journal.history import history
from penstock.journal.search import Wanted, search

routes = router()

TimeQuery = Annotated[str | None, Query(max_length=40, description="ISO-8601 with a zone")]
FOREVER = 2**62


@routes.get("/audit/events", response_model=s.EventPage, tags=["audit"])
async def search_events(
    request: Request,
    kind: Annotated[str, Query(max_length=40, description="such as `OrderReceived` or `ModeChanged`")] = "",
    symbol: Annotated[str, Query(max_length=64)] = "",
    order_id: Annotated[str, Query(max_length=64)] = "",
    text: Annotated[str, Query(max_length=100)] = "",
    since: TimeQuery = None,
    until: TimeQuery = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Json:
    """Events on record, oldest first, by what they are and say; `order_id` gives all of one order's life."""
    service = service_of(request)
    wanted = Wanted(kind=kind, symbol=symbol, since=moment("since", since), until=moment("until", until), text=text)
    skip = 0 if cursor is None else cursor_of(cursor, int)
    found = await asyncio.to_thread(_found, service.desk.reader(), order_id, wanted, skip, limit)
    events = [
        {"seq": seq, "time": to_iso(event.ts), "kind": type(event).__name__, "data": msgspec.to_builtins(event)}
        for seq, event in found
    ]
    more = shown_cursor(found[-1][0]) if len(found) == limit else None
    return Json({"events": events, "next_cursor": more})


def _found(record: Record, order_id: str, wanted: Wanted, after: int, most: int) -> list[Numbered]:
    with closing(record):
        if order_id:
            return [each for each in history(record, order_id) if each.seq > after][:most]
        return list(islice(search(record, wanted, after), most))


@routes.get("/audit/calls", response_model=s.CallPage, tags=["audit"])
async def search_calls(
    request: Request,
    caller: Annotated[str, Query(max_length=64)] = "",
    since: TimeQuery = None,
    until: TimeQuery = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Json:
    """Calls of the API, newest first: `until` the oldest of a page leads on to the next."""
    service = service_of(request)
    begin, end = moment("since", since) or 0, moment("until", until) or FOREVER
    rows = await asyncio.to_thread(_calls, service, caller, begin, end, limit)
    calls = [row | {"at": to_iso(row["at"])} for row in rows]
    return Json({"calls": calls, "next_cursor": None})


def _calls(service: Any, caller: str, since: int, until: int, most: int) -> list[dict[str, Any]]:
    service.calls.flush()
    found: list[dict[str, Any]] = service.store.calls(caller, since, until, most)
    return found


def moment(field: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return from_iso(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise wrong(field, "must be ISO-8601 with a zone, such as 2026-01-31T09:30:00Z", f"?{field}") from None
