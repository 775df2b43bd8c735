"""What was to be done by when: the algorithm's own curve of an order, as it was when the order was taken."""

from penstock.algos import plan
from penstock.engine.hours import session_at
from penstock.tca.analysis import ParentCosts
from penstock.tca.record import SessionRecord

Curve = list[tuple[int, float]]  # (time in ns, share to be done)


def planned(session: SessionRecord, parent: ParentCosts) -> Curve:
    """The algorithm's own curve; empty where it follows the market instead."""
    record, started = parent.record, session.started
    return plan(
        record.terms,
        record.instrument.asset_class,
        (record.start, record.end),
        session_at(started, record.terms.symbol, record.start),
    )
