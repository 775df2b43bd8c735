"""How many requests a caller may make: by key, or by user for those with a token; log-ins by user and address.

Requests are counted in windows of a second, right here: it happens at every order. Log-ins are few, and `limits` counts
them.
"""

from math import ceil
from time import monotonic, time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from penstock.api.problem import Problem


class Rates:
    """`per_second` bounds the requests of one caller, `logins_per_minute` the tries of one user from one address."""

    def __init__(self, per_second: int, logins_per_minute: int) -> None:
        self._per_second = per_second
        self._second, self._made = 0, dict[str, int]()
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._logins = RateLimitItemPerMinute(logins_per_minute)

    def request(self, who: str) -> None:
        """Count one.

        Raises:
            Problem: it is one too many.
        """
        second = int(monotonic())
        if second != self._second:
            self._second, self._made = second, {}
        made = self._made[who] = self._made.get(who, 0) + 1
        if made > self._per_second:
            raise refusal(f"{self._per_second} per 1 second", 1)

    def login(self, who: str) -> None:
        """Count one try.

        Raises:
            Problem: it is one too many.
        """
        if not self._limiter.hit(self._logins, "login", who):
            resets_at = self._limiter.get_window_stats(self._logins, "login", who).reset_time
            raise refusal(str(self._logins), max(1, ceil(resets_at - time())))


def refusal(most: str, wait_s: int) -> Problem:
    return Problem("rate_limited", f"at most {most}; try again in {wait_s} s", headers={"Retry-After": str(wait_s)})
