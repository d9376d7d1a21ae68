"""Runs verbs whose refusal is committed too: the count of attempts and the audit entry are part of the answer."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request
from sqlmodel import Session

from tuoju.accounts.errors import AccountError
from tuoju.database.scopes import ENTRANCE
from tuoju.web.kit.dependencies import unit_of_work_of

T = TypeVar("T")


def committed(request: Request, verb: Callable[[Session], T]) -> T:
    """The result of `verb` in a transaction of its own. An AccountError is raised again after the commit."""
    refusal: AccountError | None = None
    with unit_of_work_of(request).write(ENTRANCE) as session:
        try:
            result = verb(session)
        except AccountError as error:
            refusal = error
    if refusal is not None:
        raise refusal
    return result
