"""What users write: the same targets in three forms, and malformed files with the line that each gives."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.app.documents import FILE_BYTES_MAX
from penstock.app.inputs import read_limits, read_positions, read_targets
from penstock.domain.errors import BadInput
from penstock.domain.orders import Side, Strategy
from penstock.portfolio.targets import Target
from penstock.risk import Limits

D = Decimal


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are named as a user would name them, so that whole error lines can be compared."""
    monkeypatch.chdir(tmp_path)


def write(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


JSON = """{"targets": [
  {"symbol": "AMZN", "change": 20000, "side": "buy", "algorithm": "VWAP", "participation_rate": 0.1,
   "urgency": 0.8, "limit_price": 220.10, "decision_price": 219.99},
  {"symbol": "BTC", "quantity": 0.1000000001, "strategy": "passive", "venues": ["okx", "binance"]},
  {"symbol": "ETH", "notional": 1e6, "parameters": {"duration_minutes": 30}}
]}"""
TOML = """
[[targets]]
symbol = "AMZN"
change = 20_000
side = "buy"
algorithm = "vwap"
participation_rate = 0.1
urgency = 0.8
limit_price = 220.10
decision_price = 219.99

[[targets]]
symbol = "BTC"
quantity = 0.1000000001
strategy = "passive"
venues = ["okx", "binance"]

[[targets]]
symbol = "ETH"
notional = 1e6
[targets.parameters]
duration_minutes = 30
"""
CSV = """symbol,quantity,change,notional,side,algorithm,participation_rate,urgency,limit_price,\
decision_price,strategy,venues,duration_minutes
AMZN,,20000,,buy,vwap,0.1,0.8,220.10,219.99,,,
BTC,0.1000000001,,,,,,,,,passive,okx;binance,

ETH,,,1e6,,,,,,,,,30
"""


@pytest.mark.parametrize("form", ["json", "toml", "csv"])
def test_the_same_targets_in_three_forms_are_the_same_targets(form: str) -> None:
    content = {"json": JSON, "toml": TOML, "csv": "\ufeff" + CSV.replace("\n", "\r\n")}[form]
    targets = read_targets(write(f"targets.{form}", content))
    places = {
        "csv": ["line 2", "line 3", "line 5"],
        "json": ["target 1 (AMZN)", "target 2 (BTC)", "target 3 (ETH)"],
    }
    where = [f"targets.{form}: {place}" for place in places.get(form, places["json"])]
    assert targets == [
        Target(
            symbol="AMZN",
            change=D(20000),
            side=Side.BUY,
            algorithm="vwap",
            parameters={"participation_rate": 0.1},
            urgency=0.8,
            limit_price=D("220.10"),
            decision_price=D("219.99"),
            where=where[0],
        ),
        Target(
            symbol="BTC",
            quantity=D("0.1000000001"),
            strategy=Strategy.PASSIVE,
            venues=("okx", "binance"),
            where=where[1],
        ),
        Target(symbol="ETH", notional=D(1_000_000), parameters={"duration_minutes": 30}, where=where[2]),
    ]
    assert isinstance(targets[2].parameters["duration_minutes"], int)


def one(fields: str) -> str:
    return '{"targets": [{"symbol": "AMZN", ' + fields + "}]}"


WAYS = "give exactly one of quantity, change and notional, not"
BAD_TARGETS = [
    # the file itself
    ("t.txt", "x", "t.txt: must be a file that ends in .json or .toml or .csv (got '.txt')"),
    ("targets", "x", "targets: must be a file that ends in .json or .toml or .csv (got 'no ending')"),
    ("t.json", "", "t.json: is empty"),
    ("t.csv", " \n\n", "t.csv: is empty"),
    ("t.json", b'{"targets":\n "caf\xe9"}', "t.json: line 2: is not UTF-8 text"),
    ("t.csv", b"symbol,change\nA\xff,1", "t.csv: line 2: is not UTF-8 text"),
    ("t.toml", " " * (FILE_BYTES_MAX + 1), "t.toml: is larger than 16 MiB"),
    ("t.json", '{"targets": [\n{]}', "t.json: line 2, column 2: is not valid JSON: Expecting property name"),
    ("t.json", "[" * 100_000, "t.json: is not valid JSON: "),
    (
        "t.toml",
        "[[targets]]\nsymbol = AMZN",
        "t.toml: is not valid TOML: Invalid value (at line 2, column 10)",
    ),
    ("t.csv", 'symbol,change\n"AMZN,1', "t.csv: line 2: is not valid CSV: unexpected end of data"),
    # the list
    ("t.json", "[]", "t.json: must be a table of named values, not a list"),
    ("t.json", "{}", "t.json: targets: is missing"),
    ("t.json", '{"target": []}', "t.json: target: is not a known name: did you mean targets?"),
    ("t.json", '{"targets": 5}', "t.json: targets: must be a list (got 5)"),
    ("t.json", '{"targets": []}', "t.json: targets: has none: name at least one"),
    ("t.json", '{"targets": ["AMZN"]}', "t.json: target 1: must be a table of named values (got 'AMZN')"),
    (
        "t.json",
        '{"targets": [{"symbol": "A", "symbol": "B"}]}',
        "t.json: symbol: is given twice in one object",
    ),
    ("t.csv", "symbol,change\n", "t.csv: targets: has none: name at least one"),
    ("t.csv", "symbol,change\nAMZN\n", "t.csv: line 2: must have 2 cells, as the header has, not 1"),
    ("t.csv", "symbol,change\nAMZN,1,2\n", "t.csv: line 2: must have 2 cells, as the header has, not 3"),
    ("t.csv", "symbol,change,change\nAMZN,1,2\n", "t.csv: line 1: change: is the name of two columns"),
    ("t.csv", "symbol,,change\n", "t.csv: line 1: must name every column: column 2 has no name"),
    # names
    ("t.json", '{"targets": [{"change": 5}]}', "t.json: target 1: symbol: is missing"),
    ("t.csv", "symbol,change\n,5\n", "t.csv: line 2: symbol: is missing"),
    (
        "t.json",
        one('"chnage": 5'),
        "t.json: target 1 (AMZN): chnage: is not a known name: did you mean change?",
    ),
    (
        "t.csv",
        "symbol,change,num_slice\nAMZN,5,3\n",
        "t.csv: line 2: num_slice: is not a known name: did you mean num_slices?",
    ),
    (
        "t.json",
        one('"zzz": 5'),
        "t.json: target 1 (AMZN): zzz: is not a known name: known are adaptation_speed, algorithm, ",
    ),
    ("t.json", '{"targets": [{"symbol": 5, "change": 1}]}', "t.json: target 1: symbol: must be text (got 5)"),
    (
        "t.json",
        '{"targets": [{"symbol": "A", "change": 1}, {"symbol": "A", "change": 2}]}',
        "t.json: target 2 (A): symbol: is named by two targets (first at t.json: target 1 (A)) (got 'A')",
    ),
    (
        "t.json",
        '{"targets": [{"symbol": "A\\n\\u001b[31m", "change": 0}]}',
        "t.json: target 1 (A\\n\\x1b[31m): change: must not be zero: leave the target out (got 0)",
    ),
    (
        "t.json",
        one('"change": "' + "9" * 1000 + '"'),
        "t.json: target 1 (AMZN): change: must be a number, without quotes (got '" + "9" * 99 + "…)",
    ),
    # what is wanted
    ("t.json", one('"urgency": 0.5'), f"t.json: target 1 (AMZN): {WAYS} none of them"),
    ("t.json", one('"change": 5, "notional": 9'), f"t.json: target 1 (AMZN): {WAYS} change and notional"),
    ("t.csv", "symbol,quantity,change\nA,1,2\n", f"t.csv: line 2: {WAYS} quantity and change"),
    ("t.json", one('"quantity": -5'), "t.json: target 1 (AMZN): quantity: must not be negative (got -5)"),
    ("t.csv", "symbol,notional\nA,-5.50\n", "t.csv: line 2: notional: must not be negative (got -5.50)"),
    (
        "t.json",
        one('"change": 0'),
        "t.json: target 1 (AMZN): change: must not be zero: leave the target out (got 0)",
    ),
    (
        "t.json",
        one('"change": 5, "side": "sell"'),
        "t.json: target 1 (AMZN): side: contradicts the target: a ",
    ),
    (
        "t.json",
        one('"change": 5, "side": "long"'),
        "t.json: target 1 (AMZN): side: must be one of buy, sell (got",
    ),
    # numbers
    ("t.json", one('"change": NaN'), "t.json: target 1 (AMZN): change: must be a finite number (got 'NaN')"),
    (
        "t.json",
        one('"change": -Infinity'),
        "t.json: target 1 (AMZN): change: must be a finite number (got '-Infinity')",
    ),
    (
        "t.toml",
        '[[targets]]\nsymbol="A"\nchange=inf',
        "t.toml: target 1 (A): change: must be a finite number (got 'Infinity')",
    ),
    (
        "t.json",
        one('"change": "5"'),
        "t.json: target 1 (AMZN): change: must be a number, without quotes (got '5')",
    ),
    ("t.json", one('"change": true'), "t.json: target 1 (AMZN): change: must be a number (got True)"),
    ("t.json", one('"change": [5]'), "t.json: target 1 (AMZN): change: must be a number (got [5])"),
    (
        "t.json",
        one('"change": 1e400'),
        "t.json: target 1 (AMZN): change: must lie within ±10^15 (got '1E+400')",
    ),
    (
        "t.json",
        one('"change": 1e-13'),
        "t.json: target 1 (AMZN): change: must have at most 12 decimals (got '1E-13')",
    ),
    (
        "t.csv",
        "symbol,change\nA,nan\n",
        "t.csv: line 2: change: must be a plain number such as 1500 or 0.25 (got",
    ),
    (
        "t.csv",
        "symbol,change\nA,1_000\n",
        "t.csv: line 2: change: must be a plain number such as 1500 or 0.25 (got",
    ),
    (
        "t.csv",
        'symbol,change\nA,"1,000"\n',
        "t.csv: line 2: change: must be a plain number such as 1500 or 0.25 (got",
    ),
    (
        "t.json",
        one('"change": 5, "urgency": 2'),
        "t.json: target 1 (AMZN): urgency: must lie between 0 and 1 (got",
    ),
    (
        "t.json",
        one('"change": 5, "limit_price": 0'),
        "t.json: target 1 (AMZN): limit_price: must be greater than",
    ),
    # choices, lists and parameters
    (
        "t.json",
        one('"change": 5, "strategy": "bold"'),
        "t.json: target 1 (AMZN): strategy: must be one of passive, neutral, aggressive, adaptive (got",
    ),
    (
        "t.json",
        one('"change": 5, "venues": "okx"'),
        "t.json: target 1 (AMZN): venues: must be a list of names (got",
    ),
    (
        "t.json",
        one('"change": 5, "venues": []'),
        "t.json: target 1 (AMZN): venues: must name at least one, or be",
    ),
    ("t.json", one('"change": 5, "algorithm": " "'), "t.json: target 1 (AMZN): algorithm: must not be empty"),
    (
        "t.json",
        one('"change": 5, "parameters": 5'),
        "t.json: target 1 (AMZN): parameters: must be a table of named",
    ),
    (
        "t.json",
        one('"change": 5, "num_slices": 3, "parameters": {"num_slices": 4}'),
        "t.json: target 1 (AMZN): num_slices: is given twice: beside the other fields and in parameters",
    ),
    (
        "t.toml",
        '[[targets]]\nsymbol="A"\nchange=1\nduration_minutes=nan',
        "t.toml: target 1 (A): duration_minutes: must be a finite number (got 'NaN')",
    ),
    (
        "t.toml",
        '[[targets]]\nsymbol="A"\nchange=1\ntime_horizon=09:30:00',
        "t.toml: target 1 (A): time_horizon: must be a number, text, list or table (got '09:30:00')",
    ),
    (
        "t.csv",
        "symbol,change,parameters\nA,1,x\n",
        "t.csv: line 2: parameters: is not for .csv files: give each ",
    ),
]


@pytest.mark.parametrize(("name", "content", "line"), BAD_TARGETS, ids=[row[2][:70] for row in BAD_TARGETS])
def test_a_malformed_targets_file_gives_one_line(name: str, content: str | bytes, line: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_targets(write(name, content))
    said = str(refusal.value)
    assert said.startswith(line)
    assert "\n" not in said


NAMES = st.sampled_from(["symbol", "quantity", "change", "notional", "side", "venues", "urgency", "parameters"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
ROWS = st.lists(VALUES | st.dictionaries(NAMES | st.text(max_size=5), VALUES), max_size=3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.tuples(st.just("t.json"), ROWS.map(lambda rows: json.dumps({"targets": rows}).encode()))
    | st.tuples(st.sampled_from(["t.json", "t.toml", "t.csv"]), st.binary() | st.text().map(str.encode))
    | st.tuples(
        st.just("t.csv"), st.text("symbolchange,;\n\"'\r10.-e").map(lambda rows: f"symbol,change\n{rows}".encode())
    )
)
def test_whatever_stands_in_a_file_it_is_targets_or_one_line(file: tuple[str, bytes]) -> None:
    try:
        said = "".join(f"{file[0]} {target.symbol!r}" for target in read_targets(write(*file)))
    except BadInput as refusal:
        said = str(refusal)
    assert said.startswith(file[0])
    assert said.isprintable()


def test_a_missing_file_and_a_folder_are_told_apart() -> None:
    Path("folder.json").mkdir()
    with pytest.raises(BadInput, match=r"^nowhere\.csv: there is no such file$"):
        read_targets("nowhere.csv")
    with pytest.raises(BadInput, match=r"^folder\.json: is a folder: give a file$"):
        read_targets("folder.json")


@pytest.mark.parametrize(
    ("name", "content", "held"),
    [
        (
            "p.json",
            '{"positions": {"AMZN": 100, "BTC": -0.25}}',
            {"AMZN": (D(100), None), "BTC": (D("-0.25"), None)},
        ),
        (
            "p.json",
            '{"positions": [{"symbol": "AMZN", "quantity": 100, "price": 219.5}]}',
            {"AMZN": (D(100), D("219.5"))},
        ),
        ("p.toml", "[positions]\nAMZN = 100\nBTC = 0", {"AMZN": (D(100), None), "BTC": (D(0), None)}),
        (
            "p.toml",
            '[[positions]]\nsymbol = "BTC"\nquantity = -1\nprice = 60000.1',
            {"BTC": (D(-1), D("60000.1"))},
        ),
        (
            "p.csv",
            "symbol,quantity,price\nAMZN,100,219.5\nBTC,-1,\n",
            {"AMZN": (D(100), D("219.5")), "BTC": (D(-1), None)},
        ),
        ("p.csv", "symbol,quantity\n", {}),
        ("p.json", '{"positions": {}}', {}),
    ],
)
def test_positions_are_signed_and_may_carry_their_entry_price(
    name: str, content: str, held: dict[str, tuple[Decimal, Decimal | None]]
) -> None:
    assert read_positions(write(name, content)) == held


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        (
            "p.json",
            '{"positions": {"AMZN": "x"}}',
            "p.json: position 1 (AMZN): quantity: must be a number, without",
        ),
        ("p.json", '{"positions": 7}', "p.json: positions: must be a list (got 7)"),
        ("p.json", '{"position": {}}', "p.json: position: is not a known name: did you mean positions?"),
        ("p.csv", "symbol,price\nAMZN,5\n", "p.csv: line 2: quantity: is missing"),
        (
            "p.csv",
            "symbol,quantity,price\nAMZN,5,0\n",
            "p.csv: line 2: price: must be greater than zero (got 0)",
        ),
        (
            "p.csv",
            "symbol,quantity\nAMZN,5\nAMZN,6\n",
            "p.csv: line 3: symbol: has two positions (got 'AMZN')",
        ),
        ("p.csv", "symbol,qty\nAMZN,5\n", "p.csv: line 2: qty: is not a known name: "),
    ],
)
def test_a_malformed_positions_file_gives_one_line(name: str, content: str, line: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_positions(write(name, content))
    assert str(refusal.value).startswith(line)


def test_limits_left_out_keep_their_defaults_and_numbers_stay_exact() -> None:
    text = 'order_value_max = 2500000.01\ncredit_max = 5\nrestricted = ["XYZ"]\n[account.fund]\ndaily_loss_max = 7\n'
    book = read_limits(write("limits.toml", text))
    assert book.desk == Limits(order_value_max=D("2500000.01"), credit_max=D(5), restricted=("XYZ",))
    assert book.of("account/fund").daily_loss_max == 7


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("order_rate = 5", "l.toml: order_rate: is not a known name: did you mean order_rate_max?"),
        ("order_rate_max = -5", "l.toml: order_rate_max: must not be negative (got -5)"),
        ("order_value_max = '5'", "l.toml: order_value_max: must be a value without quotes (got '5')"),
        ("[acount.fund]\ncredit_max = 5", "l.toml: acount: is not a known name: did you mean account?"),
        ("order_rate_max", "l.toml: is not valid TOML: Expected '=' after a key in a key/value pair (at"),
    ],
)
def test_a_malformed_limits_file_gives_one_line(content: str, line: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_limits(write("l.toml", content))
    assert str(refusal.value).startswith(line)


def test_a_limit_that_is_none_is_no_limit() -> None:
    assert read_limits(write("l.toml", 'order_value_max = "none"\n')).desk == Limits(order_value_max=None)


def test_limits_are_written_in_toml_only() -> None:
    with pytest.raises(BadInput, match=r"^l\.json: must be a file that ends in \.toml \(got '\.json'\)$"):
        read_limits(write("l.json", "{}"))
