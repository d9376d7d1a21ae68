"""Bounds of what an address may hold: ids that a row can have, text that a database column takes."""

from typing import Annotated

from fastapi import Path, Query, Request
from pydantic import Field

from tuoju.web.kit.security import LINKED

GREATEST = 2**31 - 1
"""The greatest integer that PostgreSQL stores in an id column."""

PathId = Annotated[int, Path(ge=1, le=GREATEST)]
QueryId = Annotated[int, Query(ge=1, le=GREATEST)]
OptionalQueryId = Annotated[int | None, Query(ge=1, le=GREATEST)]
Id = Annotated[int, Field(ge=1, le=GREATEST)]


class UnkeepableText(Exception):
    """The request holds text that no database column takes: a NUL character, or half of a surrogate pair."""


def require_keepable(text: str) -> None:
    """Raises UnkeepableText."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise UnkeepableText


async def refuse_unkeepable_address(request: Request) -> None:
    """Dependency of the whole application: checks path and query of every request. Raises UnkeepableText.

    Pages reached by a link are left out: their tokens are hashed before they are looked up, and a wrong one leads
    to the same page whatever it looks like.
    """
    if request.url.path.startswith(LINKED):
        return
    if b"%00" in request.scope["query_string"]:
        raise UnkeepableText
    for value in (request.scope["path"], *request.path_params.values(), *request.query_params.values()):
        require_keepable(str(value))
