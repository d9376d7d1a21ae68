"""The API reference: the OpenAPI document, and a page made from it that loads nothing from other sites."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from pydantic.json_schema import models_json_schema

from tuoju.accounts.permissions import Action
from tuoju.web.api_reference.views import reference_page
from tuoju.web.kit.gates import needs
from tuoju.web.kit.problems import FieldProblem, Problem
from tuoju.web.kit.rendering import render

router = APIRouter()
_REFERENCES = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Give the application its OpenAPI document, with the schemas of problems."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    _, schemas = models_json_schema(
        [(Problem, "serialization"), (FieldProblem, "serialization")], ref_template=_REFERENCES
    )
    document["components"]["schemas"].update(schemas["$defs"])
    return document


@router.get("/api/openapi.json", dependencies=[needs(Action.use_application)])
def show_document(request: Request) -> Response:
    """The OpenAPI document, for programs."""
    return JSONResponse(request.app.openapi())


@router.get("/api/docs", dependencies=[needs(Action.use_application)])
def show(request: Request) -> Response:
    """Every route by its tag, and every schema."""
    return render(request, reference_page(request.app.openapi()))
