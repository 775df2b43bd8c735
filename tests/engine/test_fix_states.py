"""FIX 4.4 Appendix D: every published order state change matrix, row by row, both alternatives where there are two."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from penstock.domain.orders import Ask, Order, OrderTerms, Request, Side, TimeInForce
from penstock.engine import fix_view, order_life
from penstock.engine.fix_view import Report
from penstock.engine.lifecycle import Kind

TABLES = json.loads((Path(__file__).parent / "fix_order_states.json").read_text())
KINDS = {name: kind for kind, name in fix_view.EXEC_TYPES.items()}
D = Decimal


class Trade(NamedTuple):
    quantity: Decimal
    price: Decimal
    day: int


class Broker:
    """The receiving side: takes the messages of a matrix's left column, and makes the reports of its right one."""

    def __init__(self, tif: TimeInForce) -> None:
        self.tif = tif
        self.orders: dict[str, Order] = {}
        self.executions: dict[str, list[Trade]] = {}
        self.asked: list[str] = []

    def order(self, cl_ord_id: str) -> Order | None:
        """The order that an id belongs to, also as a request that is pending or took effect."""
        for name, order in self.orders.items():
            if cl_ord_id == name or cl_ord_id in order.ids or any(r.request_id == cl_ord_id for r in order.requests):
                return order
        return None

    def receive(self, message: str, ids: list[str], quantity: int | None) -> None:
        if message == "New Order":
            self.asked.append(ids[0])
            if ids[0] not in self.orders:
                terms = OrderTerms(order_id=ids[0], symbol="S", side=Side.BUY, quantity=D(quantity or 0), tif=self.tif)
                self.orders[ids[0]] = Order(terms=terms, created_at=0)
        elif message in ("Cancel Request", "Replace Request"):
            order = self.order(ids[1])
            if order is None:
                return
            what = Ask.CANCEL if message == "Cancel Request" else Ask.REPLACE
            latest = order.latest
            terms = None if what is Ask.CANCEL else replaced(latest, D(quantity or 0))
            order_life.ask(order, Request(ids[0], what, 0, terms), 0)

    def send(self, row: dict[str, Any], ids: list[str]) -> Report:
        """Let what the row says happen, and report it."""
        cancel_reject = row["sent"].startswith("Cancel Reject")
        order = self.order(ids[-1] if len(ids) > 1 else ids[0])
        if row["exec_type"] == "Order Status":
            return fix_view.status(order)
        if order is None:
            return fix_view.unknown_cancel(ids[0], ids[1])
        if cancel_reject:
            what = next(request.ask for request in order.requests if request.request_id == ids[0])
            order_life.refuse(order, what, ids[0], 0)
            kind = Kind.REFUSE_CANCEL if what is Ask.CANCEL else Kind.REFUSE_REPLACE
            return fix_view.report(order, kind, request_id=ids[0])
        if row["exec_type"] == "Rejected" and self.asked.count(ids[0]) > 1:
            return fix_view.duplicate(order)
        kind = KINDS[row["exec_type"]]
        request_id = ids[0] if len(ids) > 1 else ""
        last = self.happen(order, kind, request_id, row)
        return fix_view.report(order, kind, last_qty=last, request_id=request_id)

    def happen(self, order: Order, kind: Kind, request_id: str, row: dict[str, Any]) -> Decimal:
        done = self.executions.setdefault(order.terms.order_id, [])
        if kind is Kind.FILL:
            price = price_in(row["comment"])
            order_life.fill(order, D(row["last_qty"]), price, D(0), 0)
            done.append(execution(order, D(row["last_qty"]), price))
            return D(row["last_qty"])
        if kind in (Kind.BUST, Kind.CORRECT):
            return self.amend_trade(order, kind, row, done)
        if kind in (Kind.CANCEL_PENDING, Kind.REPLACE_PENDING):
            order_life.acknowledge(order, Ask.CANCEL if kind is Kind.CANCEL_PENDING else Ask.REPLACE, request_id, 0)
        elif kind is Kind.REPLACE:
            asked = order_life.find(order, Ask.REPLACE, request_id)
            assert asked is not None
            assert asked.terms is not None
            order_life.replace(order, request_id, asked.terms.quantity, asked.terms.limit_price, 0)
        elif kind is Kind.RESTATE:
            factor = D(row["order_qty"]) / order.terms.quantity
            terms = replaced(order.terms, D(row["order_qty"]))
            order_life.restate(order, terms, order.cum_qty * factor, order.cum_value, 0)
        elif kind in (Kind.CANCEL, Kind.EXPIRE, Kind.REJECT):
            order_life.end(order, kind, "matrix", 0)
        else:
            order_life.advance(order, kind, 0)
        return D(0)

    def amend_trade(self, order: Order, kind: Kind, row: dict[str, Any], done: list[Trade]) -> Decimal:
        """A bust takes the oldest execution back; a correction finds the one whose change explains the row."""
        if kind is Kind.BUST:
            take_back(order, done.pop(0), kind)
            return D(0)
        corrected = D(row["last_qty"])
        change = D(row["cum_qty"]) - order.cum_qty
        old = next(each for each in done if corrected - each.quantity == change)
        take_back(order, old, kind)
        order_life.count(order, corrected, price_in(row["comment"]), D(0), today=old.day == order.day)
        done[done.index(old)] = execution(order, corrected, price_in(row["comment"]), old.day)
        return corrected


def execution(order: Order, quantity: Decimal, price: Decimal, day: int | None = None) -> Trade:
    return Trade(quantity, price, order.day if day is None else day)


def take_back(order: Order, trade: Trade, kind: Kind) -> None:
    order_life.advance(order, kind, 0)
    order_life.count(order, -trade.quantity, trade.price, D(0), today=trade.day == order.day)


def replaced(terms: OrderTerms, quantity: Decimal) -> OrderTerms:
    return OrderTerms(order_id=terms.order_id, symbol="S", side=Side.BUY, quantity=quantity, tif=terms.tif)


def price_in(comment: str) -> Decimal:
    words = comment.split()
    return D(words[words.index("LastPx") + 1]) if "LastPx" in words else D(120 if "AvgPx" in words else 1)


def ids_in(message: str) -> tuple[str, list[str]]:
    name, _, inside = message.partition("(")
    return name.strip(), inside.rstrip(")").split(",")


def branches(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Every way through a matrix: a row marked ALT ends the story where it stands, or is passed over."""
    ways = [
        [*(row for row in rows[:index] if not is_alternative(row)), rows[index]]
        for index in range(len(rows))
        if is_alternative(rows[index])
    ]
    return [*ways, [row for row in rows if not is_alternative(row)]]


def is_alternative(row: dict[str, Any]) -> bool:
    return bool(row["comment"].startswith("ALT"))


STORIES = [
    pytest.param(name, way, id=f"{name}-{number}")
    for name, rows in TABLES.items()
    for number, way in enumerate(branches(rows))
]


@pytest.mark.parametrize(("name", "rows"), STORIES)
def test_an_order_goes_through_the_published_states(name: str, rows: list[dict[str, Any]]) -> None:
    lives_for_days = any(row["t"].startswith("D") for row in rows)
    broker = Broker(TimeInForce.GTC if lives_for_days else TimeInForce.DAY)
    for row in rows:
        if row["recv"]:
            broker.receive(*ids_in(row["recv"]), row["order_qty"])
            continue
        said = broker.send(row, ids_in(row["sent"])[1])
        place = f"{name} row {row['t']}: {row['sent']}"
        assert said.exec_type == row["exec_type"], place
        assert said.ord_status == row["ord_status"], place
        for field in ("order_qty", "cum_qty", "leaves_qty", "last_qty"):
            if row[field] is not None:
                assert getattr(said, field) == row[field], f"{place}: {field}"
        check_comment(said, row["comment"], place)


def check_comment(said: Report, comment: str, place: str) -> None:
    """The matrices give average price and day quantities in words."""
    words = comment.replace(",", " ").split()
    for word, figure in (("AvgPx", said.avg_px), ("DayOrderQty", said.day_order_qty), ("DayCumQty", said.day_cum_qty)):
        if word in words:
            assert figure == D(words[words.index(word) + 1]), f"{place}: {word}"
