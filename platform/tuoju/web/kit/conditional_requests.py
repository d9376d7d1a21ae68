"""Conditional requests: an entity tag is the version of a row, and If-Match asks that it be unchanged."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel


class PreconditionFailed(Exception):
    """The row has another version than the request asks for."""


class PreconditionRequired(Exception):
    """A replacement has to say which version it replaces."""


def etag(version: int) -> str:
    return f'"{version}"'


@dataclass(frozen=True)
class Condition:
    """What If-Match says, if it was sent."""

    tags: frozenset[str] | None

    def check(self, version: int) -> None:
        """Raises PreconditionFailed."""
        if self.tags is not None and "*" not in self.tags and etag(version) not in self.tags:
            raise PreconditionFailed


def _optional(
    if_match: Annotated[
        str | None,
        Header(
            max_length=200,
            description="The ETag you last saw. If the version has changed, the answer is 412.",
            examples=['"3"'],
        ),
    ] = None,
) -> Condition:
    tags = None if if_match is None else frozenset(tag.strip() for tag in if_match.split(","))
    return Condition(tags)


IfMatch = Annotated[Condition, Depends(_optional)]


def _required(condition: IfMatch) -> Condition:
    if condition.tags is None:
        raise PreconditionRequired
    return condition


MustMatch = Annotated[Condition, Depends(_required)]


def represent(model: BaseModel, status: int = 200, *, version: int | None = None, location: str = "") -> JSONResponse:
    """A representation with its entity tag and, for something new, its address."""
    headers = {"location": location} if location else {}
    if version is not None:
        headers["etag"] = etag(version)
    return JSONResponse(model.model_dump(mode="json"), status, headers)
