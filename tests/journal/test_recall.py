"""An archived order is found again in every journal, as it was, by its own id or its client's."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from desk_day import START, D, child, opening, parent
from msgspec import structs

from penstock.domain import events as ev
from penstock.domain.orders import OrderTerms, OrderType, Side
from penstock.engine.effects import Recall
from penstock.engine.families import family_of
from penstock.engine.recall import Recalled
from penstock.journal import WritableRecord, history, open_journal, replay
from penstock.journal.recall import look_through, look_up
from penstock.journal.replay import recovery, save_snapshot

Opener = Callable[[], WritableRecord]


def named(order_id: str, client_order_id: str | None, ts: int) -> ev.OrderReceived:
    """A parent of one child."""
    received = parent(order_id, ts)
    terms = structs.replace(received.terms, client_order_id=client_order_id, quantity=D(100))
    return structs.replace(received, terms=terms)


def days() -> list[ev.AnyEvent]:
    """Three sessions: an order that lives through two of them, one that was denied, and several between them."""
    first, later = child("P1", 1, START + 10), child("P1", 2, START + 50)
    bust = ev.FillBusted(ts=START + 60, order_id="P1-001", venue="XA", exec_id="EP1-001", reason="error")
    denied = ev.OrderDenied(
        ts=START + 45,
        terms=OrderTerms(
            order_id="D1",
            symbol="ACME",
            side=Side.BUY,
            quantity=D(5),
            order_type=OrderType.MARKET,
            client_order_id="client-d",
        ),
        code="halted",
        reason="the desk is halted",
    )
    return [
        opening(),
        ev.AlertRaised(ts=START + 4, severity="warning", code="cancel_refused", text="it is unknown", order_id="P1"),
        named("P1", "client-1", START + 5),
        *first,
        named("P2", "client-2", START + 20),
        *child("P2", 1, START + 21),
        structs.replace(opening(), ts=START + 40, seed=8),
        denied,
        *later,
        bust,
        structs.replace(opening(), ts=START + 70, seed=9),
        named("P1-X", None, START + 80),
        *child("P1-X", 1, START + 81),
        ev.OrdersArchived(ts=START + 90, order_ids=("P2", "P1-X", "D1")),
        ev.RecallAsked(ts=START + 91, order_id="P2", waiting={"type": "CancelOrder", "ts": 0, "order_id": "P2"}),
        ev.OrderRecalled(ts=START + 92, order_id="P2", family={}),
    ]


EVENTS = days()
WHOLE = replay(EVENTS[:-3])


def filled(journal: WritableRecord, batch: int = 4) -> WritableRecord:
    for first in range(0, len(EVENTS), batch):
        journal.append(EVENTS[first : first + batch])
    return journal


@pytest.mark.parametrize("batch", [1, 4, 100])
@pytest.mark.parametrize("order_id", ["P1", "P2", "P1-X", "D1"])
def test_an_order_is_found_as_it_was(opener: Opener, order_id: str, batch: int) -> None:
    journal = filled(opener(), batch)
    found = look_up(journal, Recall(order_id=order_id))
    assert found.family == family_of(WHOLE, order_id) is not None
    assert look_through(EVENTS, Recall(order_id=order_id)) == found
    journal.close()


@pytest.mark.parametrize(("client", "order_id"), [("client-1", "P1"), ("client-2", "P2"), ("client-d", "D1")])
def test_an_order_is_found_by_what_its_client_calls_it(opener: Opener, client: str, order_id: str) -> None:
    journal = filled(opener())
    found = look_up(journal, Recall(client_order_id=client))
    assert found == Recalled(ts=0, client_order_id=client, family=family_of(WHOLE, order_id))
    assert look_through(EVENTS, Recall(client_order_id=client)) == found
    journal.close()


@pytest.mark.parametrize("recall", [Recall(order_id="P9"), Recall(order_id="P1-001"), Recall(client_order_id="P1")])
def test_what_is_no_parent_on_record_is_not_found(opener: Opener, recall: Recall) -> None:
    journal = filled(opener())
    assert look_up(journal, recall).family is None
    assert look_through(EVENTS, recall).family is None
    journal.close()


def test_an_order_is_found_with_what_was_written_since(opener: Opener) -> None:
    journal = opener()
    journal.append(EVENTS[:3])
    assert look_up(journal, Recall(order_id="P1")).family == family_of(replay(EVENTS[:3]), "P1")
    journal.append(EVENTS[3:])
    assert look_up(journal, Recall(order_id="P1")).family == family_of(WHOLE, "P1")
    journal.close()


def test_the_history_of_an_order_tells_of_its_recalls_and_not_of_sessions(opener: Opener) -> None:
    journal = filled(opener())
    kinds = [type(event).__name__ for _, event in history(journal, "P2")]
    assert kinds[-2:] == ["RecallAsked", "OrderRecalled"]
    assert "SessionStarted" not in kinds
    journal.close()


def test_another_connection_reads_the_same(opener: Opener) -> None:
    journal = filled(opener())
    reader = journal.reader()
    assert look_up(reader, Recall(order_id="P2")).family == family_of(WHOLE, "P2")
    reader.close()
    journal.close()


def test_an_index_of_an_older_version_is_made_anew(place: Path | str) -> None:
    journal = filled(open_journal(place))
    assert history(journal, "P1")
    older = ["DELETE FROM index_clients", "DELETE FROM index_version"]
    if isinstance(place, Path):
        with closing(sqlite3.connect(place.with_name(place.name + "-index"), isolation_level=None)) as db:
            for statement in older:
                db.execute(statement)
    else:
        with psycopg.connect(place, autocommit=True) as server:
            for statement in older:
                server.execute(statement)
    assert look_up(journal, Recall(client_order_id="client-2")).family == family_of(WHOLE, "P2")
    journal.close()


def test_what_was_archived_is_archived_after_a_recovery_and_from_a_snapshot(opener: Opener) -> None:
    journal = opener()
    journal.append([*EVENTS[:-2]])
    state = recovery(journal).state
    assert set(state.orders) == {"P1", "P1-001", "P1-002"}
    assert "P2" in state.archived.orders
    assert "client-2" in state.archived.clients
    assert {execution.order_id for execution in state.executions.values()} == {"P1-001", "P1-002"}
    save_snapshot(journal, state)
    again = recovery(journal)
    assert again.snapshot_seq == state.seq
    assert again.state.state_hash() == state.state_hash() == replay(EVENTS[:-2]).state_hash()
    journal.close()
