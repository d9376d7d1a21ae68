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
    """One field that is not as expected."""

    pointer: str = Field(description="Where in the body or query, as a JSON Pointer.", examples=["/id_number"])
    in_: str = Field(alias="in", description="`body`, `query` or `header`.", examples=["body"])
    code: str = Field(description="What kind of mistake it is, for programs.", examples=["id_number_checksum"])
    detail: str = Field(
        description="What to say to the person who typed, in the language of `Accept-Language`.",
        examples=["This ID number has a wrong digit somewhere. Please compare with the card."],
    )


class Problem(BaseModel):
    """What went wrong, in words and for programs (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(description="What happened and the way out, in the language of `Accept-Language`.")
    state: str | None = Field(default=None, description="With a 409: where the thing stands now.")
    resident_id: int | None = Field(default=None, description="With a 409: the file that is there already.")
    request_id: str | None = Field(default=None, description="With a 500: the number to give when you report it.")
    errors: list[FieldProblem] | None = Field(default=None, description="With a 422: each field.")


_WORDS: Mapping[int, tuple[str, dict[str, Any]]] = {
    401: ("No one is signed in, or the token has ended.", {"detail": "Please sign in."}),
    403: ("Your role does not include this.", {"detail": "Your role does not include this."}),
    404: ("Not here, or not yours to see.", {"detail": "This is not here, or not yours to see."}),
    409: (
        "It can not be done as things stand now; `state` says where they stand.",
        {"detail": "The referral has moved on. Please look at it again.", "state": "rejected"},
    ),
    412: (
        "The version in `If-Match` is no longer the present one.",
        {"detail": "Someone else has just changed this. Please look at it again."},
    ),
    422: (
        "Some fields are not as expected; `errors` names each.",
        {
            "detail": "Some fields are not as expected.",
            "errors": [
                {
                    "pointer": "/id_number",
                    "in": "body",
                    "code": "id_number_checksum",
                    "detail": "This ID number has a wrong digit somewhere. Please compare with the card.",
                }
            ],
        },
    ),
    428: (
        "`If-Match` is missing.",
        {"detail": "Please say in If-Match which version you have seen."},
    ),
    429: (
        "Too many attempts; `Retry-After` says how many seconds to wait.",
        {"detail": "Too many attempts from this address. Please wait a minute."},
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
        responses=problems(401, 403, 422),
        generate_unique_id_function=_name,
    )


def _name(route: APIRoute) -> str:
    return route.name
