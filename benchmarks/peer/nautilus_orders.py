"""The peer's in-memory order path: submit, accept and fill through its own engines, nothing written to disk.

Run by the interpreter of the environment that `make bench` sets up for it; prints what it measured as JSON. The path is
NautilusTrader's live one: risk engine, execution engine, cache and portfolio on one message bus, with a client that
answers every order at once. What an order costs there grows with the orders and fills so far, so it is measured on
desks that are new, and the fastest of them counts: the figure is the peer's best.
"""

import json
import sys
import time

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import MessageBus, TestClock
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.config import ExecEngineConfig, RiskEngineConfig
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.engine import ExecutionEngine
from nautilus_trader.execution.messages import SubmitOrder
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OrderSide
from nautilus_trader.model.identifiers import (
    AccountId,
    ClientId,
    PositionId,
    StrategyId,
    TraderId,
    Venue,
    VenueOrderId,
)
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.portfolio.portfolio import Portfolio
from nautilus_trader.risk.engine import RiskEngine
from nautilus_trader.test_kit.mocks.exec_clients import MockExecutionClient
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.test_kit.stubs.events import TestEventStubs

TRADER, STRATEGY, ACCOUNT = TraderId("TESTER-000"), StrategyId("BENCH-000"), AccountId("SIM-000")
RATE_MAX = "1000000/00:00:01"  # its default would throttle the measurement


class Desk:
    """The peer's engines around one instrument."""

    def __init__(self) -> None:
        self.clock = TestClock()
        self.cache = Cache()
        bus = MessageBus(trader_id=TRADER, clock=self.clock)
        self.instrument = TestInstrumentProvider.default_fx_ccy("AUD/USD")
        self.cache.add_instrument(self.instrument)
        shared = {"msgbus": bus, "cache": self.cache, "clock": self.clock}
        portfolio = Portfolio(**shared)
        self.execution = ExecutionEngine(config=ExecEngineConfig(), **shared)
        self.risk = RiskEngine(portfolio=portfolio, config=RiskEngineConfig(max_order_submit_rate=RATE_MAX), **shared)
        client = MockExecutionClient(
            client_id=ClientId("SIM"),
            venue=Venue("SIM"),
            account_type=AccountType.MARGIN,
            base_currency=None,
            **shared,
        )
        portfolio.update_account(TestEventStubs.margin_account_state(account_id=ACCOUNT))
        self.execution.register_client(client)
        self.execution.start()
        self.risk.start()
        size = Quantity.from_int(1_000_000)
        bid, ask = Price.from_str("1.00000"), Price.from_str("1.00002")
        self.cache.add_quote_tick(QuoteTick(self.instrument.id, bid, ask, size, size, 0, 0))

    def trade(self, count: int) -> float:
        """Seconds an order, over so many limit orders, each filled whole."""
        factory = OrderFactory(trader_id=TRADER, strategy_id=STRATEGY, clock=self.clock)
        quantity, price = Quantity.from_int(100_000), Price.from_str("1.00000")
        account, execution = self.cache.account(ACCOUNT), self.execution
        began = time.perf_counter()
        for number in range(count):
            side = OrderSide.BUY if number % 2 else OrderSide.SELL
            order = factory.limit(self.instrument.id, side, quantity, price)
            self.risk.execute(
                SubmitOrder(
                    trader_id=TRADER,
                    strategy_id=STRATEGY,
                    position_id=None,
                    order=order,
                    command_id=UUID4(),
                    ts_init=number,
                )
            )
            venue_order_id = VenueOrderId(str(number))
            execution.process(TestEventStubs.order_submitted(order, account_id=ACCOUNT))
            execution.process(TestEventStubs.order_accepted(order, account_id=ACCOUNT, venue_order_id=venue_order_id))
            execution.process(
                TestEventStubs.order_filled(
                    order,
                    self.instrument,
                    account_id=ACCOUNT,
                    position_id=PositionId(f"P-{number}"),
                    last_px=price,
                    account=account,
                )
            )
        took = time.perf_counter() - began
        assert sum(order.is_closed for order in self.cache.orders()) == count, "not every order was filled"
        return took / count


if __name__ == "__main__":
    orders, desks = int(sys.argv[1]), int(sys.argv[2])
    print(json.dumps({"orders_per_s": 1 / min(Desk().trade(orders) for _ in range(desks))}))
