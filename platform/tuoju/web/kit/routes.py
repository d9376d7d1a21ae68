"""The name of the route that answers a request, for logs, metrics and the audit."""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import Scope


def route_of(scope: Scope) -> str:
    """Its whole address with the parameters unfilled, as "/api/v1/cases/{case_id}"; "" where no route was found.

    A route knows only the part of its own router, so that a page and the API beside it would have one name.
    """
    route = scope.get("route")
    return _addresses(scope["app"]).get(id(route)) or str(getattr(route, "path", ""))


def _addresses(app: FastAPI) -> dict[int, str]:
    """The addresses by the identity of each route, which lives as long as the application."""
    if not hasattr(app.state, "route_addresses"):
        contexts = iter_route_contexts(app.routes)
        app.state.route_addresses = {id(context.original_route): context.path or "" for context in contexts}
    addresses: dict[int, str] = app.state.route_addresses
    return addresses
