"""The reference reads well and leaves nothing out."""

import json
import re
from typing import Any

import pytest
from fastapi import FastAPI

from factories.databases import UnitOfWork
from factories.pages import Visitor

Route = tuple[str, str, dict[str, Any]]


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


@pytest.fixture
def routes(document: dict[str, Any]) -> list[Route]:
    return [(method, path, route) for path, methods in document["paths"].items() for method, route in methods.items()]


def test_every_route_says_what_it_does(routes: list[Route], document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for method, path, route in routes:
        assert route["summary"][0].isupper(), path
        assert route["description"].endswith((".", "!")), (method, path)
        assert set(route["tags"]) <= tags
    names = [route["operationId"] for _method, _path, route in routes]
    assert len(names) == len(set(names)) >= 50


def test_every_error_is_a_documented_problem(routes: list[Route]) -> None:
    for method, path, route in routes:
        errors = {status: answer for status, answer in route["responses"].items() if status >= "400"}
        assert {"401", "422"} <= set(errors), path
        assert "404" in errors or "{" not in path, path
        assert "409" in errors or not (method == "post" and "201" in route["responses"]) or "tokens" in path
        for answer in errors.values():
            assert list(answer["content"]) == ["application/problem+json"]
            assert answer["content"]["application/problem+json"]["example"]["detail"]


def test_every_route_but_the_entrance_names_its_credentials(routes: list[Route]) -> None:
    open_ones = [path for _method, path, route in routes if not route.get("security")]
    assert open_ones == ["/api/v1/tokens"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    wanted = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert wanted <= set(document["components"]["schemas"])


def test_every_schema_of_ours_says_what_it_is(document: dict[str, Any]) -> None:
    for name in ("ReferralShown", "Person", "Problem", "WhyNot", "Token"):
        assert document["components"]["schemas"][name]["description"]


def test_the_page_shows_every_route_and_loads_nothing_from_elsewhere(
    unit_of_work: UnitOfWork, routes: list[Route]
) -> None:
    page = Visitor(unit_of_work).client.get("/api/docs")
    assert page.status_code == 200
    for _method, path, route in routes:
        assert path in page.text
        assert f'id="{route["operationId"]}"' in page.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)
    assert "<style" not in page.text
    assert not re.findall(r"<script(?![^>]* src=)", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]
