"""The reference: the OpenAPI document, and a page made from it that loads nothing from elsewhere."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from pydantic.json_schema import models_json_schema

from tuoju.web.kit.problems import FieldProblem, Problem
from tuoju.web.kit.rendering import render

router = APIRouter()
_METHODS = ("get", "post", "put", "delete")
_REFERENCES = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Give the application its document, with the problem schemas that routes point to, and the page."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
    app.include_router(router, include_in_schema=False)


def _document(app: FastAPI) -> dict[str, Any]:
    whole = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    _, made = models_json_schema(
        [(Problem, "serialization"), (FieldProblem, "serialization")], ref_template=_REFERENCES
    )
    whole["components"]["schemas"].update(made["$defs"])
    return whole


@router.get("/api/docs")
def show(request: Request) -> Response:
    """Every route by its tag."""
    document = request.app.openapi()
    return render(
        request,
        "api_reference/reference.html",
        info=document["info"],
        groups=[(tag, _routes_of(document, tag["name"])) for tag in document["tags"]],
        schemas=sorted(document["components"]["schemas"].items()),
        type_of=type_of,
    )


def _routes_of(document: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    return [
        {"method": method.upper(), "path": path, **operations[method]}
        for path, operations in document["paths"].items()
        for method in _METHODS
        if method in operations and tag in operations[method]["tags"]
    ]


def type_of(schema: dict[str, Any]) -> str:
    """A schema in a few words: "string", "array of Place", "integer or null"."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "anyOf" in schema:
        return " or ".join(type_of(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"array of {type_of(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "any"))
