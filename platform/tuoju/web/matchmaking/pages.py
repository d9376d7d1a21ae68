"""Pages of needs: the list, the projects that fit a need and why, why another does not, and the referral."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.request_limits import Expense
from tuoju.cases import service as cases
from tuoju.cases.models import Case, Need, Urgency
from tuoju.cases.queries import case_origin, count_needs, find_needs, get_need
from tuoju.cases.status import NeedState
from tuoju.cases.views import need_seen
from tuoju.database.records import now
from tuoju.matchmaking.gaps import close_gap
from tuoju.matchmaking.past_answers import refused_for_good
from tuoju.matchmaking.profiles import why_not
from tuoju.matchmaking.proposals import Proposal
from tuoju.plans.queries import find_line_awaiting_consent, prices_for
from tuoju.referrals.doubles import doubles_of, send_once
from tuoju.referrals.past_answers import answers_to_need
from tuoju.referrals.proposing import explain_no_project, propose, report_gap
from tuoju.referrals.queries import find_referrals
from tuoju.referrals.views import asked_for
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name, names
from tuoju.residents.consents import receivers_of, record_consent
from tuoju.residents.inputs import ConsentInput
from tuoju.residents.models import ConsentPurpose, Resident, TextSource
from tuoju.residents.views import resident_seen, residents_seen
from tuoju.web.kit.bounds import Id, OptionalQueryId, PathId
from tuoju.web.kit.charts import percent
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.disclosure import stop_for_disclosure
from tuoju.web.kit.forms import fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.kit.safety import stop_for_danger, texts_of
from tuoju.web.kit.views import FilterLink
from tuoju.web.matchmaking.double_stop import MAX_REASON_LENGTH, doubles_in_words, stop_for_double
from tuoju.web.matchmaking.views import (
    ChancesShown,
    EarlierReferral,
    MatchCard,
    MatchesPage,
    NeedListPage,
    NeedRow,
    NeedSummary,
    Preview,
    WhyNotAnswer,
)
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.reasons import NoProjectReasons, no_project_in_words, obstacles_in_words, proposal_in_words
from tuoju_matching.closeness import first_of_equals, is_any_close
from tuoju_projects.errors import ProjectNotFound
from tuoju_projects.models import Project
from tuoju_projects.queries import get_project, open_project_names, organizations_by_id, projects_by_id
from tuoju_text.inputs import Input

router = APIRouter()


@router.get("/needs", dependencies=[needs(Action.read_cases)])
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: Annotated[NeedState, Query()] = NeedState.open,
    category: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """The needs in one state that the actor may see."""
    today = china_day(now())
    needs = find_needs(session, actor, state=state, category=category)
    places = names(session, {case.region_code for _need, case, _resident in needs})
    rows = [_need_row(actor, need, resident, places[case.region_code], today) for need, case, resident in needs]
    filters = _state_filters(count_needs(session, actor), state)
    return render(request, NeedListPage(filters=filters, state=state, category=category, rows=rows))


def _need_row(actor: Actor, need: Need, resident: Resident, place: str, today: date) -> NeedRow:
    person = resident_seen(actor, resident, today)
    waits = need.state is NeedState.open
    return NeedRow(
        need_id=need.pk,
        category=need.category,
        urgency=need.urgency,
        state=need.state,
        text=need_seen(actor, need).text,
        name=person.name,
        age=person.age,
        place=place,
        opened_at=need.opened_at,
        waiting_days=(today - china_day(need.opened_at)).days if waits else None,
    )


def _state_filters(counts: Mapping[NeedState, int], current: NeedState) -> list[FilterLink]:
    """A link for the current state and for every state that has needs."""
    return [
        FilterLink(f"{label('need_state', state)} {counts.get(state, 0)}", f"/needs?state={state}", state is current)
        for state in NeedState
        if counts.get(state) or state is current
    ]


@router.get("/needs/{need_id}/matches", dependencies=[needs(Action.read_cases), costs(Expense.search)])
def matches(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    need_id: PathId,
    project: OptionalQueryId = None,
) -> Response:
    """The projects that fit, best first; with `project`, also why that one does not."""
    need = get_need(session, actor, need_id)
    case = session.get_one(Case, need.case_id)
    prices = prices_for(session, case.region_code)
    proposal = propose(session, need, prices=prices)
    projects = projects_by_id(session, {ranked.project.id for ranked in proposal.ranked})
    may_refer = may(actor, Action.send_referrals) and need.state is NeedState.open
    page = MatchesPage(
        need=_summary(session, actor, need, case),
        preview=_preview(session, need, case) if may_refer else None,
        doubles=doubles_in_words(doubles_of(session, need)) if may_refer else [],
        earlier=_earlier_referrals(session, actor, need),
        planned_project=_planned_project(session, need, projects),
        ranking_number=proposal.ranking.number,
        compares_meaning=bool(proposal.profile.meaning),
        matches=_match_cards(session, need, case, proposal, projects),
        is_any_close=is_any_close(proposal.ranked),
        may_refer=may_refer,
        may_override=need.urgency is Urgency.life_threatening,
        other_projects=[(pk, name) for pk, name in open_project_names(session) if pk not in projects],
        answer=_why_not(session, actor, need, project, prices) if project is not None else None,
        no_project=None if proposal.ranked else _no_project(session, actor, need),
    )
    return render(request, page)


def _summary(session: Session, actor: Actor, need: Need, case: Case) -> NeedSummary:
    person = residents_seen(session, actor, {case.resident_id}, china_day(now()))[case.resident_id]
    return NeedSummary(
        need_id=need.pk,
        case_id=case.pk,
        resident_id=case.resident_id,
        name=person.name,
        age=person.age,
        place=full_name(session, case.region_code),
        category=need.category,
        urgency=need.urgency,
        state=need.state,
        text=need_seen(actor, need).text,
        wished_times=need.wished_times,
        constraints=need.constraints,
    )


def _preview(session: Session, need: Need, case: Case) -> Preview:
    seen = asked_for(session, need, session.get_one(Resident, case.resident_id), case.region_code)
    years = _("%(band)s years") % {"band": seen.person.age_band} if seen.person.age_band else ""
    return Preview(
        person=" · ".join(filter(None, (seen.person.name, years))),
        place=full_name(session, seen.region_code),
        text=seen.need.text,
        is_masked=seen.need.text != need.text,
        wished_times=" ".join(label("wished_time", code) for code in seen.need.wished_times),
        constraints=" ".join(label("constraint", code) for code in seen.need.constraints),
    )


def _earlier_referrals(session: Session, actor: Actor, need: Need) -> list[EarlierReferral]:
    rows = find_referrals(session, actor, need_id=need.pk)
    return [
        EarlierReferral(referral.pk, project.name, referral.state, referral.rejection_reason)
        for referral, _need, _case, _resident, project, _organization in rows
    ]


def _planned_project(session: Session, need: Need, proposed: Mapping[int, Project]) -> str:
    """The proposed project that an approved plan waits to send the need to."""
    line = find_line_awaiting_consent(session, need.pk) if need.state is NeedState.open else None
    project = proposed.get(line.project_id) if line is not None and line.project_id is not None else None
    return project.name if project is not None else ""


def _match_cards(
    session: Session, need: Need, case: Case, proposal: Proposal, projects: Mapping[int, Project]
) -> list[MatchCard]:
    sentences = proposal_in_words(session, proposal)
    organizations = organizations_by_id(session, {project.organization_id for project in projects.values()})
    allowed = receivers_of(session, [case.resident_id]).allowed(case.resident_id, need.pk, need.category)
    cards = []
    for ranked, equal_to in zip(proposal.ranked, first_of_equals(proposal.ranked), strict=True):
        project = projects[ranked.project.id]
        chances = proposal.chances.get(project.pk)
        card = MatchCard(
            rank=ranked.rank,
            nearly_equal_to=equal_to,
            project_id=project.pk,
            project_name=project.name,
            organization_id=project.organization_id,
            organization_name=organizations[project.organization_id].name,
            fit=percent(ranked.fit),
            places_left=project.places_left,
            places_stated_at=project.places_stated_at,
            reasons=sentences.reasons[project.pk],
            chances=ChancesShown(percent(chances.acceptance), percent(chances.met)) if chances else None,
            lifts=sentences.lifts.get(project.pk, []),
            consented=project.organization_id in allowed,
        )
        cards.append(card)
    return cards


def _why_not(session: Session, actor: Actor, need: Need, project_id: int, prices: Mapping[int, float]) -> WhyNotAnswer:
    """Raises ProjectNotFound."""
    project = get_project(session, project_id)
    if obstacles := why_not(session, need, project):
        return WhyNotAnswer(project.name, obstacles_in_words(session, actor, obstacles))
    if project.pk in refused_for_good(answers_to_need(session, need)):
        return WhyNotAnswer(project.name, [], refused=True)
    proposal = propose(session, need, limit=None, prices=prices)
    rank = next((ranked.rank for ranked in proposal.ranked if ranked.project.id == project.pk), None)
    return WhyNotAnswer(
        project.name, [], rank=rank, lifts=proposal_in_words(session, proposal).lifts.get(project.pk, [])
    )


def _no_project(session: Session, actor: Actor, need: Need) -> NoProjectReasons | None:
    answer = explain_no_project(session, need)
    return no_project_in_words(session, actor, answer) if answer else None


class ReferInput(Input):
    """Where a need is referred to."""

    project_id: Id


@router.post("/needs/{need_id}/referrals", dependencies=[needs(Action.send_referrals, Action.record_cases)])
def refer(request: Request, session: WriteSession, actor: CurrentActor, need_id: PathId, form: Form) -> Response:
    """Send the need to a project; with `given_by` the resident's consent is recorded in the same step."""
    need = get_need(session, actor, need_id)
    choice = fill(form, ReferInput).model
    if choice is None:
        raise ProjectNotFound(0)
    project = get_project(session, choice.project_id)
    origin = case_origin(session.get_one(Case, need.case_id), TextSource.need)
    if stop := stop_for_danger(
        request, session, actor, form, texts_of(form, "note", "repeat_reason"), origin, is_referral=True
    ):
        return stop
    resident = session.get_one(Resident, origin.resident_id)
    if stop := stop_for_disclosure(request, session, actor, form, ("note",), resident, need.category):
        return stop
    reason = str(form.get("repeat_reason", ""))[:MAX_REASON_LENGTH]
    if stop := stop_for_double(request, form, doubles_of(session, need, project), reason):
        return stop
    if form.get("given_by"):
        _record_consent(session, actor, need, project.organization_id, form)
    referral = send_once(
        session,
        actor,
        need,
        project,
        repeat_reason=reason,
        note=str(form.get("note", ""))[:500],
        prices=prices_for(session, session.get_one(Case, need.case_id).region_code),
        from_list=not form.get("offered"),
    )
    return redirect(
        request, f"/referrals/{referral.pk}", _("Sent. A place is held, and the charity has been notified.")
    )


def _record_consent(session: Session, actor: Actor, need: Need, organization_id: int, form: FormData) -> None:
    """Record that the resident agrees to this receiver (PIPL art. 23: every receiver needs its own consent)."""
    resident = session.get_one(Resident, session.get_one(Case, need.case_id).resident_id)
    consent = fill(form, ConsentInput, purpose=ConsentPurpose.referral, organization_id=organization_id).model
    if consent is not None:
        record_consent(session, actor, resident, consent)


@router.post("/needs/{need_id}/gap", dependencies=[needs(Action.send_referrals, Action.record_cases)])
def gap(request: Request, session: WriteSession, actor: CurrentActor, need_id: PathId, form: Form) -> Response:
    """Report that no project fits, so that the next call for projects knows."""
    need = get_need(session, actor, need_id)
    reported = report_gap(session, actor, need)
    words = (
        _("Reported. It now counts in the supply and demand table.") if reported else _("There is a project that fits.")
    )
    return redirect(request, f"/needs/{need_id}/matches", words)


@router.post("/needs/{need_id}/withdraw", dependencies=[needs(Action.record_cases)])
def withdraw(request: Request, session: WriteSession, actor: CurrentActor, need_id: PathId, form: Form) -> Response:
    """The resident no longer wants the help."""
    need = get_need(session, actor, need_id)
    cases.withdraw_need(session, actor, need)
    close_gap(session, need)
    return redirect(request, f"/cases/{need.case_id}", _("The need is withdrawn."))
