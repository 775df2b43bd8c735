"""A market of one's own from a file: what it adds to its sources, what it refuses, and an order worked on it."""

from decimal import Decimal
from pathlib import Path

import pytest

from penstock.domain.errors import BadInput
from penstock.domain.time import MILLISECOND, MINUTE
from penstock.domain.venue import Fees, VenueKind
from penstock.sim.conditions import Conditions
from penstock.sim.latency import Jitter
from penstock.sim.sources import open_market

ROOT = Path(__file__).parents[2]
SHARE = """
[generated.symbols.EQ]
instrument = {asset_class = "equity", tick_size = 0.01, lot_size = 1}
price = 50
adv = 2000000
daily_volatility = 0.02
spread = 0.02
touch_quantity = 400
venues = {NYX = 0.6, BATX = 0.4}
"""
MADE = 'sources = ["synthetic"]\n'
POOL = "[pools.NIGHT]\nsymbols.ACME = {mean_quantity = 100}\n"


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "market.toml"
    path.write_text(text)
    return f"file:{path}"


def test_the_example_adds_its_venues_beside_those_of_its_source() -> None:
    market = open_market([f"file:{ROOT}/examples/dark_market.toml"], 1)
    kinds = {spec.name: spec.kind for spec in market.venues}
    assert {name for name, kind in kinds.items() if kind is VenueKind.DARK_POOL} == {"NIGHT", "DEEP"}
    assert (kinds["QUARTER"], kinds["DESK"]) == (VenueKind.CROSSING_NETWORK, VenueKind.MARKET_MAKER)
    assert market.listings["NIGHT"] == ("ACME", "GLOBEX")
    follows = {book.venue for book in market.books if book.venue == "NIGHT" for book in book.follows}
    assert follows == {"NYX", "BATX"}
    assert market.conditions["BATX"].to_venue == Jitter(ms=0.3, mean_ms=0.4)
    assert market.conditions["NIGHT"] == Conditions()


def test_a_pool_over_a_recording_follows_it(tmp_path: Path) -> None:
    market = open_market([written(tmp_path, MADE + POOL)], 4)
    (pool,) = [book for book in market.books if book.venue == "NIGHT"]
    assert pool.instrument.tick_size == Decimal("0.005")
    assert (pool.start_ns, pool.end_ns) == (market.start, market.end)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("sources = [", "is not TOML"),
        ("", "sources: must name a market"),
        ("sources = []", "sources: must name a market"),
        ('sources = ["file:other.toml"]', "must not name another market file"),
        ('sources = ["lobster"]', "must be synthetic, lobster:PATH"),
        (MADE + "pool = 3", "unknown field `pool`"),
        (
            MADE + "[pools.NIGHT]\nsymbols.ACME = {mean_quantity = 0}",
            "pools.NIGHT.symbols.ACME: mean_quantity must be",
        ),
        (MADE + "[pools.NIGHT]\nsymbols.ACME = {mean_quantity = inf}", "inf is not a number"),
        (MADE + "[pools.NIGHT]\nsymbols.ACME = {mean_quantity = 1, informed = 2}", "pools.NIGHT.symbols.ACME.informed"),
        (MADE + "[pools.NIGHT]\nsymbols.WHAT = {mean_quantity = 1}", "must be traded by the sources"),
        (
            MADE + "[pools.NYX]\nsymbols.ACME = {mean_quantity = 1}",
            "is a venue of the sources already",
        ),
        (
            MADE + POOL + "[dealers.NIGHT]\nsymbols.ACME = {usual_quantity = 1}",
            "name of two venues",
        ),
        (SHARE.replace("price = 50", "price = -1"), "generated.symbols.EQ.price: must be greater than 0"),
        (SHARE.replace("price = 50", "cost = 50"), "generated.symbols.EQ"),
        (SHARE + "correlation = 2", "generated.symbols.EQ.correlation: must lie between -1 and 1"),
        (SHARE.replace("equity", "house"), "generated.symbols.EQ.instrument"),
        (SHARE.replace("NYX = 0.6", "NYX = 7"), "generated.symbols.EQ.venues"),
        (SHARE + "[generated.venues.ELSE]\nlatency_ms = 1", "trades none of the symbols"),
        ('[generated]\nstart = "noon"\n' + SHARE, "noon"),
        (MADE + "[venues.ELSE]\nrefuses = 0.1", "must be a venue of the sources"),
        (MADE + '[venues.NYX]\nto_venue = {kind = "far"}', "invalid value 'far'"),
        (MADE + "[venues.NYX]\ntiers = [{maker = 1}]", "venues.NYX.tiers[0]"),
        (MADE + "[venues.NYX]\ntiers = [{from_notional = 9}, {}]", "venues.NYX: tiers must rise"),
        (
            MADE + '[venues.NYX]\noutages = [{start = "2025-08-18T15:00:00Z", end = "2025-08-18T14:00:00Z"}]',
            "end after",
        ),
        (MADE + "[crossings.Q]\nsymbols.ACME = {mean_quantity = 1}", "every_minutes"),
        (MADE + '[venues.NYX]\noutages = [{start = "noon", end = "2025-08-18T14:00:00Z"}]', "noon"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_the_field_and_the_rule(tmp_path: Path, text: str, rule: str) -> None:
    with pytest.raises(BadInput) as refused:
        open_market([written(tmp_path, text)], 1)
    assert rule in str(refused.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInput, match=r"nowhere\.toml.*cannot be read"):
        open_market(["file:nowhere.toml"], 1)


def test_a_generated_market_of_ones_own_trades_on_its_venues(tmp_path: Path) -> None:
    fees = "[generated.venues.NYX]\nlatency_ms = 3\nfees = {maker_bps = -1, taker_bps = 2}\n"
    market = open_market([written(tmp_path, "[generated]\nminutes = 5\n" + SHARE + fees)], 1)
    nyx, batx = market.venues
    assert (nyx.name, nyx.order_latency_ns, nyx.fees.taker_bps) == ("NYX", 3 * MILLISECOND, 2)
    assert (batx.name, batx.order_latency_ns, batx.fees) == ("BATX", MILLISECOND, Fees())
    assert market.profiles["EQ"].adv == 2_000_000
    assert market.end - market.start == 5 * MINUTE
    assert {book.instrument.price(book.touch().ask) // 1 for book in market.books} <= {Decimal(49), Decimal(50)}


def test_a_generated_market_may_stand_beside_others_and_have_pools(tmp_path: Path) -> None:
    pool = "[pools.NIGHT]\nsymbols.EQ = {mean_quantity = 100}\n"
    market = open_market([written(tmp_path, MADE + SHARE + pool)], 1)
    assert {"EQ", "ACME"} <= {instrument.symbol for instrument in market.instruments}
    assert market.listings["NIGHT"] == ("EQ",)
