"""A market of one's own from a file: what it adds to its sources, what it refuses, and an order worked on it."""

from decimal import Decimal
from pathlib import Path

import pytest

from penstock.domain.errors import BadInput
from penstock.domain.venue import VenueKind
from penstock.sim.conditions import Conditions
from penstock.sim.latency import Jitter
from penstock.sim.sources import open_market

ROOT = Path(__file__).parents[2]
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
        ("", "missing required field `sources`"),
        ("sources = []", "length >= 1"),
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
