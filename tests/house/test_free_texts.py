"""Every free text that comes in is checked for words of danger, or says here why not.

社会救助法 art. 39; 未成年人保护法 art. 11: whoever learns of danger has to report it.
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi.routing import APIRoute
from pydantic.fields import FieldInfo

from tuoju.documents.sheets.lists import LISTS
from tuoju.web.api import ROUTERS as API_ROUTERS
from tuoju.web.pages import ROUTERS as PAGE_ROUTERS
from tuoju_text.inputs import Input

CHECKS = frozenset({"stop_for_danger", "check_api_texts", "check_words"})
"""The ways to the one check: with a page that asks, for programs, and where nobody can be asked."""

_ACCOUNTS = "accounts and sign-in: no text about a resident"
_PROJECTS = "what organizations offer: no text about a resident"
_RULES = "rules, calendars and plans: no text about a resident"
_PAPERS = "papers, exports and readings: their purpose, and no text about a resident"
_CHOICE = "a choice, a day or a file; no sentence is typed"

UNCHECKED: Mapping[str, str] = {
    "accounts": _ACCOUNTS,
    "notifications": _ACCOUNTS,
    "projects": _PROJECTS,
    "funding": "what organizations propose, and questions about calls: no text about a resident",
    "plans": _RULES,
    "policies": _RULES,
    "calendar": _RULES,
    "matchmaking.ranking_pages": _RULES,
    "archive": _PAPERS,
    "audit": _PAPERS,
    "papers": _PAPERS,
    "readings": _PAPERS,
    "imports": "the rows of a sheet are checked when they are added (documents/sheets)",
    "drafts": "a draft is checked when it is sent as a form",
    "holdings": "who asked for a copy or an erasure, and when",
    "relief": "money and goods",
    "reports": "figures: why a month is stated again",
    "cases.attachment_pages": "a file and why it was taken away",
    "cases.investigation_pages.keep": "a draft is checked when it is sent as a form",
    "cases.procedure_pages.declare": "how an officer is related to the person",
    "cases.procedure_pages.prepare": "money and goods",
    "cases.procedure_pages.recover_payment": "money and goods",
    "cases.public_notice_pages.post": "the remark of a public notice, 60 characters that the linter reads",
    "matchmaking.api.preview_need": "a preview that saves nothing",
    "cases.suggestion_pages": "words on their way to a form, checked when it is sent",
    "alerts.pages.reveal": _PAPERS,
    "referrals.pages.reveal": _PAPERS,
    "referrals.answer_pages.reveal": _PAPERS,
    "referrals.pages.plan_first_visit": _CHOICE,
    "referrals.answer_pages.plan_first_visit": _CHOICE,
    "referrals.answer_pages.exchange": _CHOICE,
    "referrals.pages.check_outcome": _CHOICE,
    "referrals.confirmation_pages.draw_month": _CHOICE,
    "referrals.resident_pages": _CHOICE,
    "referrals.api.reveal_referred": _PAPERS,
    "search": "words of a search; nothing is kept but that it was made",
    "residents.api": "the fields of a file; no sentence is typed",
    "residents.pages": "the fields of a file, and why life is at risk: the township is notified of that at once",
    "residents.overrides_api": "why life is at risk: the township is notified of that at once",
    "residents.consent_pages": "who agreed to what",
    "residents.duplicate_pages": "why two files are or are not one person's",
    "residents.protection_pages": "the report itself, and what the township does about it",
}
"""By the subject, module or route below `tuoju.web`: why its texts are not checked."""

Endpoint = Callable[..., Any]


def _endpoints() -> Iterator[Endpoint]:
    """The functions of all routes that take something."""
    for router in (*API_ROUTERS, *PAGE_ROUTERS):
        for route in router.routes:
            if isinstance(route, APIRoute) and route.methods & {"POST", "PUT", "PATCH"}:
                yield route.endpoint


def _name(endpoint: Endpoint) -> str:
    function = endpoint.__qualname__.replace("<locals>.", "")
    return f"{endpoint.__module__}.{function}".removeprefix("tuoju.web.")


def _calls(function: Endpoint) -> set[str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    names = (call.func for call in ast.walk(tree) if isinstance(call, ast.Call))
    return {name.id for name in names if isinstance(name, ast.Name)}


def _is_checked(endpoint: Endpoint) -> bool:
    """Whether a route calls the check, itself or by a function of its module."""
    called = _calls(endpoint)
    module = vars(sys.modules[endpoint.__module__])
    helpers = [module[name] for name in called if inspect.isfunction(module.get(name))]
    own = [helper for helper in helpers if helper.__module__ == endpoint.__module__]
    return bool(CHECKS & called) or any(CHECKS & _calls(helper) for helper in own)


def _reads_text(endpoint: Endpoint) -> bool:
    """Whether a route reads a posted form, or a body with a text of its own."""
    parameters = inspect.signature(endpoint, eval_str=True).parameters
    if "form" in parameters:
        tree = ast.parse(textwrap.dedent(inspect.getsource(endpoint)))
        return any(isinstance(node, ast.Name) and node.id == "form" for node in ast.walk(tree))
    bodies = [parameter.annotation for parameter in parameters.values() if inspect.isclass(parameter.annotation)]
    return any(_is_long(field) for body in bodies if issubclass(body, Input) for field in body.model_fields.values())


def _is_long(field: FieldInfo) -> bool:
    """Whether a sentence fits."""
    limits = [getattr(part, "max_length", 0) or 0 for part in field.metadata]
    return field.annotation is str and max(limits, default=0) >= 200


def _reason(name: str) -> str:
    parts = name.split(".")
    return next((UNCHECKED[key] for end in range(len(parts), 0, -1) if (key := ".".join(parts[:end])) in UNCHECKED), "")


def test_every_route_that_takes_a_text_checks_it_or_says_why_not() -> None:
    taking = {_name(endpoint): endpoint for endpoint in _endpoints() if _reads_text(endpoint)}
    assert len(taking) > 100
    unheard = [name for name, endpoint in taking.items() if not _is_checked(endpoint) and not _reason(name)]
    assert sorted(unheard) == []


def _models_filled(endpoint: Endpoint) -> Iterator[type[Input]]:
    """The input models that a page fills from its form."""
    module = vars(sys.modules[endpoint.__module__])
    tree = ast.parse(textwrap.dedent(inspect.getsource(endpoint)))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "fill":
            model = call.args[1]
            if isinstance(model, ast.Name) and issubclass(module[model.id], Input):
                yield module[model.id]


def test_a_checked_page_checks_every_sentence_of_its_form() -> None:
    missed = {
        f"{_name(endpoint)}: {field}"
        for endpoint in _endpoints()
        if _is_checked(endpoint)
        for model in _models_filled(endpoint)
        for field, info in model.model_fields.items()
        if _is_long(info) and f'"{field}"' not in inspect.getsource(sys.modules[endpoint.__module__])
    }
    assert sorted(missed - NO_SENTENCES.keys()) == []


NO_SENTENCES: Mapping[str, str] = {"cases.investigation_pages.record: present": "names of who was there"}
"""Long fields of checked pages that hold no sentence, with the reason."""

SHEETS_WITHOUT_SENTENCES = frozenset({"residents", "projects", "payments", "accounts"})
"""Lists whose sheets have no column of sentences about a person."""


def test_every_sheet_with_sentences_checks_them() -> None:
    unchecked = {name.value for name, sheet in LISTS.items() if not CHECKS & _calls(sheet.add)}
    assert unchecked == SHEETS_WITHOUT_SENTENCES
