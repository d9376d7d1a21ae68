"""What each route asks for before it runs: an action of the authorization matrix, or a stated opening to others.

`check_gates` refuses to start an application with a route that has none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts

from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.permissions import Action, may
from tuoju.web.kit.dependencies import NotSignedIn, find_actor
from tuoju.web.kit.rate_limits import count_request


class Audience(StrEnum):
    """Who passes a gate without an account."""

    everybody = "everybody"
    link_holder = "link_holder"
    """The route itself checks the link."""
    machine = "machine"
    """The route itself checks a token of the settings."""


@dataclass(frozen=True)
class Gate:
    """One gate: an account that may do one of `actions`, or an `audience` with the reason why it needs no account."""

    actions: frozenset[Action] = frozenset()
    audience: Audience | None = None
    why: str = ""

    def __call__(self, request: Request) -> None:
        """Raises NotSignedIn, NotPermitted, TooManyOfAccount. Which rows may be read or changed is checked by the verbs
        and queries."""
        if self.audience is not None:
            return
        actor = find_actor(request)
        if actor is None:
            raise NotSignedIn
        count_request(request, actor)
        if not any(may(actor, action) for action in self.actions):
            raise NotPermitted(min(self.actions))


def needs(*actions: Action) -> Any:
    """A dependency of a route or router: the account may do at least one of the actions."""
    return Depends(Gate(actions=frozenset(actions)))


def open_to(audience: Audience, why: str) -> Any:
    """A dependency of a route or router that needs no account, and why."""
    return Depends(Gate(audience=audience, why=why))


class RouteWithoutGate(Exception):
    """Routes that declare no action, or more than one gate: the application does not start."""

    def __init__(self, routes: Iterable[str]) -> None:
        super().__init__("each route needs exactly one of needs(...) and open_to(...): " + "; ".join(routes))


def gates_of(route: APIRoute) -> list[Gate]:
    """The gates of a route, its router's included."""
    return [depends.dependency for depends in route.dependencies if isinstance(depends.dependency, Gate)]


def check_gates(app: FastAPI) -> None:
    """Raises RouteWithoutGate unless every route has exactly one gate."""
    # An included router stands in `app.routes` as one entry; only the contexts name its routes.
    routes = [(context.path, context.original_route) for context in iter_route_contexts(app.routes)]
    wrong = [
        f"{','.join(sorted(route.methods or ()))} {path}"
        for path, route in routes
        if isinstance(route, APIRoute) and len(gates_of(route)) != 1
    ]
    if wrong:
        raise RouteWithoutGate(wrong)
