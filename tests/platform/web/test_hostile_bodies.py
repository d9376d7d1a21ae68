"""Every hostile body at every door: each route that takes a body answers it with an error or harmlessly, never with a
5xx, and the application goes on. The doors are found by walking the routes, so that a new one is tried as well."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from httpx2 import Response
from sqlmodel import select

from factories import hostile_files
from factories.accounts import VILLAGE
from factories.databases import UnitOfWork
from factories.jobs import work_off
from factories.pages import Visitor
from factories.referrals import make_scene
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor, may
from tuoju.database.engine import make_engine
from tuoju.documents.sheets.lists import LISTS
from tuoju.jobs.models import BackgroundJob
from tuoju.jobs.status import TO_RETRY, JobState
from tuoju.parsing import service
from tuoju.residents.models import Consent
from tuoju.web.kit.body_limits import MAX_BUFFERED, MAX_BYTES, large_body_routes
from tuoju.web.kit.gates import gates_of

ROLES = (Role.social_worker, Role.township_officer, Role.program_manager, Role.administrator, Role.charity_staff)
PARAMETERS = {"region_code": VILLAGE, "name": "residents", "month": "2026-10-01"}
"""Values of what addresses hold beside ids."""


@dataclass(frozen=True)
class Body:
    """A body as it is sent."""

    media_type: str
    content: Callable[[], bytes]
    has_length: bool = True


def _multipart(parts: int, *, files: bool) -> bytes:
    name = 'name="files"; filename="a"' if files else 'name="a"'
    return b"".join(b"--x\r\ncontent-disposition: form-data; %s\r\n\r\n1\r\n" % name.encode() for _ in range(parts))


JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
BODIES: Mapping[str, Body] = {
    "json beyond the limit": Body(JSON, lambda: b"[" * 2 * MAX_BYTES),
    "json beyond the limit without a length": Body(JSON, lambda: b"[" * 2 * MAX_BYTES, has_length=False),
    "json nested deeply": Body(JSON, lambda: b"[" * (MAX_BYTES // 2) + b"]" * (MAX_BYTES // 2)),
    "json of objects nested deeply": Body(JSON, lambda: b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    "json of one long number": Body(JSON, lambda: b'{"a": ' + b"9" * 100_000 + b"}"),
    "json of many names": Body(JSON, lambda: b"{" + b",".join(b'"%d":0' % number for number in range(9_000)) + b"}"),
    "form beyond the limit": Body(FORM, lambda: b"a=1&" * MAX_BYTES),
    "form of many fields": Body(FORM, lambda: b"a=&" * (MAX_BYTES // 3)),
    "form of escapes": Body(FORM, lambda: b"a=" + b"%F0%9F" * (MAX_BYTES // 6 - 1)),
    "multipart beyond the limit": Body(MULTIPART, lambda: _multipart(60_000, files=True)),
    "multipart of many fields": Body(MULTIPART, lambda: _multipart(1_200, files=False)),
    "multipart of many files": Body(MULTIPART, lambda: _multipart(1_200, files=True)),
    "multipart without end": Body(MULTIPART, lambda: b"--x\r\ncontent-disposition: form-data; name=" + b"a" * 100_000),
    "multipart without boundary": Body("multipart/form-data", lambda: b"x" * 1000),
    "a charset of no one": Body("application/json; charset=utf-99", lambda: b'{"a": "\xff"}'),
}


@dataclass(frozen=True)
class Desk:
    """Somebody of each role, and what they can reach."""

    unit_of_work: UnitOfWork
    visitors: Mapping[Role, Visitor]
    case_id: int
    resident_id: int
    consent_id: int

    def who_passes(self, allows: Callable[[Actor], bool]) -> Visitor:
        return next((visitor for visitor in self.visitors.values() if allows(visitor.actor)), self.visitors[ROLES[0]])

    def post(self, visitor: Visitor, path: str, *, method: str = "POST", **body: object) -> Response:
        headers = {
            "x-form-token": visitor.hidden("/sign-in")["form_token"],
            "sec-fetch-site": "same-origin",
            "accept-language": "en",
        }
        headers |= body.pop("headers", {})  # type: ignore[call-overload]
        return visitor.client.request(method, path, headers=headers, **body)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def desk(databases: Any) -> Iterator[Desk]:
    engine = make_engine(databases.fresh())
    yield make_desk(UnitOfWork(engine))
    engine.dispose()


def make_desk(unit_of_work: UnitOfWork) -> Desk:
    with unit_of_work.write() as session:
        scene = make_scene(session)
        consent = session.exec(select(Consent)).first()
        assert consent is not None
        organization_id = scene.charity.organization_id
        ids = (scene.case.pk, scene.resident.pk, consent.pk)
    visitors = {
        role: Visitor(
            unit_of_work, role, **({"organization_id": organization_id} if role is Role.charity_staff else {})
        )
        for role in ROLES
    }
    for visitor in visitors.values():
        visitor.client.follow_redirects = False
    return Desk(unit_of_work, visitors, *ids)


def file_doors(desk: Desk) -> Iterator[tuple[Visitor, str, str]]:
    """(who, address, name of the field) of every route that takes files."""
    app = desk.visitors[ROLES[0]].client.app
    ids = {"case_id": desk.case_id, "resident_id": desk.resident_id, "consent_id": desk.consent_id}
    patterns = {route.pattern for route in large_body_routes(app) if route.max_bytes > MAX_BUFFERED}  # type: ignore[arg-type]
    for path in sorted(context.path or "" for context in iter_route_contexts(app.routes)):  # type: ignore[attr-defined]
        example = re.sub(r"\{(\w+)\}", lambda name: str(ids.get(name[1], PARAMETERS.get(name[1], "1"))), path)
        if not any(pattern.match(example) for pattern in patterns):
            continue
        if not path.startswith("/imports/{name}"):
            yield desk.visitors[Role.social_worker], example, "file" if path == "/verify" else "files"
            continue
        for name, sheet in LISTS.items():
            yield (
                desk.who_passes(lambda actor, sheet=sheet: may(actor, sheet.import_action)),
                f"/imports/{name}",
                "file",
            )


@cache
def made(make: Callable[[], bytes]) -> bytes:
    return make()


@pytest.mark.parametrize("make", [*hostile_files.SHEETS, *hostile_files.PHOTOS])
def test_no_hostile_file_gets_through_any_door(desk: Desk, make: Callable[[], bytes]) -> None:
    doors = dict.fromkeys(file_doors(desk))
    assert len(doors) >= 4 + len(LISTS)
    answers = {}
    for visitor, path, field in doors:
        files = {field: ("hostile.bin", made(make), "application/octet-stream")}
        data = {"kind": "other", **visitor.hidden()}
        answers[path] = desk.post(visitor, path, files=files, data=data).status_code
    assert {path: status for path, status in answers.items() if status not in (200, 303, 413, 422)} == {}
    work_off(desk.unit_of_work)
    with desk.unit_of_work.read() as session:
        jobs = session.exec(select(BackgroundJob)).all()
        assert {job.list_name for job in jobs} == set(LISTS)
        assert all(job.state is JobState.failed and job.problem not in TO_RETRY for job in jobs)
    assert desk.visitors[Role.social_worker].get("/").status_code == 200


def test_the_answer_to_what_breaks_a_parser_names_the_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = desk.visitors[Role.social_worker]
    monkeypatch.setattr(service, "SECONDS", 0.05)
    photo = {"files": ("Foto 7.png", made(hostile_files.pixels), "image/png")}
    answer = desk.post(worker, f"/cases/{desk.case_id}/attachments", files=photo, data=worker.hidden())
    assert answer.status_code == 422
    assert "Foto 7.png" in answer.text


def body_doors(desk: Desk) -> Iterator[tuple[Visitor, str, str]]:
    """(who, method, address) of every route that changes something."""
    app = desk.visitors[ROLES[0]].client.app
    for context in iter_route_contexts(app.routes):  # type: ignore[attr-defined]
        route = context.original_route
        if not isinstance(route, APIRoute):
            continue
        actions = next(iter(gates_of(route))).actions
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda name: PARAMETERS.get(name[1], "1"), context.path or "")
        for method in sorted((route.methods or set()) - {"GET", "HEAD"}):
            if path != "/sign-out":
                allows = cache(lambda actor, actions=actions: any(may(actor, action) for action in actions))
                yield desk.who_passes(allows), method, path


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_body_makes_any_door_fail(desk: Desk, body: Body) -> None:
    content, doors = body.content(), list(body_doors(desk))
    large = {path for _visitor, path, _field in file_doors(desk)}
    assert len(doors) > 150
    failed = []
    for visitor, method, path in doors:
        sent: object = content if body.has_length else iter([content[:1000], content[1000:]])
        answer = desk.post(visitor, path, method=method, content=sent, headers={"content-type": body.media_type})
        is_too_large = len(content) > MAX_BYTES and path not in large
        if answer.status_code >= 500 or (is_too_large and answer.status_code < 400):
            failed.append(f"{method} {path}: {answer.status_code}")
    assert failed == []
