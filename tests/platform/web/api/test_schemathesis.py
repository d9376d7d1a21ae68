"""Requests drawn from the OpenAPI document, as four roles: every answer is one that the document promises.

design.md section 7: schemathesis on the API as four roles with stateful links, 0 answers of 5xx. `TUOJU_FUZZ_EXAMPLES`
draws more requests than the normal suite does.
"""

import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from factories.api import make_app, make_caller, make_stage
from factories.databases import UnitOfWork
from tuoju.accounts.models import Role
from tuoju.database.engine import make_engine

EXAMPLES = int(os.environ.get("TUOJU_FUZZ_EXAMPLES", "2"))
"""Requests of each kind that are drawn for each operation and role; twice as many scenarios of twelve steps."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = (Role.social_worker, Role.township_officer, Role.charity_staff, Role.program_manager)
OWN_SESSION = ["create_token", "end_token"]
"""Would sign the caller out, or spend the tries of the address: `test_tokens` has them."""
OPERATIONS = 80
"""How many the document has without these; more with every new route."""
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 2,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Ground:
    """The application over a scene with a row of each kind, and the token of each role."""

    app: FastAPI
    headers: Mapping[Role, Mapping[str, str]]
    ids: Mapping[str, int]
    """An id that exists by the name of the parameter."""

    @cached_property
    def schema(self) -> Any:
        config = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
        schema = schemathesis.openapi.from_dict(self.app.openapi(), config=config)
        schema.app = self.app
        return schema.exclude(operation_id=OWN_SESSION)


def make_ground(unit_of_work: UnitOfWork) -> Ground:
    app = make_app(unit_of_work)
    stage = make_stage(app, places=50)
    referral = stage.send()
    clients = {
        Role.social_worker: stage.worker,
        Role.charity_staff: stage.charity,
        Role.township_officer: make_caller(app, Role.township_officer),
        Role.program_manager: make_caller(app, Role.program_manager),
    }
    need = stage.worker.get(f"/needs/{referral['need_id']}").json()
    case = stage.worker.get(f"/cases/{need['case_id']}").json()
    ids = {
        "resident_id": case["resident_id"],
        "case_id": case["id"],
        "need_id": need["id"],
        "referral_id": referral["id"],
        "project_id": stage.project_id,
        "organization_id": stage.organization_id,
    }
    wanted = ("authorization", "accept-language")
    headers = {role: {name: client.headers[name] for name in wanted} for role, client in clients.items()}
    return Ground(app, headers, ids)


@pytest.fixture(scope="module")
def ground(databases: Any) -> Iterator[Ground]:
    engine = make_engine(databases.fresh())
    yield make_ground(UnitOfWork(engine))
    engine.dispose()


def aim(case: Case, ids: Mapping[str, int]) -> Case:
    """The case at the rows of the scene, where its address has parameters for them."""
    case.path_parameters = {name: ids.get(name, value) for name, value in (case.path_parameters or {}).items()}
    return case


def cases_of(operation: Any, ids: Mapping[str, int]) -> st.SearchStrategy[Case]:
    """Requests that fit the document at rows that exist and at any, and requests that break it."""
    fitting = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    aimed = fitting.map(lambda case: aim(case, ids))
    try:
        breaking = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE).map(lambda case: aim(case, ids))
    except Unsatisfiable:  # nothing to break: no parameter, no body
        return aimed
    return st.one_of(aimed, breaking, fitting)


def faults_in(answer: Response, case: Case, role: Role) -> Iterator[str]:
    """What the document does not promise."""
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as failure:
        broken = "; ".join(f"{part.title}: {part.message[:200]}" for part in failure.exceptions)
        yield f"{role} {case.operation.label} {answer.status_code}: {broken}: {case.as_curl_command()[:400]}"


def faults_of(ground: Ground, case: Case, roles: Iterable[Role]) -> Iterator[str]:
    """What is wrong with the answer to each role."""
    for role in roles:
        yield from faults_in(case.call(headers=dict(ground.headers[role])), case, role)


def test_every_answer_is_one_that_the_document_promises(ground: Ground) -> None:
    failed: list[str] = []
    asked: Counter[str] = Counter()
    for result in ground.schema.get_all_operations():
        operation = result.ok()

        @SETTINGS
        @given(case=cases_of(operation, ground.ids), roles=st.permutations(ROLES))
        def ask(case: Case, roles: list[Role]) -> None:
            asked[case.operation.label] += len(roles)
            failed.extend(faults_of(ground, case, roles))

        ask()
    assert len(asked) >= OPERATIONS
    assert min(asked.values()) >= len(ROLES)
    assert failed == []


LINKS = 200
"""How many steps from an answer to a next request schemathesis finds in the document."""


def test_scenarios_along_the_links_are_answered_as_promised(ground: Ground) -> None:
    """A created resident is shown, changed, gets a case, a need and a referral: each step as one of the roles."""
    asked: Counter[str] = Counter()
    failed: list[str] = []
    machine = ground.schema.as_state_machine()

    class Scenario(machine):  # type: ignore[misc, valid-type]
        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            self.role = random.choice(ROLES)  # hypothesis seeds it
            return {"headers": dict(ground.headers[self.role])}

        def validate_response(self, response: Response, case: Case, **_options: Any) -> None:
            asked[self.role] += 1
            failed.extend(faults_in(response, case, self.role))

    assert ground.schema.statistic.transitions.total >= LINKS
    steps = settings(SETTINGS, max_examples=2 * EXAMPLES, stateful_step_count=12)
    Scenario.run(settings=steps)
    assert set(asked) == set(ROLES)
    assert failed == []
