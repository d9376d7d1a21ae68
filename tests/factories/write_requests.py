"""Requests that write: from the forms of pages and from the API's schema, with plausible values in every field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from factories.residents import id_number
from tuoju.database.records import now
from tuoju.regions.calendar import china_day

TODAY = china_day(now())
PDF = b"%PDF-1.7\n%%EOF\n"

PLAUSIBLE: Mapping[str, Any] = {
    "purpose": "visit",
    "name": "测试",
    "contact_name": "测试",
    "display_name": "测试",
    "phone": "13800001234",
    "email": "name@example.cn",
    "address": "x",
    "url": "https://example.cn/hook",
    "username": "walker",
    "categories": ["A01"],
    "category": "A01",
    "starts_on": TODAY.isoformat(),
    "ends_on": (TODAY + timedelta(days=300)).isoformat(),
    "served_on": TODAY.isoformat(),
    "first_visit_on": TODAY.isoformat(),
    "planned_for": (TODAY + timedelta(days=2)).isoformat(),
    "places_total": 60,
    "places": 60,
    "minutes": 30,
    "mode": "home",
    "outcome": "unmet",
    "satisfaction": 4,
    "id_number": id_number(),
    "words": "测试",
    "hardship_cause": "1",
    "scheme": "charity_referral",
    "relief_category": "TKGY",
    "self_care": "partly_unable",
    "vulnerabilities": ["SN"],
    "urgency": "urgent",
    "org_type": "52",
    "reason": "测试",
    "note": "测试",
    "text": "测试",
    "rules": {},
    "upheld": True,
    "given_by": "resident",
    "amount_yuan": 10,
    "amount": 10,
    "month": TODAY.replace(day=1).isoformat(),
    "submission_key": "walk-0001",
    "current_password": "right horse battery",
    "occurred_on": TODAY.isoformat(),
}
"""Values by the name of a field; other fields take a value by their kind."""


@dataclass(frozen=True)
class Draft:
    """A request not sent yet."""

    method: str
    address: str
    body: Mapping[str, Any] = field(default_factory=dict, hash=False)
    is_api: bool = False
    files: Mapping[str, tuple[str, bytes, str]] = field(default_factory=dict, hash=False)
    """Uploads: name, content and media type by field."""
    is_json: bool = False
    """A page that takes JSON, with the token of its form in a header."""


class _Forms(HTMLParser):
    """Collects the posting forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, Any], list[tuple[str, str, str]]]] = []
        self._inside = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = values.get("method", "").lower() == "post"
            if self._inside:
                self.forms.append((values.get("action", ""), {}, []))
        elif self._inside:
            self._take(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""

    def _take(self, tag: str, values: Mapping[str, str]) -> None:
        action, fields, buttons = self.forms[-1]
        name, kind = values.get("name", ""), values.get("type", "")
        if tag == "button":
            buttons.append((values.get("formaction", action), name, values.get("value", "")))
        elif tag == "option" and self._select and ("selected" in values or not fields.get(self._select)):
            fields[self._select] = values.get("value", "")
        elif tag == "select" and name:
            self._select = name
            fields.setdefault(name, "")
        elif name and kind in ("radio", "checkbox"):
            if "checked" in values or name not in fields:
                fields[name] = values.get("value", "on")
        elif name and tag in ("input", "textarea") and kind not in ("file", "submit"):
            fields[name] = values.get("value") or (_of_kind(name, kind) if kind != "hidden" else "")


def _of_kind(name: str, kind: str) -> Any:
    made = {"number": "1", "date": TODAY.isoformat(), "month": f"{TODAY:%Y-%m}", "time": "09:00"}
    return PLAUSIBLE.get(name, made.get(kind, "测试"))


def forms_of(page: str, address: str) -> Iterator[Draft]:
    """The requests that the forms of a page send, one for each of their buttons."""
    parser = _Forms()
    parser.feed(page)
    for action, fields, buttons in parser.forms:
        for target, name, value in buttons or [(action, "", "")]:
            yield Draft("POST", target or address.partition("?")[0], fields | ({name: value} if name else {}))


def schema_body(openapi: Mapping[str, Any], path: str, method: str) -> dict[str, Any]:
    """A body that the API's schema of an operation allows."""
    operation = openapi["paths"].get(path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    made = _made("", content.get("schema", {}), openapi)
    return made if isinstance(made, dict) else {}


def _made(name: str, schema: Mapping[str, Any], openapi: Mapping[str, Any]) -> Any:
    if name in PLAUSIBLE:
        return PLAUSIBLE[name]
    if "$ref" in schema:
        return _made(name, openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]], openapi)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _made(name, schema[key][0], openapi)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        required = set(schema.get("required", ())) | (PLAUSIBLE.keys() & properties.keys())
        return {key: _made(key, value, openapi) for key, value in properties.items() if key in required}
    simple: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "string": "x"}
    return simple.get(schema.get("type", ""))


def pattern_of(path: str) -> re.Pattern[str]:
    """Matches the addresses of a route."""
    return re.compile(re.sub(r"\\\{\w+(?::\w+)?\\\}", "[^/]+", re.escape(path)).replace(r"\{", "{") + "$")
