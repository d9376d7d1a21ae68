"""The authorization matrix is one table: routes, document and code agree (design.md section 7)."""

from pathlib import Path

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from factories.databases import UnitOfWork
from factories.pages import SETTINGS
from tuoju.accounts.fields import READERS
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import MATRIX, ROLE_LEVELS, Action
from tuoju.web.api import ROUTERS as API_ROUTERS
from tuoju.web.api_reference import pages as reference
from tuoju.web.app import create_app
from tuoju.web.kit.gates import Audience, RouteWithoutGate, check_gates, gates_of, needs, open_to
from tuoju.web.operations import machines
from tuoju.web.pages import ROUTERS as PAGE_ROUTERS
from tuoju.words.permission_table import as_markdown

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"


def routes() -> list[APIRoute]:
    return [route for router in (*API_ROUTERS, *PAGE_ROUTERS) for route in router.routes if isinstance(route, APIRoute)]


def test_the_lists_of_routers_hold_every_route_of_the_application(unit_of_work: UnitOfWork) -> None:
    """The tests that walk `router.routes` miss none: a router within a router would hide its own."""
    app = create_app(unit_of_work, SETTINGS)
    walked = {id(route.endpoint) for route in (*routes(), *machines.router.routes, *reference.router.routes)}
    served = [context.original_route for context in iter_route_contexts(app.routes)]
    endpoints = {id(route.endpoint) for route in served if isinstance(route, APIRoute)}
    assert endpoints == walked


def test_every_action_has_a_scope_and_every_role_its_levels() -> None:
    assert set(MATRIX) == set(Action)
    assert all(MATRIX.values())
    assert set(ROLE_LEVELS) == set(Role)


def test_every_action_that_opens_a_field_is_in_the_matrix() -> None:
    assert {action for actions in READERS.values() for action in actions} <= set(MATRIX)


@pytest.mark.parametrize("route", routes(), ids=lambda route: f"{','.join(route.methods)} {route.path}")
def test_every_route_has_one_gate(route: APIRoute) -> None:
    assert len(gates_of(route)) == 1


READING_ACTIONS = frozenset({Action.reveal_residents})
"""What opens personal data in full. design.md section 7: a GET unmasks nothing."""


@pytest.mark.parametrize(
    "route",
    [route for route in routes() if "GET" in route.methods],
    ids=lambda route: route.path,
)
def test_no_get_needs_an_action_that_reads_in_full(route: APIRoute) -> None:
    assert not any(gate.actions & READING_ACTIONS for gate in gates_of(route))


@pytest.mark.parametrize(
    "dependencies", [[], [needs(Action.read_cases), needs(Action.read_residents)]], ids=["none", "two"]
)
def test_an_application_with_another_route_does_not_start(dependencies: list[Depends]) -> None:
    router = APIRouter()
    router.add_api_route("/new", lambda: None, dependencies=dependencies)
    app = FastAPI()
    app.include_router(router)
    with pytest.raises(RouteWithoutGate, match="GET /new"):
        check_gates(app)


def test_whoever_opens_a_route_without_an_account_says_why() -> None:
    app = FastAPI()
    app.add_api_route("/new", lambda: None, dependencies=[open_to(Audience.everybody, "a poster")])
    check_gates(app)
    assert all(gate.actions or gate.why for route in routes() for gate in gates_of(route))


def test_the_document_is_made_from_the_matrix() -> None:
    assert DOCUMENT.read_text() == as_markdown()
