"""Every form that somebody is shown: they may use it, here and now, and it marks the fields that have to be filled in.

All pages that each role, kin of the person, the holder of a link and a resident reach, over a row in every state. Each
form is sent as it stands, with plausible texts: no answer says that they may not, or that the row is past this step.
Then it is sent empty: the fields that are refused are those that are marked as required. SQLite only: each sending is
undone.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import col, select

from factories.accounts import CITY
from factories.canaries import COUNTIES, build_scene
from factories.databases import UnitOfWork
from factories.forms import FormField, PageForm, forms_of, pages_reached
from factories.pages import SETTINGS, Visitor
from factories.write_requests import PDF, PLAUSIBLE, pattern_of
from factories.writes import Writes
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor, may
from tuoju.cases.models import Case, CaseConflict
from tuoju.database.engine import make_engine
from tuoju.referrals.models import Referral
from tuoju.web.app import create_app
from tuoju.web.kit.gates import gates_of
from tuoju.web.kit.once import READS, is_claimed, reason_to_repeat

VILLAGE, TOWNSHIP, COUNTY = COUNTIES[0]
ROLES: Mapping[Role, str | None] = {
    Role.social_worker: VILLAGE,
    Role.society_chair: VILLAGE,
    Role.township_officer: TOWNSHIP,
    Role.charity_staff: None,
    Role.program_manager: COUNTY,
    Role.administrator: CITY,
}
VISITORS = (*ROLES, "kin", "link holder", "resident")
PAGES = 120
"""Pages reached by each visitor, beside those of the cases and referrals."""
ROUNDS = 4
"""Times that a form is sent, each time with the fields filled in that were refused before."""
LEFT_OUT = ("/sign-out", "/language", "/account/", "/sign-in")
"""Ends the session, asks for a password or a second factor, or is filled in by a script."""
CONDITIONAL = frozenset(
    {
        ("/residents", "id_number"),
        ("/residents/1/consents", "data"),
        ("/residents/1/consents", "organization_id"),
    }
)
"""Fields that are asked for only after another choice, as their label or help says."""
ASKED_BY_THE_PAGE = frozenset({("/protection/1", "words"), ("/residents", "relief_category")})
"""Fields that the page asks for, while the server takes the form without them."""
TRACES = frozenset({"idempotency_key", "audit_entry", "audit_chain", "user_session", "attempt_counter", "budget_use"})
"""Tables that a form writes to without having its effect."""
NOTICE = re.compile(r'<div class="note stop.*?</div>|<p class="wrong".*?</p>', re.S)
WRONG = re.compile(r'id="([\w-]+)-wrong"|data-field="([\w-]+)"|name="([\w-]+)"[^>]*aria-invalid="true"')
"""Where a page says that a field is wrong."""


@dataclass
class Tally:
    """What was walked and found."""

    pages: int = 0
    forms: int = 0
    useless: list[str] = field(default_factory=list)
    """Forms whose visitor may not send them, or whose row is past their step."""
    unmarked: dict[tuple[str, str], str] = field(default_factory=dict)
    """Fields that are refused when missing and are not marked: address and name, with a page."""
    marked: dict[tuple[str, str], str] = field(default_factory=dict)
    """Fields that are marked, and without which the form has its effect."""


class Ground:
    """The scene, and whoever visits it."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self.unit_of_work = unit_of_work
        with unit_of_work.write() as session:
            scene = build_scene(session)
            self.organization_id = scene.projects[0].organization_id
            self.links = list(scene.holders)
            self.resident_paths = scene.resident_paths
            cases = session.exec(select(Case).order_by(col(Case.id))).all()
            referrals = session.exec(select(Referral).order_by(col(Referral.id))).all()
            states = {f"/cases/{case.pk}": str(case.state) for case in reversed(cases)}
            states |= {f"/referrals/{referral.pk}": str(referral.state) for referral in reversed(referrals)}
            self.states = states
            """The states of rows whose pages have other forms in each."""
            self.one_of_each = {state: path for path, state in states.items()}
        self.app = create_app(unit_of_work, SETTINGS)
        self.routes = [
            (pattern_of(context.path or ""), context.path or "", route)
            for context in iter_route_contexts(self.app.routes)
            if isinstance(route := context.original_route, APIRoute) and "POST" in (route.methods or ())
        ]

    def route_of(self, address: str) -> APIRoute:
        path = address.partition("?")[0]
        routes = [(pattern != path, route) for regex, pattern, route in self.routes if regex.match(path)]
        return min(routes, key=lambda candidate: candidate[0])[1]

    def visits(self, who: Role | str) -> Iterator[tuple[TestClient, str, Actor | None]]:
        """A client, the page that it starts from, and the account."""
        if isinstance(who, Role):
            options: dict[str, Any] = {"region_code": ROLES[who]} if ROLES[who] else {}
            if who is Role.charity_staff:
                options |= {"organization_id": self.organization_id, "is_leader": True}
            visitor = Visitor(self.unit_of_work, who, **options)
            yield self._in_english(visitor.client), "/", visitor.actor
            return
        if who == "kin":
            visitor = Visitor(self.unit_of_work, Role.society_chair, region_code=VILLAGE)
            with self.unit_of_work.write() as session:
                session.add_all(
                    CaseConflict(case_id=case.pk, user_id=visitor.actor.user_id, relation="x", declared_by=1)
                    for case in session.exec(select(Case))
                )
            yield self._in_english(visitor.client), "/cases", visitor.actor
            return
        for start in self.links if who == "link holder" else self.resident_paths:
            client = self._in_english(TestClient(self.app))
            yield client, client.get(f"/a/{start}").url.path if who == "link holder" else start, None

    @staticmethod
    def _in_english(client: TestClient) -> TestClient:
        client.headers["accept-language"] = "en"
        return client

    def pages(self, client: TestClient, start: str, actor: Actor | None) -> dict[str, str]:
        pages = pages_reached(client, PAGES, start)
        for path in self.one_of_each.values() if actor else ():
            if path not in pages:
                answer = client.get(path)
                if answer.status_code == 200:
                    pages[path] = answer.text
        return pages


@pytest.fixture(scope="module")
def ground(databases: Any) -> Iterator[tuple[Ground, Writes]]:
    engine = make_engine(databases.fresh())
    if engine.dialect.name != "sqlite":
        pytest.skip("each sending is undone, which takes a copy of a file")
    yield Ground(UnitOfWork(engine)), Writes(engine)
    engine.dispose()


BY_KIND = {"number": "1", "date": PLAUSIBLE["starts_on"], "time": "09:00", "month": "2026-10"}
"""Values of fields whose name has none."""


def plausible(part: FormField) -> list[str]:
    value = PLAUSIBLE.get(part.name, BY_KIND.get(part.kind, "测试"))
    return [str(text) for text in value] if isinstance(value, list) else [str(value)]


def filled(form: PageForm) -> dict[str, list[str]]:
    """The form with each choice made and each text typed. A second visit of a day is asked about when it is sent: the
    walk says at once that it is another one."""
    typed = form.filled() | ({"again": ["true"]} if form.action.endswith("/visits") else {})
    for name, part in form.fields.items():
        if part.kind not in ("hidden", "file", "radio", "checkbox", "select", "button") and not any(typed[name]):
            typed[name] = plausible(part)
        elif part.kind == "button":
            typed.pop(name)
    return typed


def send(client: TestClient, address: str, typed: Mapping[str, list[str]], form: PageForm, *, files: bool) -> Response:
    wanted = [part.name for part in form.fields.values() if part.kind == "file"]
    if wanted:
        sent = [(name, ("x.pdf", PDF, "application/pdf")) for name in wanted] if files else [(wanted[0], ("", b""))]
        return client.post(address, data=dict(typed), files=sent, follow_redirects=False)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return client.post(address, content=urlencode(typed, doseq=True), headers=headers, follow_redirects=False)


def refused_fields(answer: Response, form: PageForm) -> set[str]:
    """The fields of the form that the answer says are wrong."""
    if answer.status_code not in (409, 422):
        return set()
    return {next(filter(None, names)) for names in WRONG.findall(answer.text)} & form.fields.keys()


def words_of(answer: Response) -> str:
    """Why a form was refused, as its page says it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", " ".join(NOTICE.findall(answer.text))))[:200]


@dataclass(frozen=True)
class Sending:
    """A form of a page, sent by one of its buttons."""

    page: str
    form: PageForm
    address: str
    button: Mapping[str, list[str]]
    state: str
    """Of the row whose page it is; empty if the form does not depend on it."""

    @property
    def kind(self) -> tuple[Any, ...]:
        """The same for the forms of all rows."""
        return (self.form.shape, re.sub(r"\d+", "1", self.address), str(self.button))


def sendings(ground: Ground, page: str, html: str) -> Iterator[Sending]:
    """What can be sent from a page."""
    for form in forms_of(html):
        if form.action.startswith(LEFT_OUT):
            continue
        for formaction, name, value in form.buttons or [("", "", "")]:
            address = formaction or form.action
            state = ground.states.get(page, "") if is_claimed(ground.route_of(address)) else ""
            yield Sending(page, form, address, {name: [value]} if name else {}, state)


class Walk:
    """One walk over all forms of all visitors."""

    def __init__(self, ground: Ground, writes: Writes) -> None:
        self.ground, self.writes = ground, writes
        self.tally = Tally()
        self._read: set[tuple[Any, ...]] = set()
        self._checked: set[tuple[Any, ...]] = set()

    def visit(self, who: Role | str) -> None:
        tried: set[tuple[Any, ...]] = set()
        for client, start, actor in self.ground.visits(who):
            pages = self.ground.pages(client, start, actor)
            self.tally.pages += len(pages)
            with self.writes.kept():
                sent = (sendings(self.ground, page, html) for page, html in pages.items())
                for sending in itertools.chain.from_iterable(sent):
                    self._require_permission(who, actor, sending)
                    if (sending.state, sending.kind) not in tried:
                        tried.add((sending.state, sending.kind))
                        self._send(client, who, sending)

    def _require_permission(self, who: Role | str, actor: Actor | None, sending: Sending) -> None:
        gate = gates_of(self.ground.route_of(sending.address))[0]
        if actor and gate.audience is None and not any(may(actor, action) for action in gate.actions):
            self.tally.useless.append(f"{who} on {sending.page}: {sending.address}: not permitted")

    def _send(self, client: TestClient, who: Role | str, sending: Sending) -> None:
        form, kind = sending.form, sending.kind
        is_reading = reason_to_repeat(self.ground.route_of(sending.address)) == READS
        if not is_reading or kind not in self._read:
            self._read |= {kind} if is_reading else set()
            self.tally.forms += 1
            answer = send(client, sending.address, {**filled(form), **sending.button}, form, files=True)
            self.writes.put_back()
            if answer.status_code >= 400 and not refused_fields(answer, form):
                what = f"{who} on {sending.page} ({sending.state}): {sending.address} {sending.button}"
                self.tally.useless.append(f"{what}: {answer.status_code} {words_of(answer)}")
        if kind not in self._checked:
            self._checked.add(kind)
            self._check_marks(client, sending)

    def _check_marks(self, client: TestClient, sending: Sending) -> None:
        """The fields that are refused when missing, found by filling in what was refused until nothing more is."""
        form, refused, is_done = sending.form, set[str](), False
        typed = {**form.blank(), **sending.button}
        for _round in range(ROUNDS):
            answer = send(client, sending.address, typed, form, files="files" in refused)
            is_done = bool(self.writes.committed - TRACES)
            self.writes.put_back()
            new = refused_fields(answer, form) - refused
            if not new:
                break
            refused |= new
            typed |= {name: filled(form).get(name, []) for name in new}
        marked = {name for name, part in form.fields.items() if part.is_marked}
        self.tally.unmarked |= {(form.shape[0], name): sending.page for name in refused - marked}
        if is_done:
            cleared = {name for name in marked - refused if form.fields[name].may_be_cleared}
            self.tally.marked |= {(form.shape[0], name): sending.page for name in cleared}


@pytest.fixture(scope="module")
def walked(ground: tuple[Ground, Writes], record_testsuite_property: Any) -> Tally:
    walk = Walk(*ground)
    for who in VISITORS:
        walk.visit(who)
    record_testsuite_property("form_pages_walked", walk.tally.pages)
    record_testsuite_property("forms_walked", walk.tally.forms)
    return walk.tally


def test_nobody_is_shown_a_form_that_they_may_not_use(walked: Tally) -> None:
    assert walked.forms
    assert walked.useless == []


def test_what_is_refused_when_missing_is_marked_before(walked: Tally) -> None:
    assert {field: page for field, page in walked.unmarked.items() if field not in CONDITIONAL} == {}


def test_nothing_is_done_without_what_is_marked(walked: Tally) -> None:
    assert {field: page for field, page in walked.marked.items() if field not in ASKED_BY_THE_PAGE} == {}
