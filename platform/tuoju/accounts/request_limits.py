"""How many requests an account may send within a minute, and by role how many of those that cost much (OWASP ASVS 5.0,
2.4.1 and 15.2.2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock

from tuoju.accounts.attempts import Attempt, Limit
from tuoju.accounts.models import Role
from tuoju.database.records import now

MINUTE = timedelta(minutes=1)
BLOCKS = 30
"""A process takes a limit from the database in so many blocks: a write for every request would cost more than most
requests do."""
MANY = 1_000
"""Blocks that a process remembers before it drops those of past minutes."""


class Expense(StrEnum):
    """A kind of request that costs much more than a page."""

    search = "search"
    """Through names and texts, or the ranking of projects for a need."""
    paper = "paper"
    """A PDF, or one person's file as ZIP."""
    export = "export"
    """A list as Excel, CSV or text."""
    upload = "upload"
    """Files that have to be opened, checked and sealed, and lists that are imported."""
    plan = "plan"
    """The computation of a plan, or what a change of it would do."""


PerMinute = Mapping[Expense, int]

_USUAL: PerMinute = {Expense.search: 60, Expense.paper: 30, Expense.export: 10, Expense.upload: 20, Expense.plan: 20}
DEFAULT_EXPENSES: Mapping[Role, PerMinute] = dict.fromkeys(Role, _USUAL) | {
    Role.charity_staff: {**_USUAL, Expense.search: 30, Expense.paper: 20, Expense.export: 5},
    Role.program_manager: {**_USUAL, Expense.export: 20, Expense.plan: 30},
}
"""Several times what a person does in a busy minute; a program has to spread its work."""
WITHOUT_ACCOUNT: PerMinute = _USUAL
"""Of a network address: notices and posters of the board, the check of a file."""


@dataclass(frozen=True)
class RequestLimits:
    """The limits of an installation."""

    requests: int = 600
    """Of one account within a minute, whatever they are."""
    expenses: Mapping[Role, PerMinute] = field(default_factory=lambda: DEFAULT_EXPENSES)

    def of(self, expense: Expense, role: Role | None) -> Limit:
        """How many requests of a kind a role may send within a minute; None is whoever has no account."""
        return Limit((self.expenses[role] if role else WITHOUT_ACCOUNT)[expense], MINUTE)


@dataclass
class _Block:
    """What a process may still let through until the window ends."""

    left: int
    is_last: bool
    """Whether the limit is reached: nothing more is taken before the window ends."""
    ends_at: datetime


class Blocks:
    """The blocks that one process holds. All processes together let through a limit at most; blocks that one does not
    use up are lost to the others for the rest of the minute."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._blocks: dict[str, _Block] = {}

    def take(self, key: str, limit: Limit, count: Callable[[int], Attempt]) -> Attempt:
        """Whether one more is allowed. `count` counts so many in the database, which is asked when a block is used up,
        and not at all while the limit is reached."""
        with self._lock:
            block = self._blocks.get(key)
            if block is not None and block.ends_at > now() and (block.left or block.is_last):
                is_allowed = block.left > 0
                block.left -= is_allowed
                return Attempt(is_allowed, block.ends_at)
        size = max(1, limit.attempts // BLOCKS)
        attempt = count(size)
        with self._lock:
            if len(self._blocks) > MANY:
                self._blocks = {kept: block for kept, block in self._blocks.items() if block.ends_at > now()}
            left = size - 1 if attempt.is_allowed else 0
            taken_meanwhile = self._blocks.get(key)
            if taken_meanwhile is not None and taken_meanwhile.ends_at == attempt.ends_at:
                left += taken_meanwhile.left
            self._blocks[key] = _Block(left, not attempt.is_allowed, attempt.ends_at)
        return attempt
