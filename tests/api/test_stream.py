"""The stream: who hears of what, from a snapshot on or behind a number, without a gap and without a double."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from serving import Caller, Listening, Server, bearer
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from penstock.api.callers import Caller as Calling
from penstock.api.permissions import PREFIX, Role
from penstock.api.reach import Acting
from penstock.api.service import ApiSettings
from penstock.api.stream import past
from penstock.api.stream.client import Client
from penstock.api.stream.messages import NO_ORDER, About, Subscribe, Topic, route_of, unknown
from penstock.api.users import Grant, User
from penstock.app.live.settings import LiveSettings

ALL = ["orders", "fills", "executions"]


@pytest.fixture(scope="module")
def trader(server: Server) -> Caller:
    return server.caller("streamer", Role.TRADER, Grant(account="stream", trade=True))


def told(stream: Listening, last: str) -> list[dict[str, Any]]:
    """Every event up to the first with this name."""
    events = [stream.next()]
    while events[-1]["event"] != last:
        events.append(stream.next())
    return events


def test_a_snapshot_comes_first_and_then_everything_after_it(trader: Caller) -> None:
    resting = trader.order(account_id="stream")
    with trader.stream(topics=["orders"], id="mine") as stream:
        subscribed, snapshot = stream.next("subscribed"), stream.next("snapshot")
        assert subscribed["id"] == "mine"
        assert snapshot["seq"] == subscribed["seq"] >= resting["seq"]
        assert resting["order_id"] in {order["order_id"] for order in snapshot["data"]}
        trader.done("DELETE", f"/orders/{resting['order_id']}", {})
        events = told(stream, "ended")
        assert [event["event"] for event in events] == ["stopping", "ended"]
        assert all(event["seq"] > snapshot["seq"] for event in events)
        assert {event["order_id"] for event in events} == {resting["order_id"]}


def test_a_client_goes_on_behind_the_last_number_it_saw(trader: Caller) -> None:
    with trader.stream(topics=ALL) as stream:
        begin = stream.next("subscribed")["seq"]
        order = trader.order(account_id="stream")
        trader.done("DELETE", f"/orders/{order['order_id']}", {})
        whole = told(stream, "ended")
    for cut in range(len(whole)):
        since = begin if cut == 0 else whole[cut - 1]["seq"]
        with trader.stream(topics=ALL, since=since) as stream:
            assert told(stream, "ended") == whole[cut:]


def test_what_is_no_longer_in_memory_is_read_from_the_journal(server: Server, trader: Caller) -> None:
    order = trader.order(account_id="stream")
    trader.done("DELETE", f"/orders/{order['order_id']}", {})
    with trader.stream(topics=ALL, since=0) as stream:
        from_memory = told(stream, "ended")
    past = server.parts.service.hub.past
    kept = list(past._kept)
    past._kept.clear()
    past._chunks.clear()
    try:
        with trader.stream(topics=ALL, since=0) as stream:
            assert told(stream, "ended") == from_memory
    finally:
        past._kept.extend(kept)


@pytest.mark.parametrize("remembered", [100_000, 0])
def test_orders_that_left_memory_since_are_told_as_they_were(tmp_path: Path, remembered: int) -> None:
    """To their owner, to whoever may see their account, and to nobody else."""
    api = ApiSettings(requests_per_second=100_000, stream_kept_events=remembered)
    server = Server(tmp_path / "desk.db", api, settings=LiveSettings(closed_orders_max=4)).start()
    try:
        owner = server.caller("owner", Role.TRADER, Grant(account="mine", trade=True))
        manager = server.caller("manager", Role.TRADER, Grant(account="mine"))
        stranger = server.caller("stranger", Role.TRADER, Grant(account="other", trade=True))
        with owner.stream(topics=ALL, accounts=["mine"]) as stream:
            begin = stream.next("subscribed")["seq"]
            early = owner.order(account_id="mine")  # its beginning was seen, its end will be missed
            middle = stream.next()["seq"]
            for number in range(6):
                owner.order(account_id="mine", quantity=1 + number, price=None)
            owner.done("DELETE", f"/orders/{early['order_id']}", {})
            live = [stream.next()]
            while live[-1]["event"] != "ended" or live[-1]["order_id"] != early["order_id"]:
                live.append(stream.next())
        for _ in range(12):
            stranger.order(account_id="other", price=None)
        archived = server.parts.driver.state.archived
        assert len({event["order_id"] for event in live if event["order_id"] in archived}) >= 6
        for since in (begin, middle, live[len(live) // 2]["seq"]):
            wanted = [event for event in live if event["seq"] > since]
            for who, filters in ((owner, {}), (owner, {"accounts": ["mine"]}), (manager, {"symbols": ["ACME"]})):
                with who.stream(topics=ALL, since=since, **filters) as again:
                    told = [again.next() for _ in range(len(wanted) + (since == begin))]
                assert told[since == begin :] == wanted
        with stranger.stream(topics=ALL, since=0) as others:
            assert {others.next()["account_id"] for _ in range(12)} == {"other"}
    finally:
        server.stop()


def test_a_denied_child_is_told_to_its_parents_account(server: Server) -> None:
    caller = server.caller("meets-own", Role.TRADER, Grant(account="own", trade=True))
    denied: list[dict[str, Any]] = []
    while not denied:  # the market may move away between two orders
        quotes = caller.done("GET", "/market-data/ACME")["venues"]
        venue = max(quotes, key=lambda name: quotes[name]["bid"])
        own = {"account_id": "own", "price": quotes[venue]["bid"], "venues": [venue]}
        resting = caller.order(**own)
        with caller.stream(topics=["orders", "fills"], accounts=["own"], since=resting["seq"]) as stream:
            selling = caller.order(side="sell", **own)
            for order in (selling, resting):
                caller.ask("DELETE", f"/orders/{order['order_id']}", {})
            event = stream.next()
            while event["order_id"] != selling["order_id"] or event["event"] not in ("ended", "fill"):
                denied += [event] if event["event"] == "denied" else []
                event = stream.next()
    assert (denied[0]["order_id"], denied[0]["data"]["code"]) == (selling["order_id"], "self_trade")


def test_filters_leave_out_what_was_not_asked_for(trader: Caller) -> None:
    with (
        trader.stream(topics=["orders"], symbols=["GLOBEX"]) as by_symbol,
        trader.stream(topics=["fills"]) as by_topic,
        trader.stream(topics=ALL, accounts=["another"]) as by_account,
    ):
        for stream in (by_symbol, by_topic, by_account):
            stream.next("subscribed")
        trader.order(account_id="stream")
        wanted = trader.order(account_id="stream", symbol="GLOBEX", price=50)
        assert stream_of(by_symbol)["order_id"] == wanted["order_id"]
        bought = trader.order(account_id="stream", symbol="GLOBEX", quantity=3, price=None)
        fill = stream_of(by_topic)
        assert (fill["order_id"], fill["topic"]) == (bought["order_id"], "fills")
        by_account.say(do="ping", id=7)
        assert json.loads(by_account.socket.recv(timeout=5))["type"] in ("pong", "snapshot")


def stream_of(stream: Listening) -> dict[str, Any]:
    return stream.next()


def test_one_order_can_be_followed_by_its_id(trader: Caller) -> None:
    one, other = trader.order(account_id="stream"), trader.order(account_id="stream")
    with trader.stream(topics=["orders"], order_ids=[one["order_id"]], since=one["seq"]) as stream:
        stream.next("subscribed")
        trader.done("DELETE", f"/orders/{other['order_id']}", {})
        trader.done("DELETE", f"/orders/{one['order_id']}", {})
        assert {event["order_id"] for event in told(stream, "ended")} == {one["order_id"]}


def test_nobody_hears_of_other_peoples_orders(server: Server, trader: Caller) -> None:
    stranger = server.caller("stream-stranger", Role.TRADER, Grant(account="elsewhere", trade=True))
    overseer = server.caller("stream-risk", Role.RISK)
    with stranger.stream(topics=ALL) as hidden, overseer.stream(topics=ALL) as seen:
        assert hidden.next("snapshot")["data"] == []
        hidden.next("snapshot")
        seen.next("subscribed")
        order = trader.order(account_id="stream")
        assert seen.next()["order_id"] == order["order_id"]
        own = stranger.order(account_id="elsewhere")
        assert hidden.next()["order_id"] == own["order_id"]


def test_quotes_come_as_a_picture_of_now(trader: Caller) -> None:
    with trader.stream(topics=["market_data"], symbols=["ACME"]) as stream:
        first = stream.next("market")
        assert first["data"]["symbol"] == "ACME"
        assert first["seq"] is None
        assert stream.next("market")["data"]["timestamp"] >= first["data"]["timestamp"]


def test_the_kill_switch_is_told_as_an_alert(server: Server, trader: Caller) -> None:
    risk = server.caller("stream-risk", Role.RISK)
    with trader.stream(topics=["alerts"]) as stream:
        stream.next("subscribed")
        risk.done("POST", "/risk/kill", {"reason": "a test", "scope": "account/elsewhere", "mode": "no_new"})
        event = stream.next()
        assert (event["event"], event["data"]["scope"]) == ("mode", "account/elsewhere")
        risk.done(
            "POST",
            "/risk/mode",
            {"reason": "over", "scope": "account/elsewhere", "mode": "active", "reset": True},
        )


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"do": "subscribe", "topics": ["everything"]}, "bad_input"),
        ({"do": "subscribe"}, "bad_input"),
        ({"do": "dance"}, "bad_input"),
        ({"do": "subscribe", "topics": ["orders"], "since": 10**12}, "unknown_sequence"),
        ({"do": "subscribe", "topics": ["orders"], "since": -1}, "unknown_sequence"),
    ],
)
def test_what_cannot_be_done_is_said_and_the_connection_stays(trader: Caller, said: dict[str, Any], code: str) -> None:
    with trader.stream(topics=["fills"]) as stream:
        stream.next("subscribed")
        stream.say(**said)
        assert stream.next("error")["code"] == code
        stream.say(do="ping")
        assert stream.next("pong")


def test_nobody_is_let_in_without_a_key(server: Server) -> None:
    url = server.url.replace("http", "ws", 1) + PREFIX + "/stream"
    with pytest.raises(InvalidStatus), connect(url, additional_headers=bearer("psk_wrong")):
        pass
    with connect(url) as socket:
        socket.send(json.dumps({"do": "subscribe", "topics": ["orders"]}))
        assert json.loads(socket.recv(timeout=5))["code"] == "not_authenticated"
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
    with connect(url) as socket:
        socket.send(json.dumps({"do": "auth", "token": server.key("by-message", Role.VIEWER)}))
        assert json.loads(socket.recv(timeout=5))["user_id"] == "by-message"


def test_signs_of_life_and_the_end_of_a_caller(tmp_path: Path) -> None:
    settings = ApiSettings(heartbeat_s=0.05, stream_messages_max=3, requests_per_second=10_000)
    server = Server(tmp_path / "desk.db", settings).start()
    try:
        trader = server.caller("t", Role.TRADER, Grant(account="main", trade=True))
        with trader.stream(topics=["orders"]) as stream:
            beat = stream.next("heartbeat")
            order = trader.order()
            event = stream.next()
            assert event["seq"] > beat["seq"]
            assert event["order_id"] == order["order_id"]
            server.parts.service.users.change("t", active=False)
            assert stream.next("error")["code"] == "not_authenticated"
        server.parts.service.users.change("t", active=True)
        trader = server.caller("t", Role.TRADER)
        with trader.stream(topics=ALL) as stream:
            stream.next("heartbeat")
            hub = server.parts.service.hub
            (client,) = hub._clients
            for _ in range(5):  # more than its line holds, before it is sent anything
                client.put(b"{}")
            server.call(client.ring.set)
            assert stream.next("dropped")["code"] == "slow_consumer"
            with pytest.raises(ConnectionClosed):
                stream.next()
        assert trader.order(price=Decimal("151"))["status"] == "new", "the desk never noticed"
    finally:
        server.stop()


def test_an_alert_about_nobodys_order_does_not_decide_who_hears_of_alerts_about_none() -> None:
    user = User(name="ann", role=Role.TRADER)
    trader = Acting(Calling(user, user.permissions), user)
    client = Client(trader, 10)
    client.asked = Subscribe(topics=(Topic.ALERTS,))
    of_nobodys, of_none = About(Topic.ALERTS, *unknown("X1")), About(Topic.ALERTS, *NO_ORDER)
    assert (client.concerns(of_nobodys), client.concerns(of_none)) == (False, True)
    assert route_of(of_nobodys) != route_of(of_none)


async def test_catching_up_takes_half_of_the_time_and_waiting_is_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    now, naps = 100.0, list[float]()

    async def nap(seconds: float) -> None:
        nonlocal now
        naps.append(seconds)
        now += seconds

    monkeypatch.setattr(past, "perf_counter", lambda: now)
    monkeypatch.setattr(past.asyncio, "sleep", nap)
    pace, slice_s = past.Pace(), 1.5 * past.SLICE_S
    began = now
    now += past.SLICE_S / 2
    assert await pace.rest(began) == began, "that was no slice yet"
    for _ in range(20):  # of whoever works
        began = now
        now += slice_s
        await pace.rest(began)
    assert sum(naps) == pytest.approx(20 * slice_s)
    began = now
    now += 30  # a client did not read
    await pace.rest(began)
    assert naps[-1] == pytest.approx(2 * past.SLICE_S)
