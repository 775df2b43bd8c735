"""Bodies that clients send, checked by pydantic at the edge, and the shapes of what they are answered.

Answers are built as plain data (`penstock.api.views`) and go out as they are; the shapes here are what the OpenAPI
document promises of them, and tests hold the answers against it.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from penstock.api.json import DECIMALS_MAX, MAGNITUDE_MAX, exact
from penstock.api.permissions import Permission, Role


def _exact(value: Decimal) -> Decimal:
    fault = exact(value)
    if fault:
        raise ValueError(fault)
    return value


BOUNDS = {"type": "number", "minimum": -int(MAGNITUDE_MAX), "maximum": int(MAGNITUDE_MAX)}
Number = Annotated[
    Decimal,
    AfterValidator(_exact),
    WithJsonSchema(BOUNDS | {"description": f"an exact decimal with at most {DECIMALS_MAX} decimals"}),
]
Num = Annotated[Decimal, WithJsonSchema({"type": "number"})]
Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"\S")]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=256)]
UserId = Annotated[str | int | None, Field(description="who is acted for: the caller, unless they may act for another")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=40)]

Reference = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[!-?A-~]+$")]


class Body(BaseModel):
    """What clients send: a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class Shape(BaseModel):
    """What clients are answered; more fields may come in later versions."""

    model_config = ConfigDict(extra="allow")


class Modify(Body):
    user_id: UserId = None
    new_quantity: Number | None = None
    new_price: Number | None = None
    new_time_in_force: Word | None = None
    new_algo_parameters: dict[str, Any] | None = None


class Acting(Body):
    user_id: UserId = None


class NewExecution(Body):
    """`parent_order_id` is the client's own reference; several executions may name one."""

    symbol: Name
    side: Word
    quantity: Number
    algorithm: Word
    parent_order_id: Reference | None = None
    strategy: Word = "neutral"
    parameters: dict[str, Any] = {}
    user_id: UserId = None
    account_id: str | int = "main"
    price: Number | None = None
    urgency: Annotated[float, Field(ge=0, le=1)] = 0.5
    venues: list[Name] = []


class BasketTarget(Body):
    """Exactly one of `quantity` (the position wanted), `change` (signed) and `notional` (the position's worth)."""

    symbol: Name
    quantity: Number | None = None
    change: Number | None = None
    notional: Number | None = None
    side: Word | None = None
    algorithm: Word | None = None
    parameters: dict[str, Any] = {}
    price: Number | None = None
    strategy: Word = "neutral"
    urgency: Annotated[float, Field(ge=0, le=1)] = 0.5
    venues: list[Name] = []


class Basket(Body):
    targets: Annotated[list[BasketTarget], Field(min_length=1, max_length=1000)]
    user_id: UserId = None
    account_id: str | int = "main"
    algorithm: Word = "twap"
    parameters: dict[str, Any] = {}
    preview: Annotated[bool, Field(description="say what would be sent, and send nothing")] = False


class NewGroup(Body):
    contingency: Annotated[Word, Field(description="`oco`, `oto` or `bracket`")]
    orders: Annotated[
        list[dict[str, Any]],
        Field(min_length=2, max_length=20, description="each as `POST /orders` takes it; an entry comes first"),
    ]
    user_id: UserId = None


class PreTrade(Body):
    symbol: Name
    side: Word
    quantity: Number
    algorithm: Word = "twap"
    parameters: dict[str, Any] = {}
    price: Number | None = None


class Kill(Body):
    """The kill switch. Without more, everything of the desk is halted: nothing new, all cancelled."""

    reason: Sentence
    scope: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "desk"
    mode: Literal["reduce_only", "no_new", "cancel_all", "flatten", "halted"] = "halted"


class Mode(Body):
    reason: Sentence
    mode: Literal["active", "reduce_only", "no_new", "cancel_all", "flatten", "halted"]
    scope: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "desk"
    reset: Annotated[bool, Field(description="allow a mode looser than the one in force")] = False


class LimitChange(Body):
    name: Name
    value: Annotated[Any, Field(description='a number, true or false, a list of names, or "none" for no limit')]
    reason: Sentence
    scope: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "desk"


class BreakerReset(Body):
    breaker: Name
    reason: Sentence
    scope: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "desk"


class Login(Body):
    """`new_password` sets one in the same call: the way to use a one-time secret."""

    user_id: Name
    password: Secret
    new_password: Secret | None = None


class NewPassword(Body):
    password: Secret
    new_password: Secret


class GrantForm(Body):
    account: Name
    see: bool = True
    trade: bool = False
    manage: bool = False


class NewUser(Body):
    """`password` is a one-time secret: the user sets another one at the first log-in."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
    role: Role
    password: Secret
    grants: Annotated[list[GrantForm], Field(max_length=1000)] = []
    acts_for: Annotated[list[Name], Field(max_length=1000)] = []
    full_name: Annotated[str, StringConstraints(max_length=200)] = ""
    email: Annotated[str, StringConstraints(max_length=200)] = ""


class UserChange(Body):
    """What is left out stays."""

    role: Role | None = None
    active: bool | None = None
    grants: Annotated[list[GrantForm], Field(max_length=1000)] | None = None
    acts_for: Annotated[list[Name], Field(max_length=1000)] | None = None
    full_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    email: Annotated[str, StringConstraints(max_length=200)] | None = None
    password: Annotated[Secret, Field(description="a new one-time secret")] | None = None


class NewKey(Body):
    """Without `scopes` the key may do all that its owner may."""

    label: Annotated[str, StringConstraints(max_length=100)] = ""
    scopes: Annotated[list[Permission], Field(max_length=50)] | None = None
    expires_at: Annotated[Time, StringConstraints(max_length=40)] | None = None


class FieldErrorShape(Shape):
    pointer: str
    detail: str


class ProblemShape(Shape):
    """RFC 9457; `code` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldErrorShape] = []


class OrderShape(Shape):
    order_id: str
    client_order_id: str | None
    user_id: str | None
    account_id: str
    symbol: str
    side: str
    order_type: str
    quantity: Num
    price: Num | None
    time_in_force: str
    algo_type: str | None
    algo_parameters: dict[str, Any]
    strategy: str
    venues: list[str]
    status: str
    filled_quantity: Num
    remaining_quantity: Num
    average_price: Num | None
    fees: Num
    reason: str
    created_at: Time
    ended_at: Time | None
    arrival_price: Num | None
    children: int
    seq: Annotated[int, Field(description="the event up to which this is so: the stream goes on behind it")]


class OrderPage(Shape):
    orders: list[OrderShape]
    next_cursor: str | None


class FillShape(Shape):
    fill_id: str
    order_id: str
    parent_order_id: str | None
    venue: str
    symbol: str
    side: str
    quantity: Num
    price: Num
    fee: Num
    fee_currency: str | None
    timestamp: Time


class Fills(Shape):
    order_id: str
    fills: list[FillShape]


class ExecutionShape(Shape):
    execution_id: str
    parent_order_id: str | None
    symbol: str
    side: str
    quantity: Num
    algorithm: str
    strategy: str
    parameters: dict[str, Any]
    status: str
    filled_quantity: Num
    remaining_quantity: Num
    average_price: Num | None
    progress: float
    time_elapsed: float
    start_time: Time | None
    end_time: Time | None
    slices: int
    open_slices: int
    reason: str


class SliceShape(Shape):
    slice_id: str
    order_id: str
    parent_order_id: str | None
    venue: str | None
    quantity: Num
    price: Num | None
    status: str
    filled_quantity: Num
    average_price: Num | None
    sent_at: Time


class Slices(Shape):
    execution_id: str
    slices: list[SliceShape]


class ReportShape(Shape):
    """An ExecutionReport."""

    orders: list[dict[str, Any]]
    fills: list[dict[str, Any]]
    costs: dict[str, Any]
    violations: list[dict[str, Any]]
    pnl: dict[str, Any]
    latency_ms: float | None
    ts: Time
    symbol: str | None
    venue: str | None
    execution_quality: dict[str, Any]


class Reports(Shape):
    order_id: str
    execution_reports: list[ReportShape]


class TcaShape(Shape):
    """In basis points of what was to be traded; positive is a cost."""

    implementation_shortfall_bps: float | None
    market_impact_bps: float | None
    timing_cost_bps: float | None
    fees_bps: float | None
    total_cost_bps: float | None
    order: dict[str, Any]


class MetricsShape(Shape):
    execution_id: str
    execution_quality: dict[str, Any]
    costs: dict[str, Any]
    tca: dict[str, Any]


class Placed(Shape):
    symbol: str
    side: str
    quantity: Num
    outcome: str
    order_id: str | None
    code: str | None
    reason: str | None


class BasketShape(Shape):
    orders: list[Placed]


class GroupOrder(Shape):
    order_id: str
    symbol: str
    side: str
    quantity: Num
    status: Annotated[str, Field(description="as of any order, or `waiting` until its entry releases it")]
    filled_quantity: Num


class GroupShape(Shape):
    group_id: str
    contingency: str
    user_id: str
    orders: list[GroupOrder]


class EstimateShape(Shape):
    symbol: str
    side: str
    quantity: Num
    algorithm: str
    mid: Num | None
    estimate: dict[str, Num]


class AlgorithmShape(Shape):
    name: str
    description: str
    parameters: dict[str, Any]


class Algorithms(Shape):
    algorithms: list[AlgorithmShape]


class InstrumentShape(Shape):
    symbol: str
    asset_class: str
    tick_size: Num
    lot_size: Num
    currency: str
    venues: list[str]


class Instruments(Shape):
    instruments: list[InstrumentShape]


class MarketShape(Shape):
    symbol: str
    bid: Num | None
    ask: Num | None
    mid: Num | None
    spread: Num | None
    volume: Num
    timestamp: Time | None
    venues: dict[str, Any]


class LevelShape(Shape):
    price: Num
    quantity: Num


class BookShape(Shape):
    symbol: str
    bids: list[LevelShape]
    asks: list[LevelShape]
    venues: dict[str, Any]


class VenueShape(Shape):
    name: str
    kind: str
    status: str
    symbols: list[str]
    connected: bool


class Venues(Shape):
    venues: list[VenueShape]


class PerformanceShape(Shape):
    venue: str
    orders: int
    fills: int
    fill_rate: float | None
    reject_rate: float | None


class PositionShape(Shape):
    account_id: str
    symbol: str
    quantity: Num
    average_price: Num | None
    mark_price: Num | None
    currency: str
    realized_pnl: Num
    unrealized_pnl: Num | None


class Positions(Shape):
    positions: list[PositionShape]


class PnlShape(Shape):
    account_id: str | None
    currency: str
    equity: Num
    realized: Num
    unrealized: Num
    fees: Num
    income: Num
    unmarked: list[str]


class StatusShape(Shape):
    taking_orders: bool
    refusing: str
    halted: str
    durable_seq: int
    paper: bool
    version: str


class RiskShape(Shape):
    modes: list[dict[str, Any]]
    breakers: list[dict[str, Any]]
    uses: list[dict[str, Any]]


class LimitsShape(Shape):
    limits: dict[str, Any]
    scales: dict[str, float]


class WorkingShape(Shape):
    count: int
    orders: list[dict[str, Any]]


class DoneShape(Shape):
    outcome: str
    seq: int


class Alerts(Shape):
    alerts: list[dict[str, Any]]


class EventPage(Shape):
    events: list[dict[str, Any]]
    next_cursor: str | None


class CallPage(Shape):
    calls: list[dict[str, Any]]
    next_cursor: str | None


class TokenShape(Shape):
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    user_id: str
    role: Role


class GrantShape(Shape):
    account: str
    see: bool
    trade: bool
    manage: bool


class UserShape(Shape):
    name: str
    role: Role
    active: bool
    must_change: bool
    grants: list[GrantShape]
    acts_for: list[str]
    full_name: str
    email: str


class MeShape(UserShape):
    permissions: list[str]


class UserList(Shape):
    users: list[UserShape]


class KeyShape(Shape):
    key_id: str
    user_id: str
    label: str
    scopes: list[str]
    created_at: Time
    expires_at: Time | None


class NewKeyShape(KeyShape):
    key: str


class KeyList(Shape):
    keys: list[KeyShape]
