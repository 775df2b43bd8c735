"""How many requests a caller may make: by key, or by user for those with a token; log-ins by user and address."""

from math import ceil
from time import time

from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from penstock.api.problem import Problem


class Rates:
    """`per_second` bounds the requests of one caller, `logins_per_minute` the tries of one user from one address."""

    def __init__(self, per_second: int, logins_per_minute: int) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerSecond(per_second)
        self._logins = RateLimitItemPerMinute(logins_per_minute)

    def request(self, who: str) -> None:
        """Count one.

        Raises:
            Problem: it is one too many.
        """
        if not self._limiter.hit(self._requests, who):
            raise self._refusal(self._requests, who)

    def login(self, who: str) -> None:
        """Count one try.

        Raises:
            Problem: it is one too many.
        """
        if not self._limiter.hit(self._logins, "login", who):
            raise self._refusal(self._logins, "login", who)

    def _refusal(self, item: RateLimitItemPerSecond | RateLimitItemPerMinute, *who: str) -> Problem:
        resets_at = self._limiter.get_window_stats(item, *who).reset_time
        wait = max(1, ceil(resets_at - time()))
        return Problem("rate_limited", f"at most {item}; try again in {wait} s", headers={"Retry-After": str(wait)})
