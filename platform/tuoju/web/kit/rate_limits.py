"""How often an address may try to sign in or to open a link, which slows guessing across many accounts; and how many
requests an account may send.

Counted in the database, so that all processes and hosts keep one limit together.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from fastapi import Depends, Request

from tuoju.accounts.attempts import Attempt, Limit, count_attempt
from tuoju.accounts.permissions import Actor
from tuoju.accounts.request_limits import MINUTE, Blocks, Expense
from tuoju.database.scopes import NOBODY
from tuoju.web.kit.clients import address_of
from tuoju.web.kit.dependencies import find_actor, settings_of, unit_of_work_of

SIGN_INS = Limit(30, timedelta(minutes=1))
"""An office of several desks may share one address; each account has a limit of its own (attempts.PASSWORD_LIMIT)."""

LINKS_OPENED = Limit(60, timedelta(minutes=1))
LINKS_WANTED = Limit(10, timedelta(hours=1))
"""A link can not be guessed; these keep an address from trying, and from filling a charity's letter box."""


class TooManyRequests(Exception):
    """The address has asked too often; `retry_after` seconds from now it may again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after


class TooManyOfAccount(TooManyRequests):
    """The account has sent too many requests."""


class TooExpensive(TooManyRequests):
    """The account, or the address of whoever has none, has sent too many requests that cost much."""

    def __init__(self, retry_after: int, expense: Expense) -> None:
        super().__init__(retry_after)
        self.expense = expense


def limit_sign_ins(request: Request) -> None:
    """Dependency of whatever takes a password. Raises TooManyRequests."""
    _count(request, SIGN_INS, "sign-in")


def limit_links_opened(request: Request) -> None:
    """Dependency of what takes a link. Raises TooManyRequests."""
    _count(request, LINKS_OPENED, "link")


def limit_links_wanted(request: Request) -> None:
    """Dependency of what asks for a new link. Raises TooManyRequests."""
    _count(request, LINKS_WANTED, "link-wanted")


def _count(request: Request, limit: Limit, what: str) -> None:
    attempt = _counted(request, f"{_address_key(request)}:{what}", limit)
    if not attempt.is_allowed:
        raise TooManyRequests(attempt.retry_after)


def _counted(request: Request, key: str, limit: Limit, amount: int = 1) -> Attempt:
    """Count in a transaction of its own, so that the count stays when the request is refused."""
    with unit_of_work_of(request).write(NOBODY) as session:
        return count_attempt(session, key, limit, amount)


def count_request(request: Request, actor: Actor) -> None:
    """Count a request of an account. Raises TooManyOfAccount."""
    limits = settings_of(request).request_limits
    if limits is None:
        return
    attempt = _taken(request, f"account:{actor.user_id}", Limit(limits.requests, MINUTE))
    if not attempt.is_allowed:
        raise TooManyOfAccount(attempt.retry_after)


@dataclass(frozen=True)
class Cost:
    """The declaration of a route; see `costs`."""

    expense: Expense
    query: str

    def __call__(self, request: Request) -> None:
        """Raises TooExpensive."""
        limits = settings_of(request).request_limits
        if limits is None or (self.query and not request.query_params.get(self.query)):
            return
        actor = find_actor(request)
        who = f"account:{actor.user_id}" if actor else _address_key(request)
        limit = limits.of(self.expense, actor.role if actor else None)
        attempt = _taken(request, f"{who}:{self.expense}", limit)
        if not attempt.is_allowed:
            raise TooExpensive(attempt.retry_after, self.expense)


def costs(expense: Expense, *, query: str = "") -> Any:
    """A dependency of a route that costs much; with `query` only where that field of the address is set."""
    return Depends(Cost(expense, query))


def _taken(request: Request, key: str, limit: Limit) -> Attempt:
    blocks: Blocks = request.app.state.request_blocks
    return blocks.take(key, limit, lambda amount: _counted(request, key, limit, amount))


def _address_key(request: Request) -> str:
    return f"address:{_counted_address(address_of(request))}"


def _counted_address(address: str) -> str:
    """An IPv4 address, or the /64 that one customer of IPv6 has whole."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return parsed.exploded[:19]
    return address
