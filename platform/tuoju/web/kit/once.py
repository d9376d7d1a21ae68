"""Which forms have their effect once: all but those whose routes say why they may be sent again.

`check_once` refuses to start an application with a route that says neither.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from tuoju.web.kit.dependencies import claimed_form

API = "/api/"
READS = "it reads for a purpose, and every reading is put on record"


@dataclass(frozen=True)
class Repeatable:
    """Why the form of a route may be sent again and carries no key that is claimed."""

    why: str

    def __call__(self) -> None:
        """Nothing is asked."""


def repeatable(why: str) -> Any:
    """A dependency of a route or router whose forms change nothing, or come to the same if they are sent again."""
    return Depends(Repeatable(why))


class RouteWithoutOnce(Exception):
    """Routes whose forms could have their effect twice: the application does not start."""

    def __init__(self, routes: Iterable[str]) -> None:
        super().__init__("each posted form needs exactly one of Form and repeatable(...): " + "; ".join(routes))


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any] | None]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def is_claimed(route: APIRoute) -> bool:
    """Whether the form of a route has its effect once."""
    return claimed_form in _calls(route.dependant)


def reason_to_repeat(route: APIRoute) -> str:
    """Why a route takes its form again; empty if it does not."""
    return next((call.why for call in _calls(route.dependant) if isinstance(call, Repeatable)), "")


def check_once(app: FastAPI) -> None:
    """Raises RouteWithoutOnce unless every page that takes a form claims its key, or says why not."""
    wrong = [
        f"{context.path}"
        for context in iter_route_contexts(app.routes)
        if isinstance(route := context.original_route, APIRoute)
        and "POST" in (route.methods or ())
        and not (context.path or "").startswith(API)
        and is_claimed(route) == bool(reason_to_repeat(route))
    ]
    if wrong:
        raise RouteWithoutOnce(wrong)
