"""What an order asked for when it was first given, as the journal has it."""

import asyncio
from contextlib import closing

from penstock.api.running import RunningDesk
from penstock.domain.orders import OrderTerms
from penstock.journal import Record, history


async def original_terms(desk: RunningDesk, order_id: str) -> OrderTerms | None:
    """The terms under which an order was submitted; None if it is not on record."""
    return await asyncio.to_thread(_read, desk.reader(), order_id)


def _read(record: Record, order_id: str) -> OrderTerms | None:
    with closing(record):
        for _, event in history(record, order_id):
            terms: OrderTerms | None = getattr(event, "terms", None)
            if terms is not None and terms.order_id == order_id:  # its first event has the terms as they came
                return terms
    return None
