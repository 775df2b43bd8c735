"""Stories of one child order, a line a step: `what happens -> state cum_qty [ord_status] [! alerts]`."""

from decimal import Decimal
from typing import Any

from small_desk import START, D, opening, quote, terms

from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import Order
from penstock.domain.venue import Liquidity
from penstock.engine.desk import Desk
from penstock.engine.state import EngineState
from penstock.engine.venue_reports import take_report

PARENT_QUANTITY = 1000


class Story:
    """One child of a big parent: what we ask becomes an event at once, what the venue says comes as a report."""

    def __init__(self) -> None:
        self.desk = Desk(EngineState())
        self.desk.emit(opening())
        self.desk.emit(
            ev.OrderReceived(
                ts=START,
                terms=terms(PARENT_QUANTITY, "P"),
                arrival={"XA": quote()},
                arrival_price=D("10.00"),
                decision_price=D("10.00"),
                start=START,
                end=START + 1,
            )
        )
        self.desk.finish()

    @property
    def child(self) -> Order:
        return self.desk.state.orders["C"]

    def tell(self, words: list[str]) -> list[str]:
        """Let one thing happen; the codes of the alerts it raised."""
        verb, *rest = words
        numbers = [D(word) for word in rest if word[0].isdigit()]
        exec_id = next((word for word in rest if not word[0].isdigit() and word != "@"), "")
        if verb in ASKS:
            self.desk.emit(self.ask(verb, numbers))
        else:
            take_report(self.desk, self.said(verb, numbers, exec_id))
        events, _ = self.desk.finish()
        return [event.code for event in events if isinstance(event, ev.AlertRaised)]

    def ask(self, verb: str, numbers: list[Decimal]) -> ev.AnyEvent:
        if verb == "ask_cancel":
            return ev.CancelAsked(ts=START, order_id="C", reason="story")
        asked = terms(str(numbers[0]), "C", parent_id="P", venue="XA", limit_price=numbers[1])
        if verb == "ask_replace":
            return ev.ReplaceAsked(ts=START, order_id="C", terms=asked, quote=quote())
        return ev.ChildSubmitted(ts=START, terms=asked, quote=quote())

    def said(self, verb: str, numbers: list[Decimal], exec_id: str) -> rep.VenueReport:
        kind, fields = SAID[verb]
        if verb == "replace":
            fields = {"quantity": numbers[0], "limit_price": numbers[1]}
        if verb == "fill":
            fields = {"exec_id": exec_id, "last_qty": numbers[0], "last_px": numbers[1], **fields}
        return kind(ts=START, venue="XA", order_id="C", **fields)


ASKS = ("submit", "ask_cancel", "ask_replace")
SAID: dict[str, tuple[type[rep.VenueReport], dict[str, Any]]] = {
    "accept": (rep.Accepted, {"venue_order_id": "V"}),
    "reject": (rep.Refused, {"reason": "story"}),
    "fill": (rep.Fill, {"fee": D(0), "liquidity": Liquidity.MAKER, "traded_at": START}),
    "cancel": (rep.Canceled, {}),
    "expire": (rep.Expired, {}),
    "refuse_cancel": (rep.CancelRefused, {"reason": "story"}),
    "replace": (rep.Replaced, {}),
    "refuse_replace": (rep.ReplaceRefused, {"reason": "story"}),
}


def play(story: str) -> Order:
    """Play a story and check every line of it; the child order as it ended."""
    played = Story()
    for line in filter(None, map(str.strip, story.splitlines())):
        happens, _, expected = line.partition("->")
        alerts = played.tell(happens.split())
        after, _, alerted = expected.partition("!")
        state, cum_qty, *status = after.split()
        child = played.child
        pending = child.pending()
        state_now = child.state.value if pending is None else f"pending_{pending}"
        got = (state_now, child.cum_qty, child.ord_status if status else None, alerts)
        assert got == (state, D(cum_qty), status[0] if status else None, alerted.split()), line
        parent = played.desk.state.orders["P"]
        assert parent.cum_qty == child.cum_qty, line
        assert (child.open_qty > 0) == ("C" in played.desk.state.parents["P"].open_children), line
    return played.child
