"""How often an address may try to sign in or to open a link: slows guessing across many accounts."""

import time

from fastapi import Request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

SIGN_INS: RateLimitItem = parse("30 per minute")
"""An office of several desks may share one address; each account also locks after five wrong passwords."""

LINKS_OPENED: RateLimitItem = parse("60 per minute")
LINKS_WANTED: RateLimitItem = parse("10 per hour")
"""A link can not be guessed; these keep an address from trying, and from filling a charity's letter box."""


class TooManyRequests(Exception):
    """The address has asked too often; `retry_after` seconds from now it may again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after


def limit_sign_ins(request: Request) -> None:
    """Dependency of whatever takes a password. Raises TooManyRequests."""
    _count(request, SIGN_INS, "sign-in")


def limit_links_opened(request: Request) -> None:
    """Dependency of what takes a link. Raises TooManyRequests."""
    _count(request, LINKS_OPENED, "link")


def limit_links_wanted(request: Request) -> None:
    """Dependency of what asks for a new link. Raises TooManyRequests."""
    _count(request, LINKS_WANTED, "link-wanted")


def _count(request: Request, allowed: RateLimitItem, what: str) -> None:
    state = request.app.state
    if not hasattr(state, "limiter"):
        state.limiter = MovingWindowRateLimiter(MemoryStorage())
    limiter: MovingWindowRateLimiter = state.limiter
    address = request.client.host if request.client else "unknown"
    if not limiter.hit(allowed, what, address):
        resets_at = limiter.get_window_stats(allowed, what, address).reset_time
        raise TooManyRequests(max(1, round(resets_at - time.time())))
