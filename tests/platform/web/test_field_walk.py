"""The walk of fields: every address as every reader, and no personal text where the table of fields forbids it.

Each sealed column of each row of a scene holds a text that stands nowhere else (factories.canaries). Every GET route
and every reading by POST is fetched as every role, in scope and out of it, by link before and after acceptance, by the
resident's own link and without any; the bytes of pages, JSON, PDF, Excel and archives are searched. What may be found
is said by tuoju.accounts.fields alone.
"""

import html
import io
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import product
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx2 import Response
from pypdf import PdfReader
from sqlmodel import Session, func, select

from factories.accounts import CITY
from factories.api import make_caller
from factories.canaries import COUNTIES, SIGNS, Canary, Scene, build_scene, is_allowed
from factories.databases import ONE_CONNECTION, UnitOfWork
from factories.forms import hidden_in
from factories.pages import SETTINGS, Visitor, open_link
from tuoju.accounts.fields import READERS
from tuoju.accounts.models import AuditEntry, Role, Subscription
from tuoju.accounts.permissions import LinkHolder, Principal
from tuoju.accounts.queries import actor_of, get_user
from tuoju.cases.models import Alert, Attachment, Case, Need
from tuoju.database.engine import make_engine
from tuoju.documents.papers.blank_papers import BLANK_PAPERS
from tuoju.documents.papers.case_papers import CASE_PAPERS
from tuoju.documents.sheets.lists import LISTS
from tuoju.referrals.models import Referral
from tuoju.reports.models import MonthlySummary
from tuoju.residents import linter
from tuoju.residents.models import Consent, Resident
from tuoju.web.api import ROUTERS as API_ROUTERS
from tuoju.web.app import create_app
from tuoju.web.pages import ROUTERS as PAGE_ROUTERS
from tuoju_notifications.models import Notification
from tuoju_projects.models import Organization, Project

POSTED_READINGS = re.compile(
    r"/reveal$|/search$|/preview$|/residents/\{resident_id\}/edit$|\.(pdf|zip|xlsx|\{ending\})$"
)
"""What is read by POST, with the purpose or the words in the body: pages and every file."""
NO_READINGS = ("/jobs/{job_id}/bad-rows.xlsx", "/jobs/{job_id}/report.xlsx", "/plans/{plan_id}/brief.pdf")
"""Files by POST that hold what was posted and nothing else."""
PURPOSE = {"purpose": "visit", "q": "佘", "text": "佘", "note": "x"}
COPY_PURPOSE = {"purpose": "own_copy"}
"""Of the copy of all that is held."""
OPEN_ONLY = ("/a/{token}", "/my/{token}", "/answer/", "/progress/")
"""Addresses that a link opens; walked by their holders."""

WORDS = re.compile("zq[bcdghkmnp]{5}")
DIGITS = re.compile(r"\d{17}[\dX]|(?<!\d)1\d{10}(?!\d)|\d{2}\*{4,}\d{2}[\dX]|\d{3}\*{4}\d{4}")
NAMES = re.compile(rf"[仝佘宓逄璩](?:[{SIGNS}]|\*)[{SIGNS}]")


def text_of(response: Response) -> str:
    """Everything readable in an answer, whatever its format."""
    kind = response.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json":
        return response.content.decode("unicode_escape", "ignore") + response.text
    return readable(response.content, kind)


def readable(content: bytes, kind: str = "") -> str:
    if content[:4] == b"%PDF":
        return "".join(pdf_text(content).split())
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(readable(archive.read(name)) for name in archive.namelist())
    return html.unescape(content.decode("utf-8", "ignore")) if not kind.startswith("image/") else ""


def pdf_text(content: bytes) -> str:
    try:
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    except Exception:
        return content.decode("latin-1")


@dataclass
class Reader:
    """Who walks: `principal` is None for a reader without account and without a charity's link."""

    name: str
    client: TestClient
    principal: Principal | None
    prefix: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)

    def fetch(self, method: str, path: str) -> Response:
        if method == "GET":
            return self.client.get(self.prefix + path)
        purpose = COPY_PURPOSE if path.endswith("/holdings.zip") else PURPOSE
        if self.prefix:
            return self.client.post(self.prefix + path, json=purpose)
        return self.client.post(path, data={**self.hidden, **purpose})


@dataclass
class Tally:
    """What was walked and found."""

    requests: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    texts: int = 0
    seen: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Readers by column."""
    leaks: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def routes(routers: Any) -> Iterator[tuple[str, APIRoute]]:
    """(method, route) of every reading."""
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                continue
            path = route.path
            if "GET" in route.methods:
                yield "GET", route
            elif POSTED_READINGS.search(path) and path not in NO_READINGS:
                yield "POST", route


def ids_of(session: Session) -> Mapping[str, list[str]]:
    """Values of each parameter of an address."""

    def of(model: Any) -> list[str]:
        return [str(pk) for pk in session.exec(select(model.id).order_by(model.id)).all()]

    summaries = session.exec(select(MonthlySummary)).all()
    return {
        "resident_id": [*of(Resident)[:4], *of(Resident)[-4:]],
        "resident": of(Resident)[:2],
        "case_id": [*of(Case)[:12], *of(Case)[-2:]],
        "need_id": [*of(Need)[:2], *of(Need)[-6:]],
        "referral_id": of(Referral),
        "alert_id": of(Alert),
        "attachment_id": of(Attachment),
        "consent_id": of(Consent)[:3],
        "summary_id": [str(row.pk) for row in summaries],
        "month": [summaries[0].month],
        "notification_id": of(Notification)[-3:],
        "subscription_id": of(Subscription),
        "organization_id": of(Organization),
        "project_id": of(Project),
        "region_code": [code for county in COUNTIES for code in county],
        "code": [COUNTIES[0][0]],
        "policy_id": ["1"],
        "plan_id": ["1"],
        "number": ["1"],
        "ending": ["xlsx"],
    }


SLOW = {"papers/{name}": 2, "file.": 3, "holdings.": 3}
"""Of addresses that are typeset, so many rows of the scene only: the first of them have a row of everything."""


def addresses(route: APIRoute, ids: Mapping[str, list[str]]) -> Iterator[str]:
    """The addresses of a route for the rows of the scene, and for each value of a filter."""
    names = re.findall(r"\{(\w+)(?::\w+)?\}", route.path)
    choices = [values_of(route, name, ids) for name in names]
    for values in product(*choices):
        path = route.path
        for name, value in zip(names, values, strict=True):
            path = re.sub(rf"\{{{name}(?::\w+)?\}}", value, path)
        yield path
        for parameter in route.dependant.query_params:
            for value in enum_values(parameter.field_info.annotation)[:4] or ids.get(parameter.alias, []):
                yield f"{path}?{parameter.alias}={value}"


def values_of(route: APIRoute, name: str, ids: Mapping[str, list[str]]) -> list[str]:
    if name == "name":
        if "papers" in route.path:
            return list(CASE_PAPERS) if "case_id" in route.path else list(BLANK_PAPERS)[:1]
        return list(LISTS) if "ports" in route.path else ["service_type"]
    values = ids.get(name)
    if values is None:
        annotation = next(p.field_info.annotation for p in route.dependant.path_params if p.name == name)
        values = enum_values(annotation) or ["1"]
    limit = next((count for part, count in SLOW.items() if part in route.path), len(values))
    return values[:limit]


def enum_values(annotation: Any) -> list[str]:
    kinds = [annotation, *getattr(annotation, "__args__", ())]
    return [str(member.value) for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum) for member in kind]


class Walk:
    """One walk over everything, as every reader."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self.unit_of_work = unit_of_work
        with unit_of_work.write() as session:
            self.scene: Scene = build_scene(session)
        with unit_of_work.read() as session:
            self.ids = ids_of(session)
        self.tally = Tally()
        self.app = create_app(unit_of_work, SETTINGS)

    def readers(self) -> Iterator[tuple[Reader, Any]]:
        """Each reader with the routers it walks: on pages and through the API."""
        for role, options in self._accounts():
            visitor = Visitor(self.unit_of_work, role, **options)
            visitor.client.follow_redirects = False
            where = options.get("region_code") or f"organization {options.get('organization_id', '')}"
            yield Reader(f"{role} {where}", visitor.client, visitor.actor, hidden=visitor.hidden()), PAGE_ROUTERS
            caller = make_caller(self.app, role, **options)
            with self.unit_of_work.read() as session:
                actor = actor_of(get_user(session, caller.get("/me").json()["user_id"]))
            yield Reader(f"{role} {where} API", caller, actor), API_ROUTERS
        yield Reader("nobody", TestClient(self.app, follow_redirects=False), None), PAGE_ROUTERS

    def _accounts(self) -> Iterator[tuple[Role, dict[str, Any]]]:
        for village, _township, _county in COUNTIES:
            yield Role.social_worker, {"region_code": village}
        yield Role.township_officer, {"region_code": COUNTIES[0][1]}
        yield Role.program_manager, {"region_code": CITY}
        yield Role.program_manager, {"region_code": COUNTIES[1][2]}
        yield Role.administrator, {"region_code": CITY}
        for project in self.scene.projects:
            yield Role.charity_staff, {"organization_id": project.organization_id}

    def walk(self) -> Tally:
        for reader, routers in self.readers():
            for method, route in routes(routers):
                if route.path.startswith(OPEN_ONLY):
                    continue
                for address in addresses(route, self.ids):
                    self.visit(reader, method, address)
        self._follow_links()
        return self.tally

    def _follow_links(self) -> None:
        for token, holder in self.scene.holders.items():
            self.follow_link(token, holder)
        for path in self.scene.resident_paths:
            client = TestClient(self.app)
            self.examine(Reader("resident", client, None), "POST /my", open_link(client, path))

    def follow_link(self, token: str, holder: LinkHolder) -> None:
        """Everything that a link opens, as its holder."""
        client = TestClient(self.app)
        reader = Reader("link", client, holder)
        opened = open_link(client, f"/a/{token}")
        self.examine(reader, "POST /a", opened)
        for path in ("", "/visits/new", "/done"):
            self.visit(reader, "GET", opened.url.path + path)
        reader.hidden = hidden_in(client.get("/answer/again").text)
        self.visit(reader, "POST", opened.url.path + "/reveal")

    def visit(self, reader: Reader, method: str, address: str) -> None:
        before = self._readings()
        response = reader.fetch(method, address)
        self.examine(reader, f"{method} {address}", response, audited=self._readings() > before)

    def _readings(self) -> int:
        with self.unit_of_work.read() as session:
            actions = ("reveal", "reveal_alert", "read_alert")
            return session.exec(select(func.count()).where(AuditEntry.action.in_(actions))).one()

    def examine(self, reader: Reader, where: str, response: Response, *, audited: bool = False) -> None:
        tally = self.tally
        tally.requests[reader.name] += 1
        tally.formats[response.headers.get("content-type", "").partition(";")[0]] += 1
        if response.status_code >= 500 and "/healthz" not in where:  # no worker runs here
            tally.failed.append(f"{reader.name}: {where}")
        text = text_of(response)
        matches = {match for pattern in (WORDS, DIGITS, NAMES) for match in pattern.findall(text)}
        with self.unit_of_work.read() as session:
            for canaries in [self.scene.canaries[match] for match in matches if match in self.scene.canaries]:
                tally.texts += 1
                allowed = [
                    canary for canary in canaries if is_allowed(session, reader.principal, canary, audited=audited)
                ]
                if allowed:
                    tally.seen[allowed[0].column].add(reader.name)
                else:
                    tally.leaks.append(described(reader, where, canaries[0]))


def described(reader: Reader, where: str, canary: Canary) -> str:
    return f"{reader.name}: {where}: {canary.column} {canary.part} of row {canary.row_id}"


@pytest.fixture(scope="module")
def walk(databases: Any, record_testsuite_property: Any) -> Iterator[Walk]:
    engine = make_engine(databases.fresh(), **ONE_CONNECTION)
    walk = Walk(UnitOfWork(engine))
    tally = walk.walk()
    record_testsuite_property("answers_walked", sum(tally.requests.values()))
    record_testsuite_property("personal_texts_found", tally.texts)
    yield walk
    engine.dispose()


@pytest.fixture(scope="module")
def walked(walk: Walk) -> Tally:
    return walk.tally


class TestWalk:
    def test_no_text_stands_where_the_table_forbids_it(self, walked: Tally) -> None:
        assert walked.leaks[:40] == []

    def test_no_page_fails(self, walked: Tally) -> None:
        assert walked.failed == []

    def test_every_free_text_was_seen_by_somebody_who_may(self, walked: Tally) -> None:
        """Otherwise the walk proves nothing of it."""
        assert sorted(READERS.keys() - walked.seen.keys() - NOT_ON_THE_WALK) == []

    def test_every_format_was_read(self, walked: Tally) -> None:
        sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        expected = {"text/html", "application/json", "application/pdf", "application/zip", sheet}
        assert expected <= walked.formats.keys()


def test_the_walk_notices_a_text_that_is_not_masked(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the linter a link that was not answered yet shows the telephone number in the text of the need."""
    monkeypatch.setattr(linter, "mask_text", lambda text, _people, _kinds=(): text)
    walk.tally = Tally()
    token, holder = next(iter(walk.scene.holders.items()))
    walk.follow_link(token, holder)
    assert any("need.text secret" in leak for leak in walk.tally.leaks)


NOT_ON_THE_WALK = frozenset({"attachment.removed_reason", "objection.objector", "possible_duplicate.reason"})
"""Free texts that are kept for the record and that no page shows."""
