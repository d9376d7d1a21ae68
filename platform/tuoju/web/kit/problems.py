"""Errors on the wire: application/problem+json (RFC 9457), documented on every route."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from tuoju.web.kit.api_guard import guard

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One field that is not valid."""

    pointer: str = Field(description="The field in the body or query, as a JSON Pointer.", examples=["/id_number"])
    in_: str = Field(alias="in", description="`body`, `query` or `header`.", examples=["body"])
    code: str = Field(description="The kind of error, for programs.", examples=["id_number_checksum"])
    detail: str = Field(
        description="The message for the user, in the language of `Accept-Language`.",
        examples=["This ID number has a wrong digit. Compare it with the card."],
    )


class Problem(BaseModel):
    """What went wrong, for people and for programs (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(description="What is wrong and how to fix it, in the language of `Accept-Language`.")
    state: str | None = Field(default=None, description="With a 409: the current state.")
    resident_id: int | None = Field(default=None, description="With a 409: the file that already exists.")
    request_id: str | None = Field(default=None, description="With a 500: the number to give when you report it.")
    errors: list[FieldProblem] | None = Field(default=None, description="With a 422: the fields that are not valid.")


_WORDS: Mapping[int, tuple[str, dict[str, Any]]] = {
    401: ("You are not signed in, or the token has expired.", {"detail": "You must sign in first."}),
    403: ("Your role does not allow this.", {"detail": "Your role does not allow this."}),
    404: ("Not found, or you do not have access.", {"detail": "Page not found, or you do not have access."}),
    409: (
        "Not possible in the current state, which is in `state`.",
        {"detail": "The referral has moved on. Please look at it again.", "state": "rejected"},
    ),
    412: (
        "The version in `If-Match` is not the current version.",
        {"detail": "Someone else has just changed this. Check the latest version and try again."},
    ),
    422: (
        "Some fields are not valid. `errors` names each of them.",
        {
            "detail": "Some fields are not valid.",
            "errors": [
                {
                    "pointer": "/id_number",
                    "in": "body",
                    "code": "id_number_checksum",
                    "detail": "This ID number has a wrong digit. Compare it with the card.",
                }
            ],
        },
    ),
    428: (
        "`If-Match` is missing.",
        {"detail": "State the version you have seen in If-Match."},
    ),
    429: (
        "Too many requests. `Retry-After` gives the number of seconds to wait, except where a daily limit is reached.",
        {"detail": "You have sent too many requests within a minute. Wait a moment and try again."},
    ),
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of these error responses."""
    return {status: _documented(status) for status in statuses}


def _documented(status: int) -> dict[str, Any]:
    description, example = _WORDS[status]
    example_body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, **example}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema, "example": example_body}}}


def api_router(prefix: str, tag: str) -> APIRouter:
    """A router whose every route is guarded and documents the errors that any of them may answer."""
    return APIRouter(
        prefix=prefix,
        tags=[tag],
        dependencies=[Depends(guard)],
        responses=problems(401, 403, 422, 429),
        generate_unique_id_function=_name,
    )


def _name(route: APIRoute) -> str:
    return route.name
