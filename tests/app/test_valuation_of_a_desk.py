"""What a desk is worth, asked in Python."""

from decimal import Decimal

from penstock import Desk, TWAPExecutor
from penstock.engine.valuation import Total

PERPETUAL, STOCK = "BTCUSDT-PERP", "ACME"


async def test_a_desk_says_what_it_is_worth_and_what_no_rate_leads_to() -> None:
    desk = Desk.open("synthetic", seed=7)
    await TWAPExecutor(desk).execute(PERPETUAL, "buy", 1, duration_minutes=1)
    await TWAPExecutor(desk).execute(STOCK, "buy", 100, duration_minutes=1)
    assert (desk.positions[PERPETUAL].quantity, desk.positions[STOCK].quantity) == (1, 100)
    in_dollars = desk.value()
    assert set(in_dollars.fees.not_convertible) == set(in_dollars.equity.not_convertible) == {"USDT"}
    assert in_dollars.equity.amount == in_dollars.unrealized.amount - in_dollars.fees.amount
    together = desk.value(rates={("USDT", "USD"): Decimal("0.5")})
    lost = in_dollars.equity.not_convertible["USDT"]
    assert together.equity == Total(in_dollars.equity.amount + lost / 2)
    desk.close()
