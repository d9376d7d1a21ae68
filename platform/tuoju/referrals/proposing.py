"""Matchmaking with the past answers of referrals read in: proposals, kept matches and gaps of a need."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.models import Need
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.matchmaking import gaps, profiles, proposals
from tuoju.matchmaking.models import Gap, Match
from tuoju.matchmaking.past_answers import refused_for_good
from tuoju.matchmaking.proposals import SHOWN, Proposal, features_by_name
from tuoju.referrals.past_answers import answers_of_projects, answers_to_need
from tuoju.regions.calendar import china_day
from tuoju_matching.profiles import ProjectProfile
from tuoju_matching.ranker import Ranked
from tuoju_matching.why_not import WhyNot, why_not
from tuoju_projects.models import Project
from tuoju_projects.queries import open_projects


def propose(
    session: Session,
    need: Need,
    *,
    limit: int | None = SHOWN,
    prices: Mapping[int, float] | None = None,
    exclude_tried: bool = False,
) -> Proposal:
    """The best projects for a need, as `matchmaking.proposals.propose`."""
    past = answers_to_need(session, need)
    return proposals.propose(
        session, need, past, answers_of_projects, limit=limit, prices=prices, exclude_tried=exclude_tried
    )


def rank_of(
    session: Session, need: Need, project_id: int, *, prices: Mapping[int, float] | None = None
) -> Ranked | None:
    """The rank of a project among all that may take a need; None if it may not, or refused it for good."""
    past = answers_to_need(session, need)
    return proposals.rank_of(session, need, project_id, past, answers_of_projects, prices=prices)


def keep_match(
    session: Session, need: Need, project: Project, prices: Mapping[int, float] | None, *, from_list: bool
) -> Match | None:
    """Store what the ranker said of the chosen project, so that the choice can be explained later.

    If a person chose from the list (`from_list`), the whole list is stored too, for the ranker to learn from. Returns
    None if the project may not take the need, or refused it for good.
    """
    with system_scope(session, Escape.past_answers):
        past = answers_to_need(session, need)
        proposal = proposals.propose(session, need, past, answers_of_projects, prices=prices)
        shown = next((ranked for ranked in proposal.ranked if ranked.project.id == project.pk), None)
        ranked = shown or proposals.rank_of(session, need, project.pk, past, answers_of_projects, prices=prices)
    if ranked is None:
        return None
    match = Match(
        need_id=need.pk,
        project_id=project.pk,
        rank=ranked.rank,
        score=ranked.score,
        reasons=[
            {"feature": part.feature.value, "value": part.value, "weight": part.weight}
            for part in ranked.contributions
            if part.weight
        ],
        features=features_by_name(ranked),
        slate=proposal.slate if from_list and shown else [],
        ranker=proposal.ranking.signature,
    )
    session.add(match)
    session.flush()
    return match


def explain_no_project(session: Session, need: Need) -> WhyNot | None:
    """Why no open project may take a need, and the nearest; None if one may."""
    today = china_day(now())
    projects = profiles.project_profiles(session, open_projects(session, today), today, ())
    return why_not(
        profiles.need_profile(session, need), projects, today, refused_for_good(answers_to_need(session, need))
    )


def project_profiles(session: Session, projects: Sequence[Project], today: date) -> list[ProjectProfile]:
    """The profiles of projects with their rules and past answers, as `matchmaking.profiles.project_profiles`."""
    answers = answers_of_projects(session, [project.pk for project in projects])
    return profiles.project_profiles(session, projects, today, answers)


def report_gap(session: Session, actor: Actor, need: Need) -> Gap | None:
    """Record a gap on request of a worker, as note_gap. Raises NotPermitted."""
    require(actor, Action.send_referrals)
    return note_gap(session, need)


def note_gap(session: Session, need: Need) -> Gap | None:
    """Record a gap if no project is left to try for an open need. Returns the gap, or None if a project is left."""
    return gaps.note_gap(session, need, answers_to_need(session, need), answers_of_projects)
