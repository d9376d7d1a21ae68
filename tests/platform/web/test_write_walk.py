"""The walk of writes: every route that changes something, as every role, in its own scope and out of it.

Who may is said by `accounts.permissions.MATRIX` and each route's gate alone. First it is found out which requests get
through for somebody who may; then the same requests are sent by everybody who may not, by those who may in another
county or for another charity, by a link of another referral and by nobody. None of them may change a row.
The guard that stands behind the verbs is away meanwhile. SQLite only: row-level security on PostgreSQL would hide what
the verbs forget.
"""

import hashlib
import itertools
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, event
from sqlmodel import Session, col, select

from factories.accounts import CITY, PASSWORD, make_user
from factories.canaries import COUNTIES, MODELS, Scene, build_scene, place_of
from factories.databases import ONE_CONNECTION, UnitOfWork
from factories.forms import hidden_in
from factories.lawful_requests import LAWFUL, UNREACHABLE, Lawful, Rows
from factories.pages import SETTINGS
from factories.write_requests import PLAUSIBLE, Draft, forms_of, pattern_of, schema_body
from factories.writes import Writes
from tuoju.accounts.models import GrantKind, GrantProposal, Role, SessionKind
from tuoju.accounts.permissions import Actor, may
from tuoju.accounts.queries import actor_of
from tuoju.accounts.service import sign_in
from tuoju.cases import queries as case_queries
from tuoju.cases.models import Case
from tuoju.database import write_guard
from tuoju.database.engine import make_engine
from tuoju.database.records import now
from tuoju.database.scopes import ScopedSession
from tuoju.holdings.models import Erasure
from tuoju.holdings.status import Erasable, ErasureGround
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.service import make_plan
from tuoju.plans.status import PlanState
from tuoju.plans.work import compute
from tuoju.residents.models import PossibleDuplicate, Resident
from tuoju.web.app import create_app
from tuoju.web.kit.gates import Gate, gates_of
from tuoju.web.kit.once import is_claimed
from tuoju_projects.models import Organization

OWN_TRACES = frozenset(
    {"audit_entry", "audit_chain", "attempt_counter", "budget_use", "idempotency_key", "user_session", "draft"}
    | {"passkey_challenge", "issued_file", "reading_note", "background_job"}
)
"""Tables that a refused request may write to: what it leaves behind of whoever sent it."""

SENDERS_TRACES = frozenset({"user_session", "attempt_counter", "audit_entry", "audit_chain"})
"""Tables that a form that is sent again may write to: that somebody was there, or opened the page again."""

TABLES: Mapping[str, str] = {
    "resident_id": "resident",
    "case_id": "assistance_case",
    "need_id": "need",
    "referral_id": "referral",
    "project_id": "project",
    "organization_id": "organization",
    "user_id": "user_account",
    "plan_id": "plan",
    "call_id": "funding_call",
    "question_id": "call_question",
    "application_id": "funding_application",
    "member_id": "call_member",
    "review_id": "funding_review",
    "payment_id": "relief_payment",
    "notice_id": "public_notice",
    "objection_id": "objection",
    "alert_id": "alert",
    "attachment_id": "attachment",
    "consent_id": "consent",
    "paper_id": "consent_paper",
    "override_id": "emergency_override",
    "report_id": "protection_report",
    "duplicate_id": "possible_duplicate",
    "erasure_id": "erasure",
    "policy_id": "policy",
    "summary_id": "monthly_summary",
    "notification_id": "notification",
    "subscription_id": "subscription",
    "visit_id": "service_visit",
    "proposal_id": "grant_proposal",
    "job_id": "background_job",
    "passkey_id": "passkey",
    "session_id": "user_session",
}
"""The table that each parameter of an address names a row of."""

VALUES: Mapping[str, Sequence[str]] = {
    "region_code": COUNTIES[0],
    "month": ["2026-10-01"],
    "part": ["what"],
    "number": ["1"],
    "name": ["residents", "A"],
    "ending": ["xlsx"],
    "channel": ["sms"],
    "gateway": ["sms"],
    "form_name": ["case-new-1"],
    "token": ["x"],
    "handle": ["x"],
}
"""Values of the parameters that are no ids of rows."""
ROWS_OF = {*TABLES, "region_code"}
"""Parameters by which a row is addressed that belongs to somebody."""
PAGES_BY_STATE = ("/cases/{case_id}", "/referrals/{referral_id}")
"""Pages whose forms depend on the state of the row: the scene has a row in each."""
LEAST_CHANGING = 170
"""Routes whose accepted request changed a row."""
TRIES = 6
"""Rows that a lawful request is tried on."""


NAMED: Mapping[str, str] = {
    "resident_id": "resident",
    "household_of": "resident",
    "need_id": "need",
    "case_id": "assistance_case",
    "project_id": "project",
    "organization_id": "organization",
    "user_id": "user_account",
    "person": "user_account",
    "companions": "user_account",
    "served": "resident",
    "region_code": "",
    "areas": "",
}
"""Fields of a body that name a row, or a list of rows, with their table."""
OPEN_REFERENCES = frozenset(
    {
        ("consents", "organization_id"),
        ("overrides", "organization_id"),
        ("referrals", "project_id"),
        ("projects", "organization_id"),
        ("{project_id}", "organization_id"),
        ("draft", "companions"),
    }
)
"""(end of the route, field) of what may be named from anywhere: a resident may agree to any charity, and any charity
may carry a project, which belongs to the county of its areas; a change of a project leaves it its charity; a draft is
what somebody typed."""
OPEN_ADDRESSES = frozenset({"POST /calls/{call_id}/questions", "POST /calls/{call_id}/applications"})
"""Routes on a row that is published for everybody: a charity of any county may ask about a call and apply to it."""
REFUSALS: Mapping[str, frozenset[int]] = {
    "not permitted": frozenset({403}),
    "nobody": frozenset({303, 401, 403}),
    "out of scope": frozenset({400, 401, 403, 404, 409, 422, 428}),
    "another link": frozenset({303, 400, 401, 403, 404, 410}),
    "names another county's row": frozenset({400, 403, 404, 409, 422, 428}),
}


@dataclass
class Walker:
    """Who sends requests."""

    name: str
    actor: Actor | None
    client: TestClient
    cookies: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    """Token and key of one form: a request that is refused leaves the key free, and after any other it is put back."""
    bearer: str = ""

    def send(self, draft: Draft) -> Response:
        client = self.client
        client.cookies = dict(self.cookies)
        if draft.is_api:
            headers = {"authorization": f"Bearer {self.bearer}"} if self.bearer else {}
            if draft.method == "PUT":
                headers["if-match"] = "*"
            return client.request(draft.method, draft.address, json=draft.body, headers=headers)
        if draft.is_json:
            headers = SAME_ORIGIN | {"x-form-token": self.hidden.get("form_token", "")}
            return client.request(draft.method, draft.address, json=draft.body, headers=headers)
        data = draft.body | self.hidden
        return client.request(draft.method, draft.address, data=data, files=draft.files, headers=SAME_ORIGIN)


SAME_ORIGIN = {"origin": "http://testserver"}


@dataclass
class Tally:
    """What was walked and found."""

    requests: Counter[str] = field(default_factory=Counter)
    cells: set[tuple[str, str, str]] = field(default_factory=set)
    """(route, walker, scope)."""
    routes: set[str] = field(default_factory=set)
    accepted: dict[str, str] = field(default_factory=dict)
    changing: set[str] = field(default_factory=set)
    """Routes whose accepted request changed a row beside its own traces; the others read, print or find nothing new."""
    refused: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """By route that nobody got through: the answers."""
    twice: set[str] = field(default_factory=set)
    """Routes whose accepted form was sent twice."""
    doubled: list[str] = field(default_factory=list)
    """What the second sending of a form changed, or where else it led."""
    holes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Walk:
    """One walk over every route that writes."""

    def __init__(self, engine: Engine) -> None:
        self.unit_of_work = UnitOfWork(engine)
        with self.unit_of_work.write() as session:
            self.scene: Scene = build_scene(session)
            self._add_rows(session)
        self.app = create_app(self.unit_of_work, SETTINGS)
        self.client = TestClient(self.app, follow_redirects=False)
        self.client.__enter__()
        self.routes = list(write_routes(self.app))
        self.claimed = {f"{method} {path}" for path, method, route in self.routes if is_claimed(route)}
        self.own = [self._walker("own", *account) for account in self._accounts(0)]
        self.others = [self._walker("other", *account) for account in self._accounts(1)]
        self.nobody = Walker("nobody", None, self.client)
        with self.unit_of_work.read() as session:
            self.ids = {name: ids_in(session, table) for name, table in TABLES.items()}
            self.foreign = {name: foreign_row(session, name, table) for name, table in NAMED.items()}
        self.rows = self._rows()
        self.tally = Tally()
        self.writes = Writes(engine)
        self.drafts = self._drafts()

    def _add_rows(self, session: Session) -> None:
        """What the scene of personal texts has no row of."""
        worker, county = self.scene.workers[0], COUNTIES[0][2]
        session.get_one(Organization, self.scene.projects[1].organization_id).region_code = COUNTIES[1][2]
        known, held = session.exec(select(Resident).order_by(col(Resident.id)).limit(2)).all()
        tomorrow = now() + timedelta(days=1)
        session.add_all(
            [
                Plan(region_code=county, state=PlanState.proposed, made_by=worker.user_id),
                PossibleDuplicate(known_id=known.pk, held_id=held.pk),
                GrantProposal(
                    user_id=worker.user_id,
                    kind=next(iter(GrantKind)),
                    region_code=county,
                    proposed_by=worker.user_id,
                    expires_at=tomorrow,
                ),
                Erasure(
                    what=next(iter(Erasable)),
                    ground=next(iter(ErasureGround)),
                    region_code=known.region_code,
                    resident_id=known.pk,
                ),
            ]
        )

    def _rows(self) -> Rows:
        """What lawful requests start from, with a plan that is computed."""
        actors = {walker.actor.role: walker.actor for walker in self.own[: len(Role)] if walker.actor}
        with self.unit_of_work.write() as session:
            plan = make_plan(session, actors[Role.program_manager], COUNTIES[0][2])
        compute(self.unit_of_work, plan.pk)
        with self.unit_of_work.read() as session:
            [need_id, *_more] = session.exec(select(PlanLine.need_id).where(PlanLine.plan_id == plan.pk)).all()
        return Rows(self.scene, actors, plan.pk, need_id)

    def _accounts(self, half: int) -> Iterator[tuple[Role, dict[str, Any]]]:
        village, township, county = COUNTIES[half]
        yield Role.social_worker, {"region_code": village}
        yield Role.society_chair, {"region_code": village}
        yield Role.township_officer, {"region_code": township}
        yield Role.charity_staff, {"organization_id": self.scene.projects[half].organization_id, "is_leader": True}
        yield Role.program_manager, {"region_code": county}
        yield Role.administrator, {"region_code": county}
        if half == 0:
            yield Role.program_manager, {"region_code": CITY}
            yield Role.administrator, {"region_code": CITY}

    def _walker(self, scope: str, role: Role, options: Mapping[str, Any]) -> Walker:
        with self.unit_of_work.write() as session:
            user = make_user(session, role=role, **options)
            actor, name = actor_of(user), user.username
            bearer, _ = sign_in(session, name, PASSWORD, kind=SessionKind.api)
        client = TestClient(self.app)
        data = {**hidden_in(client.get("/sign-in").text), "username": name, "password": PASSWORD}
        assert client.post("/sign-in", data=data).status_code == 200
        hidden = hidden_in(client.get("/notifications").text)
        where = f"{role} {options.get('region_code', 'charity')} {scope}"
        return Walker(where, actor, self.client, dict(client.cookies), hidden, bearer)

    def walk(self) -> Tally:
        with self.writes.kept():
            self._walk()
        return self.tally

    def _walk(self) -> None:
        for path, method, route in self.routes:
            name, gate = f"{method} {path}", gates_of(route)[0]
            self.tally.routes.add(name)
            if gate.audience is None:
                self.walk_route(name, gate)
            else:
                self._walk_open_route(name)

    def _opened(self, link: str) -> tuple[Walker, str]:
        """Whoever opened a link, as a browser does, with the path of the pages that it leads to."""
        self.client.cookies = {}
        action, _, token = link.rpartition("/")
        form = {**hidden_in(self.client.get(link).text), "token": token}
        at = self.client.post(action, data=form, headers=SAME_ORIGIN).headers["location"]
        hidden = hidden_in(self.client.get(at).text)
        return Walker(f"link of {at}", None, self.client, dict(self.client.cookies), hidden), at

    def _visitor(self) -> Walker:
        """Somebody who only opened the page of the sign-in."""
        self.client.cookies = {}
        hidden = hidden_in(self.client.get("/sign-in").text)
        return Walker("visitor", None, self.client, dict(self.client.cookies), hidden)

    def _link_of(self, half: int) -> str:
        """The link of a referral of one charity."""
        organization_id = self.scene.projects[half].organization_id
        tokens = [token for token, holder in self.scene.holders.items() if holder.organization_id == organization_id]
        return f"/a/{tokens[0]}"

    def _walk_open_route(self, name: str) -> None:
        """A route without a role, for everybody or for whoever holds a link. A link opens its own referral only."""
        with self.writes.kept():
            made = self._made(name) or Lawful(PLAUSIBLE, link=self._link_of(0) if "{handle}" in name else "")
            walker, at = self._opened(made.link) if made.link else (self._visitor(), "")
            others = [self._opened(self._link_of(half))[0] for half in (0, 1)] if made.link else []
            draft = self._draft(name, made, at)
            with self.writes.kept():
                status, changed = self._sent(name, walker, draft, "own")
                if status < 400 and name not in UNREACHABLE:
                    self._send_twice(name, walker, draft)
                    self._accept(name, walker, changed)
                elif changed - {"referral_link"}:
                    self.tally.holes.append(f"half done: {name}: {status} {sorted(changed)}")
                self.tally.refused[name][status] += 1
                for other in [*others, self.nobody] if made.link and name in LAWFUL else ():
                    self._refused(name, other, draft, "another link")
            self.writes.put_back(force=True)

    def _drafts(self) -> Mapping[str, list[Draft]]:
        """Requests of each route: what the forms that lawful users see would send, and what the schema allows."""
        drafts_by_route: dict[str, dict[str, Draft]] = defaultdict(dict)
        patterns = [(pattern_of(path), f"{method} {path}") for path, method, _route in self.routes if method == "POST"]
        names = {name for _pattern, name in patterns}
        for draft in self._shown():
            address = draft.address.partition("?")[0]
            exact = f"POST {address}"  # /residents/search is no resident
            for pattern, name in patterns:
                if pattern.match(address) and (name == exact or exact not in names):
                    drafts_by_route[name].setdefault(f"{draft.address} {sorted(draft.body.items(), key=str)}", draft)
        openapi = self.app.openapi()
        for path, method, route in self.routes:
            is_api = path.startswith("/api/")
            body = schema_body(openapi, path, method) if is_api else {**PLAUSIBLE}
            for address, ids in itertools.islice(self.addresses(path, route), TRIES):
                made = Draft(method, address, self._filled(body, ids), is_api)
                drafts_by_route[f"{method} {path}"].setdefault(f"made {address}", made)
        return {name: list(drafts.values()) for name, drafts in drafts_by_route.items()} | {}

    def _shown(self) -> Iterator[Draft]:
        for context in iter_route_contexts(self.app.routes):
            route = context.original_route
            path = context.path or ""
            names = set(re.findall(r"\{(\w+)", path))
            if (
                not isinstance(route, APIRoute)
                or "GET" not in (route.methods or ())
                or names - TABLES.keys() - VALUES.keys()
            ):
                continue
            if path.startswith(("/api", "/static")) or re.search(r"\.\w+$|\.\{", path):
                continue
            gate = gates_of(route)[0]
            lawful = [
                walker
                for walker in self.own[:-2]
                if walker.actor and any(may(walker.actor, action) for action in gate.actions)
            ]
            charity = [walker for walker in lawful[1:] if walker.actor and walker.actor.role is Role.charity_staff]
            limit = 12 if path in PAGES_BY_STATE else 2
            for walker, (address, _ids) in itertools.product(
                [*lawful[:1], *charity], itertools.islice(self.addresses(path, route), limit)
            ):
                page = walker.send(Draft("GET", address))
                if page.headers.get("content-type", "").startswith("text/html"):
                    yield from forms_of(page.text, address)

    def addresses(self, path: str, route: APIRoute) -> Iterator[tuple[str, Mapping[str, str]]]:
        """The addresses of a route for rows of the first county. Fails for a parameter that has no values yet."""
        names = re.findall(r"\{(\w+)(?::\w+)?\}", path)
        longest = max((len(self._values(name)) for name in names), default=1)
        for index in range(longest):
            ids = {name: self._values(name)[index % len(self._values(name))] for name in names}
            address = path
            for name, value in ids.items():
                address = re.sub(rf"\{{{name}(?::\w+)?\}}", value, address)
            if any(parameter.alias == "resident" for parameter in route.dependant.query_params):
                address += f"?resident={self.ids['resident_id'][0]}"
            yield address, ids

    def _values(self, name: str) -> Sequence[str]:
        if name in VALUES:
            return VALUES[name]
        assert name in TABLES, f"say in TABLES or VALUES what {name} is"
        return self.ids[name] or ["1"]

    def _filled(self, body: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
        """The body with ids of the first county's rows."""
        known = {name: int(self.ids[name][0]) for name in TABLES if self.ids[name]} | {"region_code": COUNTIES[0][0]}
        return {name: known.get(name, value) for name, value in body.items()}

    def walk_route(self, name: str, gate: Gate) -> None:
        """One route as everybody, with the rows that its lawful request needs."""
        with self.writes.kept():
            made = self._made(name)
            drafts = [*([self._draft(name, made)] if made else []), *self.drafts[name]]
            with self.writes.kept():
                self._walk_route(name, gate, drafts)
            self.writes.put_back(force=True)

    def _made(self, name: str) -> Lawful | None:
        """What is made for the route, after its rows are added; None for a route that the pages lead to."""
        if name not in LAWFUL:
            return None
        with self.unit_of_work.write() as session:
            return LAWFUL[name](session, self.rows)

    def _draft(self, name: str, made: Lawful, at: str = "") -> Draft:
        """The request; `at` is the path of the pages of its link."""
        method, _, path = name.partition(" ")
        if at:
            path = at + path.partition("{handle}")[2]
        for parameter in re.findall(r"\{(\w+)(?::\w+)?\}", path):
            value = made.ids[parameter] if parameter in made.ids else self._values(parameter)[0]
            path = re.sub(rf"\{{{parameter}(?::\w+)?\}}", str(value), path)
        return Draft(method, path + made.query, made.body, path.startswith("/api/"), made.files, made.is_json)

    def _walk_route(self, name: str, gate: Gate, drafts: Sequence[Draft]) -> None:
        accepted = self._accepted(name, gate, drafts)
        chosen = [accepted[1]] if accepted else []
        chosen += [draft for draft in drafts if draft not in chosen][:2]
        refused_roles = set()
        for walker in [*self.own, *self.others]:
            assert walker.actor is not None
            if may_one(walker.actor, gate):
                for draft in chosen[:2] if walker in self.others and name not in OPEN_ADDRESSES else ():
                    self._refused(name, walker, draft, "out of scope")
            elif walker.actor.role not in refused_roles:
                refused_roles.add(walker.actor.role)
                self._refused(name, walker, chosen[0], "not permitted")
        self._refused(name, self.nobody, chosen[0], "nobody")
        if accepted and accepted[0].actor and not accepted[0].actor.covers_city:
            for draft in self._naming_others(name, accepted[1]):
                self._refused(name, accepted[0], draft, "names another county's row")

    def _naming_others(self, name: str, draft: Draft) -> Iterator[Draft]:
        """A request that got through, with the id of a row of the other county in one field of its body."""
        for key in NAMED.keys() & draft.body.keys():
            if draft.body[key] and (name.rpartition("/")[2], key) not in OPEN_REFERENCES:
                foreign = self.foreign[key]
                named = [foreign] if isinstance(draft.body[key], list) else foreign
                yield replace(draft, body={**draft.body, key: named})

    def _accepted(self, name: str, gate: Gate, drafts: Sequence[Draft]) -> tuple[Walker, Draft] | None:
        for walker in self.own:
            if walker.actor is None or not may_one(walker.actor, gate):
                continue
            unread = 0
            for draft in drafts[:TRIES]:
                status, changed = self._sent(name, walker, draft, "own")
                if status >= 400 and changed:
                    self.tally.holes.append(f"half done: {name} {draft.address}: {status} {sorted(changed)}")
                if status < 400:
                    self._send_twice(name, walker, draft)
                    self._accept(name, walker, changed)
                    return walker, draft
                self.tally.refused[name][status] += 1
                unread += status in (400, 422)
                if unread == 3:  # the other rows would not change what is wrong with the body
                    break
        return None

    def _send_twice(self, name: str, walker: Walker, draft: Draft) -> None:
        """The same form sent again, as by Back and Save: it changes nothing and leads to the same page."""
        if name not in self.claimed:
            return
        first = walker.send(draft)
        before = content_of(self.writes.path)
        again = walker.send(draft)
        changed = sorted(table for table, rows in content_of(self.writes.path).items() if rows != before[table])
        place = first.headers.get("location", again.headers.get("location"))
        if changed or again.status_code != 303 or again.headers["location"] != place:
            self.tally.doubled.append(f"{name} {draft.address}: {first.status_code} {again.status_code} {changed}")
        self.tally.twice.add(name)
        self.writes.put_back(force=True)

    def _accept(self, name: str, walker: Walker, changed: set[str]) -> None:
        self.tally.accepted[name] = walker.name
        if changed:
            self.tally.changing.add(name)

    def _sent(self, name: str, walker: Walker, draft: Draft, scope: str) -> tuple[int, set[str]]:
        self.tally.requests[scope] += 1
        self.tally.cells.add((name, walker.name, scope))
        self.writes.committed = set()
        status = walker.send(draft).status_code
        changed = self.writes.committed - OWN_TRACES
        if changed or status < 400:
            self.writes.put_back()
        if status >= 500:
            self.tally.failed.append(f"{walker.name}: {name} {draft.address}: {status}")
        return status, changed

    def _refused(self, name: str, walker: Walker, draft: Draft, scope: str) -> None:
        """Send what must be refused; a request that names no row is in everybody's own scope."""
        if scope == "out of scope" and not names_a_row(name, draft):
            return
        with verbs_alone():
            status, changed = self._sent(name, walker, draft, scope)
        if changed or status not in REFUSALS[scope]:
            body = {key: value for key, value in draft.body.items() if key in NAMED}
            what = f"{name} {draft.address} {body}"
            self.tally.holes.append(f"{scope}: {walker.name}: {what}: {status} {sorted(changed)}")


@contextmanager
def verbs_alone() -> Iterator[None]:
    """Within the block the guard of rows that stands behind the verbs is away."""
    checks = (("before_flush", write_guard.check_before), ("after_flush", write_guard.check_after))
    for moment, check in checks:
        event.remove(ScopedSession, moment, check)
    try:
        yield
    finally:
        for moment, check in checks:
            event.listen(ScopedSession, moment, check)


def may_one(actor: Actor, gate: Gate) -> bool:
    """Whether the gate of a route lets the actor through."""
    return any(may(actor, action) for action in gate.actions)


def content_of(path: str) -> dict[str, str]:
    """A print of all rows of each table, without what a sending leaves of whoever sends."""
    with sqlite3.connect(path) as source:
        tables = [name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        prints = {}
        for table in set(tables) - SENDERS_TRACES:
            rows = source.execute(f'SELECT * FROM "{table}" ORDER BY 1').fetchall()
            prints[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return prints


def names_a_row(name: str, draft: Draft) -> bool:
    """Whether a request names somebody's row: in its address or in its body."""
    in_address = any(f"{{{parameter}}}" in name for parameter in ROWS_OF) or "?resident=" in draft.address
    return in_address or any(draft.body.get(key) for key in NAMED)


def write_routes(app: FastAPI) -> Iterator[tuple[str, str, APIRoute]]:
    """(path, method, route) of every route that may change something."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            for method in sorted((route.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
                yield context.path, method, route


def ids_in(session: Session, table: str) -> list[str]:
    """Ids of the rows that belong to the first county or its charity; of all rows if they belong to no region."""
    rows = session.exec(select(MODELS[table]).order_by(MODELS[table].id)).all()
    places = [(str(row.id), place_of(session, row)) for row in rows]
    own = [pk for pk, place in places if place.region_code.startswith(COUNTIES[0][2][:6])]
    return own or [pk for pk, _place in places][:1]


def foreign_row(session: Session, name: str, table: str) -> Any:
    """What a field of a body says to name a row of the second county."""
    village, _township, county = COUNTIES[1]
    if not table:
        return county if name == "areas" else village
    own = set(ids_in(session, table))
    rows = session.exec(select(MODELS[table]).order_by(MODELS[table].id)).all()
    return [row.id for row in rows if str(row.id) not in own][-1]


@pytest.fixture(scope="module")
def walk(databases: Any, record_testsuite_property: Any) -> Iterator[Walk]:
    engine = make_engine(databases.fresh(), **ONE_CONNECTION)
    if engine.dialect.name != "sqlite":
        pytest.skip("row-level security would hide what the verbs forget")
    walk = Walk(engine)
    tally = walk.walk()
    record_testsuite_property("writes_walked", sum(tally.requests.values()))
    record_testsuite_property("write_cells_walked", len(tally.cells))
    record_testsuite_property("writes_accepted", len(tally.accepted))
    record_testsuite_property("writes_changing", len(tally.changing))
    yield walk
    walk.client.__exit__()
    engine.dispose()


@pytest.fixture(scope="module")
def walked(walk: Walk) -> Tally:
    return walk.tally


def test_nobody_writes_beyond_the_matrix(walked: Tally) -> None:
    assert walked.holes == []


def test_every_form_that_is_sent_twice_has_one_effect(walk: Walk, walked: Tally) -> None:
    """Back and Save, a second tap, a lost answer: one effect, the same target page."""
    assert walked.doubled == []
    assert walk.claimed - walked.twice <= UNREACHABLE.keys()


def test_no_write_fails(walked: Tally) -> None:
    assert walked.failed == []


def test_every_route_was_really_written_through(walked: Tally) -> None:
    """Otherwise the refusals prove nothing. A new route needs a lawful request, or a reason why nobody gets through."""
    missed = {name: dict(walked.refused[name]) for name in walked.routes - walked.accepted.keys() - UNREACHABLE.keys()}
    assert missed == {}
    assert UNREACHABLE.keys() & walked.accepted.keys() == set()
    assert len(walked.changing) >= LEAST_CHANGING


def test_the_walk_notices_a_verb_that_forgets_its_scope(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that is looked up by its id alone: whoever may add needs anywhere adds one in another county."""
    name = "POST /cases/{case_id}/needs"
    [gate] = [gates_of(route)[0] for path, method, route in walk.routes if f"{method} {path}" == name]
    monkeypatch.setattr(walk, "tally", Tally())
    walk.walk_route(name, gate)
    assert walk.tally.holes == []
    monkeypatch.setattr(case_queries, "get_case", lambda session, _actor, case_id: session.get_one(Case, case_id))
    walk.walk_route(name, gate)
    assert [hole for hole in walk.tally.holes if hole.startswith("out of scope")] != []
