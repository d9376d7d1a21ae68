"""The household visit (入户调查): a long form, filled in on a phone and kept as a draft all the while."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import officers_of
from tuoju.cases import procedure
from tuoju.cases.inputs import MAX_MEMBERS, InvestigationInput, Member
from tuoju.cases.models import Case
from tuoju.cases.queries import get_case
from tuoju.cases.service import discard_draft, save_draft
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name
from tuoju.residents.queries import masked_by_id
from tuoju.web.cases.attachment_pages import papers_for
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.drafts import MOST_SIGNS, draft_of
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

router = APIRouter()
LISTS = frozenset({"companions", "conclusion"})
BLANK_MEMBERS = 3
"""Rows left free for further members, whatever is filled in already."""


def _draft(case: Case) -> str:
    return f"investigation-{case.pk}"


@router.get("/cases/{case_id}/investigation")
def show(request: Request, session: ReadSession, actor: CurrentActor, case_id: int) -> Response:
    """The form starts from the last edition, or from what a draft holds."""
    require(actor, Action.record_cases)
    case = get_case(session, actor, case_id)
    last = procedure.latest_investigation(session, case)
    start: dict[str, Any] = {"visited_on": china_day(now()).isoformat()}
    if last is not None:
        start = InvestigationInput.model_validate_json(last.findings).model_dump(mode="json")
    draft = draft_of(session, actor, _draft(case), lists=LISTS)
    if draft:
        start = {**start, "companions": [], "conclusion": [], **draft, "members": _members(draft)}
    return _page(request, session, actor, case, BlankForm(start), resumed=bool(draft))


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    case: Case,
    form: BlankForm | SubmittedForm[InvestigationInput],
    status: int = 200,
    *,
    resumed: bool = False,
) -> Response:
    members: list[Any] = list(form.typed.get("members") or [])
    return render(
        request,
        "cases/investigation.html",
        status,
        case=case,
        place=full_name(session, case.region_code),
        person=masked_by_id(session, {case.resident_id}, china_day(now()))[case.resident_id],
        policy=procedure.policy_of(session, case),
        officers=[
            (user.pk, user.display_name) for user in officers_of(session, case.region_code) if user.pk != actor.user_id
        ],
        members=(members + [{}] * BLANK_MEMBERS)[:MAX_MEMBERS],
        papers=papers_for(session, actor, case),
        form=form,
        resumed=resumed,
    )


def _members(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of the household table in which anything stands."""
    found = []
    for row in range(MAX_MEMBERS):
        cells = {name: str(form.get(f"member-{row}-{name}", "")).strip() for name in Member.model_fields}
        if any(cells.values()):
            found.append({name: value for name, value in cells.items() if value or name == "name"})
    return found


@router.post("/cases/{case_id}/investigation")
def record(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    case = get_case(session, actor, case_id)
    filled = fill(form, InvestigationInput, members=_members(form))
    if filled.model is None:
        return _page(request, session, actor, case, filled, 422)
    procedure.record_investigation(session, actor, case, filled.model)
    discard_draft(session, actor, _draft(case))
    grade = label("self_care_word", procedure.self_care_of(filled.model))
    words = _("The visit is recorded (self-care: %(grade)s). Next comes the opinion.")
    return redirect(request, f"/cases/{case_id}", words % {"grade": grade})


@router.post("/cases/{case_id}/investigation/draft")
def keep(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    """Keep what is typed so far, finished or not, and come back to it: before photos are added, or for later."""
    require(actor, Action.record_cases)
    case = get_case(session, actor, case_id)
    content = json.dumps(_typed(form), ensure_ascii=False)
    if len(content) <= MOST_SIGNS:
        save_draft(session, actor, _draft(case), content)
    return redirect(request, f"/cases/{case_id}/investigation#papers", _("Draft saved"))


def _typed(form: FormData) -> dict[str, list[str]]:
    names = [name for name in form if name != "form_token"]
    return {name: [each for each in form.getlist(name) if isinstance(each, str)] for name in names}
