"""The one verb through which personal data is read in full, and what keeps it from requests that change nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import Actor, Principal
from tuoju.readings.budgets import charge
from tuoju.readings.errors import ReadByGet
from tuoju.readings.models import Budget
from tuoju.readings.purposes import require_purpose

_forbidden: ContextVar[bool] = ContextVar("readings_forbidden", default=False)


@contextmanager
def no_readings() -> Iterator[None]:
    """Within the block nothing is read in full: a GET, which an image, a prefetch or another site can cause."""
    token = _forbidden.set(True)
    try:
        yield
    finally:
        _forbidden.reset(token)


def require_reading_request() -> None:
    """Raises ReadByGet within `no_readings`."""
    if _forbidden.get():
        raise ReadByGet


def record_reading(
    session: Session,
    actor: Principal,
    subject: object,
    *,
    scope: str,
    purpose: str,
    budget: Budget | None,
    action: str = "reveal",
    **detail: Any,
) -> None:
    """Put on record that `actor` reads `subject` in full, before it is shown (社会救助法 art. 70(6)).

    `budget` pays for it; None where the caller has charged a whole list or file. A link names one person only and
    has no budget. The budget is taken before the audit chain is locked: one order everywhere avoids deadlocks.
    Raises PurposeMissing, BudgetSpent, ReadByGet.
    """
    require_reading_request()
    require_purpose(purpose)
    if budget is not None and isinstance(actor, Actor):
        charge(session, actor, budget)
    audit.record(session, actor, action, subject, scope=scope, purpose=purpose, **detail)
