"""API of needs: who waits, which projects fit and why, and why another does not."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action
from tuoju.accounts.request_limits import Expense
from tuoju.cases import service
from tuoju.cases.models import Case, Need, Urgency
from tuoju.cases.queries import find_needs, get_need
from tuoju.cases.status import NeedState
from tuoju.matchmaking import gaps
from tuoju.matchmaking.profiles import why_not
from tuoju.matchmaking.proposals import Proposal
from tuoju.plans.queries import prices_for
from tuoju.referrals import proposing
from tuoju.referrals.views import asked_for
from tuoju.regions.queries import names
from tuoju.residents.consents import receivers_of
from tuoju.residents.models import Resident
from tuoju.web.kit.bounds import GREATEST, PathId
from tuoju.web.kit.conditional_requests import IfMatch, represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.representations.cases import GapReported, NeedShown, WaitingNeed, need_shown, waiting_need
from tuoju.web.matchmaking.representations import (
    Contribution,
    Matches,
    MatchProposed,
    Obstacle,
    Preview,
    PreviewInput,
    WhyNot,
)
from tuoju.words.reasons import obstacles_in_words, obstacles_seen, proposal_in_words
from tuoju_projects.queries import get_project, organizations_by_id, projects_by_id

router = api_router("/needs", "Needs and matches")


@router.get("", summary="List needs, most urgent and longest waiting first", dependencies=[needs(Action.read_cases)])
def list_needs(
    session: ReadSession,
    actor: CurrentActor,
    paging: PageOf,
    state: NeedState = NeedState.open,
    category: Annotated[
        str, Query(pattern=r"^([A-Z]\d{0,2})?$", description="A service category or its class.", examples=["A"])
    ] = "",
) -> Page[WaitingNeed]:
    """The needs in your region. Needs with `state=open` are waiting."""
    after = None
    if paging.after:
        urgency, opened_at, need_id = paging.after
        after = (Urgency(urgency), datetime.fromisoformat(opened_at), int(need_id))
    rows = find_needs(session, actor, state=state, category=category, after=after, limit=paging.fetch)
    shown, following = paging.take(rows, lambda row: (row[0].urgency, row[0].opened_at.isoformat(), row[0].pk))
    places = names(session, {case.region_code for _need, case, _resident in shown})
    return Page(items=[waiting_need(row, actor, places) for row in shown], next=following)


@router.get(
    "/{need_id}",
    summary="Get a need",
    response_model=NeedShown,
    responses=problems(404),
    dependencies=[needs(Action.read_cases)],
)
def show_need(session: ReadSession, actor: CurrentActor, need_id: PathId) -> Response:
    """A need with its text."""
    need = get_need(session, actor, need_id)
    return represent(need_shown(need, actor), version=need.version)


@router.get(
    "/{need_id}/matches",
    summary="List the projects that fit a need, best first",
    responses=problems(404),
    dependencies=[needs(Action.read_cases), costs(Expense.search)],
)
def list_matches(
    session: ReadSession,
    actor: CurrentActor,
    need_id: PathId,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Matches:
    """Open projects that can take the need, each with its reasons in the language of `Accept-Language` and what each
    adds to the score. The system proposes, a person chooses."""
    need = get_need(session, actor, need_id)
    case = session.get_one(Case, need.case_id)
    proposal = proposing.propose(session, need, limit=limit, prices=prices_for(session, case.region_code))
    return Matches(need_id=need.pk, ranker=proposal.ranking.signature, items=_proposed(session, need, case, proposal))


def _proposed(session: Session, need: Need, case: Case, proposal: Proposal) -> list[MatchProposed]:
    projects = projects_by_id(session, {ranked.project.id for ranked in proposal.ranked})
    organizations = organizations_by_id(session, {project.organization_id for project in projects.values()})
    sentences = proposal_in_words(session, proposal)
    allowed = receivers_of(session, [case.resident_id]).allowed(case.resident_id, need.pk, need.category)
    matches = []
    for ranked in proposal.ranked:
        project = projects[ranked.project.id]
        chances = proposal.chances.get(project.pk)
        match = MatchProposed(
            rank=ranked.rank,
            project_id=project.pk,
            project_name=ranked.project.name,
            organization_id=project.organization_id,
            organization_name=organizations[project.organization_id].name,
            places_left=ranked.project.places_left,
            score=ranked.score,
            fit=ranked.fit,
            chance_accepted=chances.acceptance if chances else None,
            chance_met=chances.met if chances else None,
            reasons=sentences.reasons[project.pk],
            would_rank_higher=sentences.lifts.get(project.pk, []),
            contributions=[Contribution.model_validate(part) for part in ranked.contributions if part.weight],
            may_be_told=project.organization_id in allowed,
        )
        matches.append(match)
    return matches


@router.get(
    "/{need_id}/why-not",
    summary="Get why a project cannot take a need",
    responses=problems(404),
    dependencies=[needs(Action.read_cases), costs(Expense.search)],
)
def show_why_not(
    session: ReadSession,
    actor: CurrentActor,
    need_id: PathId,
    project: Annotated[int, Query(ge=1, le=GREATEST, description="The id of the project.")],
) -> WhyNot:
    """Every eligibility rule that is not met, each with the smallest change that would help."""
    need = get_need(session, actor, need_id)
    obstacles = obstacles_seen(actor, why_not(session, need, get_project(session, project)))
    sentences = obstacles_in_words(session, actor, obstacles)
    return WhyNot(
        need_id=need.pk,
        project_id=project,
        eligible=not obstacles,
        obstacles=[
            Obstacle(code=obstacle.kind, wanted=list(obstacle.wanted), actual=obstacle.actual, detail=sentence)
            for obstacle, sentence in zip(obstacles, sentences, strict=True)
        ],
    )


@router.post(
    "/{need_id}/preview",
    summary="Preview what an organization sees before it accepts",
    responses=problems(404),
    dependencies=[needs(Action.send_referrals)],
)
def preview_need(session: ReadSession, actor: CurrentActor, need_id: PathId, inputs: PreviewInput) -> Preview:
    """The need and your note as the organization would see them. Nothing is sent and nothing is stored."""
    need = get_need(session, actor, need_id)
    case = session.get_one(Case, need.case_id)
    resident = session.get_one(Resident, case.resident_id)
    asked = asked_for(session, need, resident, case.region_code, inputs.note)
    return Preview.of(asked, names(session, [asked.region_code]))


@router.post(
    "/{need_id}/gap",
    summary="Report that no project can meet a need",
    responses=problems(404),
    dependencies=[needs(Action.send_referrals, Action.record_cases)],
)
def report_gap(session: WriteSession, actor: CurrentActor, need_id: PathId) -> GapReported:
    """Reports a gap to the township and the funders. If a project can still take the need, nothing is reported.
    Reporting twice gives one gap."""
    need = get_need(session, actor, need_id)
    return GapReported(need_id=need.pk, reported=proposing.report_gap(session, actor, need) is not None)


@router.post(
    "/{need_id}/withdraw",
    summary="Withdraw a need",
    response_model=NeedShown,
    responses=problems(404, 409, 412),
    dependencies=[needs(Action.send_referrals, Action.record_cases)],
)
def withdraw_need(session: WriteSession, actor: CurrentActor, need_id: PathId, match: IfMatch) -> Response:
    """For a need that the resident no longer wants. Possible only while the need is open."""
    need = get_need(session, actor, need_id)
    match.check(need.version)
    service.withdraw_need(session, actor, need)
    gaps.close_gap(session, need)
    return represent(need_shown(need, actor), version=need.version)
