"""Lists by the page: a cursor names the last row seen, so that rows added meanwhile shift nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request
from itsdangerous import BadSignature, URLSafeSerializer
from pydantic import BaseModel, Field

from tuoju.web.kit.dependencies import settings_of

Row = TypeVar("Row")
Item = TypeVar("Item", bound=BaseModel)


class BadCursor(Exception):
    """The cursor was not made here, or for another list."""


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(
        description="The address of the next page. Null on the last page.",
        examples=["/api/v1/cases?limit=50&cursor=WzQyXQ.Kl1Xc0"],
    )


@dataclass(frozen=True)
class Paging:
    """What was asked for: at most `limit` rows from behind `after`, the position of the last row seen."""

    request: Request
    limit: int
    after: list[Any] | None

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than shown tells whether there is a next page."""
        return self.limit + 1

    @property
    def after_id(self) -> int | None:
        """The position in lists ordered by id alone."""
        return self.after[0] if self.after else None

    def take(self, rows: Sequence[Row], position: Callable[[Row], Sequence[Any]]) -> tuple[list[Row], str | None]:
        """The rows of this page out of those fetched, and the address of the next page."""
        shown = list(rows[: self.limit])
        if len(rows) <= self.limit:
            return shown, None
        cursor = _signer(self.request).dumps(list(position(shown[-1])))
        url = self.request.url.include_query_params(cursor=cursor, limit=self.limit)
        return shown, f"{url.path}?{url.query}"


def _signer(request: Request) -> URLSafeSerializer:
    # Signed for the list it came from: what a cursor says goes into a query.
    return settings_of(request).signer("cursors", f"cursor:{request.url.path}")


def _paging(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200, description="The largest number of items on a page.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=500, description="The cursor in the `next` link of the page before.")
    ] = None,
) -> Paging:
    if cursor is None:
        return Paging(request, limit, None)
    try:
        return Paging(request, limit, _signer(request).loads(cursor))
    except BadSignature as error:
        raise BadCursor from error


PageOf = Annotated[Paging, Depends(_paging)]
