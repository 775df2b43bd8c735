"""Everything that a request may need, made once and put together here."""

from collections.abc import Mapping

import msgspec
import structlog

from penstock.api.callers import Caller, Callers
from penstock.api.calls import Calls
from penstock.api.metrics import Gauges, Metrics
from penstock.api.permissions import Permission
from penstock.api.problem import Problem
from penstock.api.rates import Rates
from penstock.api.running import RunningDesk
from penstock.api.store import Store
from penstock.api.stream.hub import Hub
from penstock.api.tokens import Tokens
from penstock.api.users import Users

log = structlog.stdlib.get_logger("penstock.api")


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server's bounds, each with its unit. `clients_max` bounds connections of all kinds together.

    `metrics_need_key`: whether `/metrics` is for callers who may read risk only.
    """

    requests_per_second: int = 2_000
    logins_per_minute: int = 10
    body_bytes_max: int = 256 * 1024
    body_s: float = 10.0
    head_s: float = 10.0
    clients_max: int = 5_000
    stream_messages_max: int = 10_000
    stream_kept_events: int = 100_000
    heartbeat_s: float = 5.0
    metrics_need_key: bool = False


class Service:
    """A server's parts. `first_secret` is the administrator's one-time secret, at the very first start only."""

    def __init__(self, desk: RunningDesk, store: Store, settings: ApiSettings, *, paper: bool) -> None:
        from time import time_ns  # the wall clock: tokens and keys end by it, whatever the desk's pace

        self.desk, self.store, self.settings, self.paper = desk, store, settings, paper
        self.users = Users(store, time_ns)
        self.first_secret = self.users.begin()
        self.tokens = Tokens(store, time_ns)
        self.callers = Callers(self.users, self.tokens)
        self.rates = Rates(settings.requests_per_second, settings.logins_per_minute)
        self.calls = Calls(store, lambda text: log.error("calls_not_recorded", reason=text))
        self.metrics = Metrics()
        self.hub = Hub(desk, self.metrics, settings.stream_messages_max, settings.stream_kept_events)
        self.metrics.registry.register(Gauges(self))
        self.stopping = False

    def admit(self, headers: Mapping[str, str], permission: Permission) -> Caller:
        """The caller of a request, who may make it.

        Raises:
            Problem: nobody, somebody who may not, or too many requests.
        """
        caller = self.callers.of(headers.get("authorization", ""), headers.get("x-api-key", ""))
        self.rates.request(caller.key_id or caller.name)
        if caller.user.must_change and permission is not Permission.SELF:
            raise Problem("password_change_required", "set a password first: POST /auth/password")
        caller.need(permission)
        return caller

    def close(self) -> None:
        self.calls.close()
        self.store.close()
