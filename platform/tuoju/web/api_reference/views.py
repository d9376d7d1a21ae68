"""View objects of the API reference, read from the OpenAPI document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tuoju.web.kit.views import View

METHODS = ("get", "post", "put", "delete")


@dataclass(frozen=True)
class FieldRow:
    """A parameter of a route or a field of a schema; `place` is path, query or header, and empty for a field."""

    name: str
    type_name: str
    required: bool
    description: str
    place: str = ""


@dataclass(frozen=True)
class Body:
    """The type of a request or response body; `media` is empty for JSON."""

    type_name: str
    media: str


@dataclass(frozen=True)
class AnswerRow:
    """A status that a route answers."""

    status: str
    description: str
    bodies: Sequence[Body]


@dataclass(frozen=True)
class RouteRow:
    """One method of one path."""

    operation_id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: Sequence[FieldRow]
    has_body: bool
    bodies: Sequence[Body]
    answers: Sequence[AnswerRow]


@dataclass(frozen=True)
class RouteGroup:
    """The routes of one tag."""

    name: str
    anchor: str
    description: str
    routes: Sequence[RouteRow]


@dataclass(frozen=True)
class SchemaRow:
    """One schema: its values if it is an enum, else its fields."""

    name: str
    description: str
    enum_values: Sequence[str]
    fields: Sequence[FieldRow]


@dataclass(frozen=True)
class ReferencePage(View):
    """Every route by its tag, and every schema."""

    template: ClassVar[str] = "api_reference/reference.html"
    paragraphs: Sequence[str]
    groups: Sequence[RouteGroup]
    schemas: Sequence[SchemaRow]


def reference_page(document: Mapping[str, Any]) -> ReferencePage:
    """The page of an OpenAPI document."""
    return ReferencePage(
        paragraphs=[_plain(text).replace("**", "") for text in document["info"]["description"].split("\n\n")],
        groups=[_group(document, tag) for tag in document["tags"]],
        schemas=[_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())],
    )


def _group(document: Mapping[str, Any], tag: Mapping[str, str]) -> RouteGroup:
    name = tag["name"]
    routes = list(_routes_of(document, name))
    return RouteGroup(name, name.lower().replace(" ", "-"), tag["description"], routes)


def _routes_of(document: Mapping[str, Any], tag: str) -> Iterator[RouteRow]:
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations and tag in operations[method]["tags"]:
                yield _route(method, path, operations[method])


def _route(method: str, path: str, operation: Mapping[str, Any]) -> RouteRow:
    request_body = operation.get("requestBody")
    return RouteRow(
        operation_id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=_plain(operation.get("description")),
        parameters=[_parameter(parameter) for parameter in operation.get("parameters") or ()],
        has_body=request_body is not None,
        bodies=_bodies(request_body),
        answers=[
            AnswerRow(str(status), _plain(answer["description"]), _bodies(answer))
            for status, answer in operation["responses"].items()
        ],
    )


def _parameter(parameter: Mapping[str, Any]) -> FieldRow:
    return FieldRow(
        parameter["name"],
        type_of(parameter["schema"]),
        bool(parameter.get("required")),
        _plain(parameter.get("description")),
        parameter["in"],
    )


def _bodies(holder: Mapping[str, Any] | None) -> list[Body]:
    """The types in the `content` of a request body or an answer."""
    content = (holder or {}).get("content") or {}
    return [
        Body(type_of(media_type["schema"]), "" if media == "application/json" else media)
        for media, media_type in content.items()
        if media_type.get("schema")
    ]


def _schema(name: str, schema: Mapping[str, Any]) -> SchemaRow:
    required = schema.get("required") or ()
    return SchemaRow(
        name,
        _plain(schema.get("description")),
        [str(value) for value in schema.get("enum") or ()],
        [
            FieldRow(field, type_of(of_field), field in required, _plain(of_field.get("description")))
            for field, of_field in (schema.get("properties") or {}).items()
        ],
    )


def type_of(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: "string", "array of Place", "integer or null"."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "anyOf" in schema:
        return " or ".join(type_of(choice) for choice in schema["anyOf"])
    if schema.get("type") == "array":
        return f"array of {type_of(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "any"))


def _plain(text: str | None) -> str:
    """A description without the marks of code."""
    return (text or "").replace("`", "")
