"""No address and no form makes the server fail: ids beyond a column's range, NUL, lone surrogates (never a 5xx)."""

import os
import random
import re
from collections.abc import Iterator
from itertools import product

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from factories.databases import UnitOfWork
from factories.pages import SETTINGS, Visitor
from factories.referrals import make_scene
from tuoju.accounts.models import Role
from tuoju.web.api import ROUTERS as API_ROUTERS
from tuoju.web.app import create_app
from tuoju.web.kit.bounds import GREATEST
from tuoju.web.pages import ROUTERS as PAGE_ROUTERS

HOSTILE = ("0", "-1", str(2**31), str(2**63), "9" * 40, "%00", "a%00b", "%ED%A0%80", "%F0%9F%98%80", "..%2f..")
"""Values for every parameter of an address: beyond int4 and int8, NUL, half a surrogate pair, an emoji, a path."""
TYPED = ("0", "-1", str(2**31), str(2**63), "9" * 40, "\0", "a\0b", "\N{GRINNING FACE}", "1e999", "NaN", "٣")
"""The same for every field of a form."""


def routes() -> list[APIRoute]:
    return [route for router in (*API_ROUTERS, *PAGE_ROUTERS) for route in router.routes if isinstance(route, APIRoute)]


def dependants(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for dependency in dependant.dependencies:
        yield from dependants(dependency)


def is_number(annotation: object) -> bool:
    return annotation is int or int in getattr(annotation, "__args__", ())


@pytest.mark.parametrize("route", routes(), ids=lambda route: f"{route.name}:{route.path}")
def test_every_number_of_an_address_has_bounds(route: APIRoute) -> None:
    unbounded = []
    for dependant in dependants(route.dependant):
        for parameter in (*dependant.path_params, *dependant.query_params):
            if is_number(parameter.field_info.annotation):
                limits = [rule.le for rule in parameter.field_info.metadata if hasattr(rule, "le")]
                if not limits or max(limits) > GREATEST:
                    unbounded.append(parameter.name)
    assert unbounded == []


def addresses(app: FastAPI) -> Iterator[tuple[str, str]]:
    """(method, address) of every route with every hostile value in its path, then in its first query parameters."""
    for context in iter_route_contexts(app.routes):
        route, full_path = context.original_route, context.path or ""
        if not isinstance(route, APIRoute):
            continue
        names = re.findall(r"\{(\w+)(?::\w+)?\}", full_path)
        query = [parameter.alias for dependant in dependants(route.dependant) for parameter in dependant.query_params]
        for method, value in product(sorted(route.methods - {"HEAD"}), HOSTILE):
            path = re.sub(r"\{\w+(?::\w+)?\}", value, full_path)
            if names:
                yield method, path
            if query and method == "GET":
                plain = re.sub(r"\{\w+(?::\w+)?\}", "1", full_path)
                yield method, f"{plain}?" + "&".join(f"{name}={value}" for name in query)


WALKERS = (Role.social_worker, Role.charity_staff, Role.program_manager, Role.administrator)


@pytest.mark.parametrize("role", WALKERS)
def test_no_address_makes_the_server_fail(unit_of_work: UnitOfWork, role: Role) -> None:
    """The four roles share the addresses between them; each walks all of them where TUOJU_FUZZ_EXAMPLES is set."""
    client = signed_in(unit_of_work, role)
    walked = list(addresses(create_app(unit_of_work, SETTINGS)))
    assert len(walked) > len(routes()), "an included router was not walked"
    if "TUOJU_FUZZ_EXAMPLES" not in os.environ:
        random.Random(0).shuffle(walked)
        walked = walked[WALKERS.index(role) :: len(WALKERS)]
    failed = []
    for method, address in walked:
        if client.request(method, address, headers={"sec-fetch-site": "same-origin"}).status_code >= 500:
            failed.append(f"{method} {address}")
    assert failed == []


def signed_in(unit_of_work: UnitOfWork, role: Role) -> TestClient:
    """Somebody of the role, in the organization or region of a scene with a case, a need and a referral."""
    with unit_of_work.write() as session:
        scene = make_scene(session)
        scene.send(session)
        organization_id = scene.charity.organization_id
    options = {"organization_id": organization_id} if role is Role.charity_staff else {}
    client = Visitor(unit_of_work, role, **options).client
    client.follow_redirects = False
    return client


FORM = re.compile(r"<form\b(.*?)>(.*?)</form>", re.DOTALL)


def forms(html: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(action, field values) of each posted form of a page, filled as it stands."""
    for attributes, inside in FORM.findall(html):
        action = re.search(r'action="([^"]+)"', attributes)
        if 'method="post"' not in attributes or action is None:
            continue
        values = dict.fromkeys(re.findall(r'name="([\w-]+)"', inside), "1")
        values |= dict(re.findall(r'name="([\w-]+)"[^>]*?value="([^"]*)"', inside))
        yield action[1], values


def pages_reached(client: TestClient, limit: int) -> dict[str, str]:
    """The pages that links lead to from the start page, by path."""
    waiting, pages = ["/"], {}
    while waiting and len(pages) < limit:
        path = waiting.pop(0)
        response = client.get(path)
        pages[path] = response.text
        links = re.findall(r'href="(/[^"#]*)', response.text)
        waiting += [link for link in dict.fromkeys(links) if link not in pages and link not in waiting]
    return pages


@pytest.mark.parametrize("role", [Role.social_worker, Role.charity_staff, Role.program_manager, Role.administrator])
def test_no_form_makes_the_server_fail(unit_of_work: UnitOfWork, role: Role) -> None:
    """One hostile value in each field of each form that is reached, the other fields as they stand."""
    client = signed_in(unit_of_work, role)
    tried, failed = set(), []
    for html in pages_reached(client, limit=60).values():
        for action, values in forms(html):
            shape = (re.sub(r"\d+", "1", action), tuple(sorted(values)))
            if shape in tried or action in ("/sign-out", "/language"):
                continue
            tried.add(shape)
            for name, value in product(values.keys() - {"form_token"}, TYPED):
                if client.post(action, data=values | {name: value}).status_code >= 500:
                    failed.append(f"{action} {name}={value!r}")
    assert tried
    assert failed == []


@pytest.mark.parametrize("cookie", ["a,b=c", "a/b=1; language=en", "language=\xff", "=", ";;", "language"])
def test_no_cookie_makes_the_server_fail(unit_of_work: UnitOfWork, cookie: str) -> None:
    """Other programs of the same host set cookies under names that http.cookies refuses."""
    client = TestClient(create_app(unit_of_work, SETTINGS))
    assert client.get("/sign-in", headers={b"cookie": cookie.encode("latin-1")}).status_code == 200
