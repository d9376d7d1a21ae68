"""Needs: who waits, which projects fit and why, why not, and the referral in one tap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.cases import service as cases
from tuoju.cases.models import Case, Need
from tuoju.cases.queries import count_needs, find_needs, get_need
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.matchmaking.gaps import close_gap
from tuoju.matchmaking.past_answers import refused_for_good
from tuoju.matchmaking.profiles import why_not
from tuoju.plans.queries import find_line_awaiting_consent, prices_for
from tuoju.referrals import service
from tuoju.referrals.past_answers import answers_to_need
from tuoju.referrals.proposing import propose, report_gap
from tuoju.referrals.queries import find_referrals
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name, names
from tuoju.residents.inputs import ConsentInput
from tuoju.residents.masking import masked
from tuoju.residents.models import ConsentPurpose, Resident
from tuoju.residents.queries import masked_by_id, receivers_allowed
from tuoju.residents.service import give_consent
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _
from tuoju.words.reasons import obstacles_in_words, proposal_in_words
from tuoju_projects.queries import get_project, open_project_names, organizations_by_id, projects_by_id

router = APIRouter()


@router.get("/needs")
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: Annotated[NeedState, Query()] = NeedState.open,
    category: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    today = china_day(now())
    rows = find_needs(session, actor, state=state, category=category)
    return render(
        request,
        "matchmaking/index.html",
        rows=[(need, case, masked(resident, today)) for need, case, resident in rows],
        places=names(session, {case.region_code for _need, case, _resident in rows}),
        waiting={need.pk: (today - china_day(need.opened_at)).days for need, _case, _resident in rows},
        counts=count_needs(session, actor),
        states=list(NeedState),
        state=state,
        category=category,
    )


@router.get("/needs/{need_id}/matches")
def matches(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    need_id: int,
    project: Annotated[int | None, Query()] = None,
) -> Response:
    """The projects that fit, best first; with `project`, also why that one does not."""
    need = get_need(session, actor, need_id)
    case = session.get_one(Case, need.case_id)
    prices = prices_for(session, case.region_code)
    proposal = propose(session, need, prices=prices)
    said = proposal_in_words(session, proposal)
    found = projects_by_id(session, {each.project.id for each in proposal.ranked})
    return render(
        request,
        "matchmaking/matches.html",
        need=need,
        case=case,
        person=masked_by_id(session, {case.resident_id}, china_day(now()))[case.resident_id],
        place=full_name(session, case.region_code),
        ranked=proposal.ranked,
        planned=find_line_awaiting_consent(session, need.pk) if need.state is NeedState.open else None,
        learned=proposal.ranking.number,
        chances=proposal.chances,
        projects=found,
        organizations=organizations_by_id(session, {each.organization_id for each in found.values()}),
        reasons=said.reasons,
        lifts=said.lifts,
        allowed=receivers_allowed(session, case.resident_id),
        earlier=find_referrals(session, actor, need_id=need.pk),
        others=_others(session, set(found)),
        asked=_asked(session, need, project, prices),
        can_send=may(actor, Action.send_referrals) and need.state is NeedState.open,
    )


def _others(session: Session, proposed: set[int]) -> list[tuple[int, str]]:
    """Open projects that were not proposed, to ask about."""
    return [(pk, name) for pk, name in open_project_names(session) if pk not in proposed]


@dataclass(frozen=True)
class Asked:
    """What is said of a project that was asked about: why it can not take the need, or where it stands and what would
    have ranked it higher; `refused` if it refused this need for good."""

    name: str
    obstacles: list[str]
    refused: bool = False
    rank: int | None = None
    lifts: Sequence[str] = ()


def _asked(session: Session, need: Need, project_id: int | None, prices: Mapping[int, float]) -> Asked | None:
    if project_id is None:
        return None
    project = get_project(session, project_id)
    if found := why_not(session, need, project):
        return Asked(project.name, obstacles_in_words(session, found))
    if project.pk in refused_for_good(answers_to_need(session, need)):
        return Asked(project.name, [], refused=True)
    proposal = propose(session, need, limit=None, prices=prices)
    rank = next((each.rank for each in proposal.ranked if each.project.id == project.pk), None)
    return Asked(project.name, [], rank=rank, lifts=proposal_in_words(session, proposal).lifts.get(project.pk, []))


@router.post("/needs/{need_id}/referrals")
def refer(request: Request, session: WriteSession, actor: CurrentActor, need_id: int, form: Form) -> Response:
    need = get_need(session, actor, need_id)
    chosen = str(form.get("project_id", ""))
    project = get_project(session, int(chosen) if chosen.isdigit() else 0)
    if form.get("given_by"):
        _consent(session, actor, need, project.organization_id, form)
    referral = service.send(
        session,
        actor,
        need,
        project,
        note=str(form.get("note", ""))[:500],
        prices=prices_for(session, session.get_one(Case, need.case_id).region_code),
        from_list=not form.get("offered"),
    )
    return redirect(request, f"/referrals/{referral.pk}", _("Sent. A place is held; the charity has been told."))


def _consent(session: Session, actor: Actor, need: Need, organization_id: int, form: FormData) -> None:
    """Record in the same tap that the resident agrees to the next receiver (PIPL art. 23: each one anew)."""
    resident = session.get_one(Resident, session.get_one(Case, need.case_id).resident_id)
    given = fill(form, ConsentInput, purpose=ConsentPurpose.referral, organization_id=organization_id).model
    if given is not None:
        give_consent(session, actor, resident, **given.model_dump())


@router.post("/needs/{need_id}/gap")
def gap(request: Request, session: WriteSession, actor: CurrentActor, need_id: int, form: Form) -> Response:
    """Report that no project fits, so that the next call for projects knows."""
    need = get_need(session, actor, need_id)
    noted = report_gap(session, actor, need)
    words = _("Reported. It counts in the supply and demand table.") if noted else _("There is a project that fits.")
    return redirect(request, f"/needs/{need_id}/matches", words)


@router.post("/needs/{need_id}/withdraw")
def withdraw(request: Request, session: WriteSession, actor: CurrentActor, need_id: int, form: Form) -> Response:
    need = get_need(session, actor, need_id)
    cases.withdraw_need(session, actor, need)
    close_gap(session, need)
    return redirect(request, f"/cases/{need.case_id}", _("The need is withdrawn."))
