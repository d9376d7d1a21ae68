"""Whatever is sent, the answer is the client's to mend: never a 5xx."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories.api import CASE, NEED, ORGANIZATION, PROJECT, Stage, make_caller, resident_body
from tuoju.accounts.models import Role
from tuoju.web.api import ROUTERS

OTHERS = {"served", "reason", "outcome", "household_of", "disability_grade", "budget_fen", "uscc", "minutes"}
TEMPLATES = [
    resident_body(),
    {**CASE, "resident_id": 1},
    NEED,
    {"need_id": 1, "project_id": 1, "note": ""},
    ORGANIZATION,
    {**PROJECT, "organization_id": 1},
]
NAMES = sorted({name for body in TEMPLATES for name in body} | OTHERS)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["", "A01", "341124105205", "2026-02-30", "9999-12-31", 2**31, 2**63, -1])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
bodies = (
    values
    | st.dictionaries(st.sampled_from(NAMES), values, max_size=5)
    | st.builds(
        lambda body, changes: {**body, **changes},
        st.sampled_from(TEMPLATES),
        st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=3),
    )
)


def posts() -> list[str]:
    """The address of every route that takes a body, with the id 1 wherever one is wanted."""
    results = []
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.methods & {"POST", "PUT"} and route.path != "/tokens":
                path = route.path
                for name in ("resident_id", "case_id", "need_id", "referral_id", "visit_id", "consent_id"):
                    path = path.replace(f"{{{name}}}", "1")
                for name in ("override_id", "project_id", "notice_id"):
                    path = path.replace(f"{{{name}}}", "1")
                results.append(path.replace("{verb}", "reopen" if "cases" in path else "resume"))
    return results


@pytest.fixture
def manager(app: FastAPI) -> TestClient:
    return make_caller(app, Role.program_manager)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=st.sampled_from(posts()), body=bodies, who=st.sampled_from(["worker", "charity", "manager"]))
def test_no_body_breaks_a_route(stage: Stage, manager: TestClient, address: str, body: Any, who: str) -> None:
    client = {"worker": stage.worker, "charity": stage.charity, "manager": manager}[who]
    put = address == "/residents/1"
    headers = {"content-type": "application/json", **({"if-match": "*"} if put else {})}
    content = as_json(body)
    answer = client.request("PUT" if put else "POST", address, content=content, headers=headers)
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


def as_json(body: Any) -> bytes:
    """JSON as loose clients write it: NaN, Infinity and lone surrogates included."""
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[" * 5000,
        b'{"name": "\xff"}',
        b"\xff\xfe{",
        b'{"name": "\\ud800"}',
        b'{"resident_id": ' + b"9" * 5000 + b"}",
        b'{"resident_id": 1e999}',
    ],
)
@pytest.mark.parametrize("address", ["/residents", "/cases", "/referrals", "/residents/find", "/overrides"])
def test_broken_json_is_a_problem(stage: Stage, address: str, content: bytes) -> None:
    answer = stage.worker.post(address, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["in"] == "body"


@pytest.mark.parametrize("key", ["", " ", "a" * 201, "with space"])
def test_an_idempotency_key_that_can_not_be_one_is_a_422(stage: Stage, key: str) -> None:
    answer = stage.worker.post("/residents", json=resident_body(), headers={"idempotency-key": key})
    assert answer.status_code == 422
