"""The household visit (入户调查): a long form, filled in on a phone and kept as a draft meanwhile."""

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
from tuoju.cases.inputs import AMOUNTS, MAX_MEMBERS, InvestigationInput, Member
from tuoju.cases.models import Case
from tuoju.cases.queries import case_origin, get_case
from tuoju.cases.service import discard_draft, save_draft
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name
from tuoju.residents.models import TextSource
from tuoju.residents.views import residents_seen
from tuoju.web.cases.attachments_view import attachments_panel
from tuoju.web.cases.views import InvestigationForm, InvestigationPage, MemberCell
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.drafts import MAX_DRAFT_CHARACTERS, draft_of
from tuoju.web.kit.forms import BlankForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.kit.safety import stop_for_danger, texts_of
from tuoju.words.labels import label, options
from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _

_SENTENCES = (
    *("difficulties", "wish", "others", "neighbours", "conclusion_note"),
    *("chronic_illness", "serious_illness", "health", "carer", "guardianship_now", "support", "helped_before"),
)
"""The fields of a visit in which sentences are written; the others name things and places."""

router = APIRouter(dependencies=[needs(Action.record_cases)])
LISTS = frozenset({"companions", "conclusion"})
"""The fields that hold several values."""

BLANK_MEMBERS = 3
"""Empty rows for further members beside those filled in."""

_HOUSING = (
    "ownership",
    "structure",
    "safety",
    "housing",
    "appliances",
    "vehicles",
    "livestock",
    "land_mu",
)
_SUPPORT = ("schooling_stage", "employment", "guardianship_now", "support")
_NEIGHBOURS = ("neighbour", "neighbours")

_MEMBER_CELLS = {
    "name": (N_("Name"), "text"),
    "kinship": (N_("Relationship to the head of household"), "text"),
    "age": (N_("Age"), "numeric"),
    "occupation": (N_("Work or school"), "text"),
    "health": (N_("Health"), "text"),
    "yearly_income_yuan": (N_("Income per year (yuan)"), "numeric"),
}
"""The cells of the household table: label and the keyboard of a phone."""


def _draft_name(case: Case) -> str:
    return f"investigation-{case.pk}"


@router.get("/cases/{case_id}/investigation")
def show(request: Request, session: ReadSession, actor: CurrentActor, case_id: PathId) -> Response:
    """The form, which starts from the latest edition, or from what a draft holds."""
    require(actor, Action.record_cases)
    case = get_case(session, actor, case_id)
    last = procedure.latest_investigation(session, case)
    start: dict[str, Any] = {"visited_on": china_day(now()).isoformat()}
    if last is not None:
        start = InvestigationInput.model_validate_json(last.findings).model_dump(mode="json")
    draft = draft_of(session, actor, _draft_name(case), lists=LISTS)
    if draft:
        start = {**start, "companions": [], "conclusion": [], **draft, "members": _members(draft)}
    return render(
        request,
        _page(session, actor, case, BlankForm(start, required=required_of(InvestigationInput)), is_resumed=bool(draft)),
    )


def _page(
    session: Session, actor: Actor, case: Case, form: InvestigationForm, *, is_resumed: bool = False
) -> InvestigationPage:
    officers = officers_of(session, case.region_code)
    return InvestigationPage(
        case_id=case.pk,
        number=case.number,
        name=residents_seen(session, actor, {case.resident_id}, china_day(now()))[case.resident_id].name,
        place=full_name(session, case.region_code),
        investigators_at_least=procedure.policy_of(session, case).investigators_at_least,
        officers=[(user.pk, user.display_name) for user in officers if user.pk != actor.user_id],
        members=_member_rows(form),
        attachments=attachments_panel(session, actor, case, back="investigation"),
        form=BlankForm(_field_values(form.typed), form.errors, required=form.required),
        is_resumed=is_resumed,
        is_housing_open=_is_touched(form, _HOUSING),
        is_support_open=_is_touched(form, _SUPPORT),
        is_neighbours_open=_is_touched(form, _NEIGHBOURS),
    )


def _field_values(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, with the values that amounts and choices start with, and choices as the codes of the form."""
    start: dict[str, Any] = dict.fromkeys(AMOUNTS, "0")
    start |= {f"{item}_alone": "true" for item, _words in options("alone_item")}
    start |= {domain: "none" for domain, _words in options("need_domain_word")}
    codes = {name: str(value).lower() if isinstance(value, bool) else value for name, value in typed.items()}
    return {**start, **codes}


def _is_touched(form: InvestigationForm, fields: tuple[str, ...]) -> bool:
    return any(form.typed.get(name) or name in form.errors for name in fields)


def _member_rows(form: InvestigationForm) -> list[list[MemberCell]]:
    """The rows of the household table: those filled in, and some empty ones."""
    members: list[dict[str, Any]] = [*(form.typed.get("members") or []), *({} for _ in range(BLANK_MEMBERS))]
    return [
        [
            MemberCell(f"member-{row}-{name}", _(words), _cell_value(member.get(name)), inputmode)
            for name, (words, inputmode) in _MEMBER_CELLS.items()
        ]
        for row, member in enumerate(members[:MAX_MEMBERS])
    ]


def _cell_value(value: object) -> str:
    return "" if value is None else str(value)


def _members(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of the household table in which anything is typed."""
    members = []
    for row in range(MAX_MEMBERS):
        cells = {name: str(form.get(f"member-{row}-{name}", "")).strip() for name in Member.model_fields}
        if any(cells.values()):
            members.append({name: value for name, value in cells.items() if value or name == "name"})
    return members


@router.post("/cases/{case_id}/investigation")
def record(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Record the visit as a new edition."""
    case = get_case(session, actor, case_id)
    texts, origin = texts_of(form, *_SENTENCES), case_origin(case, TextSource.household_visit)
    if stop := stop_for_danger(request, session, actor, form, texts, origin):
        return stop
    visit_form = fill(form, InvestigationInput, members=_members(form))
    if visit_form.model is None:
        return render(request, _page(session, actor, case, visit_form), 422)
    procedure.record_investigation(session, actor, case, visit_form.model)
    discard_draft(session, actor, _draft_name(case))
    grade = label("self_care_word", procedure.self_care_of(visit_form.model))
    words = _("The visit is recorded (self-care: %(grade)s). Next: give the opinion.")
    return redirect(request, f"/cases/{case_id}", words % {"grade": grade})


@router.post("/cases/{case_id}/investigation/draft")
def keep(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Keep what is typed so far as a draft and return to the form, for instance before photos are added."""
    require(actor, Action.record_cases)
    case = get_case(session, actor, case_id)
    content = json.dumps(_typed(form), ensure_ascii=False)
    if len(content) <= MAX_DRAFT_CHARACTERS:
        save_draft(session, actor, _draft_name(case), content)
    return redirect(request, f"/cases/{case_id}/investigation#papers", _("Draft saved"))


def _typed(form: FormData) -> dict[str, list[str]]:
    names = [name for name in form if name != "form_token"]
    return {name: [value for value in form.getlist(name) if isinstance(value, str)] for name in names}
