"""Proposals and gaps of a need with the past answers of referrals: what every room above asks matchmaking for."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.models import Need
from tuoju.matchmaking import gaps, profiles, proposals
from tuoju.matchmaking.models import Gap
from tuoju.matchmaking.proposals import SHOWN, Proposal
from tuoju.referrals.past_answers import answers_of_projects, answers_to_need
from tuoju_matching.profiles import ProjectProfile
from tuoju_matching.ranker import Ranked
from tuoju_projects.models import Project


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
    """Where a project stands among all that may take a need; None if it may not, or refused it for good."""
    past = answers_to_need(session, need)
    return proposals.rank_of(session, need, project_id, past, answers_of_projects, prices=prices)


def project_profiles(session: Session, projects: Sequence[Project], today: date) -> list[ProjectProfile]:
    """The profiles of projects, with their rules and record."""
    answers = answers_of_projects(session, [project.pk for project in projects])
    return profiles.project_profiles(session, projects, today, answers)


def report_gap(session: Session, actor: Actor, need: Need) -> Gap | None:
    """A worker reports that no project fits; as note_gap. Raises NotPermitted."""
    require(actor, Action.send_referrals)
    return note_gap(session, need)


def note_gap(session: Session, need: Need) -> Gap | None:
    """Record a gap if no project is left to try for an open need; None if one is."""
    return gaps.note_gap(session, need, answers_to_need(session, need), answers_of_projects)
