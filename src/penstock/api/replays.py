"""What an order asked for when it was first given, as the journal has it."""

import asyncio
from contextlib import closing

from penstock.api.running import RunningDesk
from penstock.domain.events import OrderDenied, OrderReceived
from penstock.domain.orders import OrderTerms
from penstock.journal import Record, history


async def original_terms(desk: RunningDesk, order_id: str) -> OrderTerms | None:
    """The terms under which an order was submitted; None if it is not on record."""
    return await asyncio.to_thread(_read, desk.reader(), order_id)


def _read(record: Record, order_id: str) -> OrderTerms | None:
    with closing(record):
        for _, event in history(record, order_id):
            if isinstance(event, OrderReceived | OrderDenied) and event.terms.order_id == order_id:
                return event.terms
    return None
