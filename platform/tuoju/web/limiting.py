"""How often an address may try to sign in: slows the guessing of passwords across many accounts."""

import time

from fastapi import Request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

SIGN_INS: RateLimitItem = parse("30 per minute")
"""An office of several desks may share one address; each account also locks after five wrong passwords."""


class TooManyRequests(Exception):
    """The address has asked too often; `retry_after` seconds from now it may again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after


def limit_sign_ins(request: Request) -> None:
    """Dependency of whatever takes a password. Raises TooManyRequests."""
    state = request.app.state
    if not hasattr(state, "limiter"):
        state.limiter = MovingWindowRateLimiter(MemoryStorage())
    limiter: MovingWindowRateLimiter = state.limiter
    address = request.client.host if request.client else "unknown"
    if not limiter.hit(SIGN_INS, "sign-in", address):
        resets_at = limiter.get_window_stats(SIGN_INS, "sign-in", address).reset_time
        raise TooManyRequests(max(1, round(resets_at - time.time())))
