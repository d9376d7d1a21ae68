"""What a text finds in each room, within the reader's scope. Everything in scope is looked through; what the reader may
not look for is left out, and the answer says so."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor, may, visible_regions
from tuoju.cases.models import Case
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import in_scope
from tuoju.regions.models import Region
from tuoju.regions.queries import is_current
from tuoju.residents.models import Resident
from tuoju.residents.queries import find_residents, kind_of_search
from tuoju_projects.models import Organization, Project
from tuoju_projects.queries import find_organizations, find_projects
from tuoju_text.cleaning import cleaned
from tuoju_text.initials import has_initials

SHOWN = 8
"""Things of one kind in the answer; their number is told in full."""
MOST = 500
"""People that are counted."""
_NUMBER = re.compile(r"[\dA-Za-z]+(-\d+)+")
_LETTERS = re.compile(r"[A-Za-z]+")


class Part(StrEnum):
    """What is searched."""

    people = "people"
    cases = "cases"
    referrals = "referrals"
    regions = "regions"
    projects = "projects"
    organizations = "organizations"


@dataclass(frozen=True)
class Found:
    """What a text finds; of each kind everything, in the order in which it is shown."""

    people: Sequence[Resident]
    cases: Sequence[Case]
    referrals: Sequence[Referral]
    regions: Sequence[Region]
    projects: Sequence[Project]
    organizations: Sequence[Organization]
    left_out: frozenset[Part]
    """What was not searched, since the reader may not look for it."""


def find(session: Session, actor: Actor, text: str) -> Found:
    """What the text finds: people by part of the name, initials, or digits of their number or telephone; cases and
    referrals by their number; villages, projects and organizations by their name. The reading of people is audited and
    paid for by the caller (residents.service.search)."""
    typed = cleaned(text).strip()
    left_out = {part for part, action in _ACTIONS.items() if not may(actor, action)}
    if actor.region_code is None:
        left_out.add(Part.regions)
    by_number = bool(_NUMBER.fullmatch(typed))
    by_name = bool(typed) and not any(sign.isdigit() for sign in typed)
    seeks_people = Part.people not in left_out and kind_of_search(typed) is not None and not by_number
    return Found(
        people=find_residents(session, actor, text=typed, limit=MOST) if seeks_people else [],
        cases=_cases(session, actor, typed) if by_number and Part.cases not in left_out else [],
        referrals=_referrals(session, actor, typed) if by_number and Part.referrals not in left_out else [],
        regions=_regions(session, actor, typed) if by_name and Part.regions not in left_out else [],
        projects=_projects(session, actor, typed) if by_name else [],
        organizations=find_organizations(session, text=typed) if by_name and actor.organization_id is None else [],
        left_out=frozenset(left_out),
    )


_ACTIONS = {
    Part.people: Action.read_residents,
    Part.cases: Action.read_cases,
    Part.referrals: Action.read_referrals,
    Part.projects: Action.read_projects,
}


def _cases(session: Session, actor: Actor, number: str) -> Sequence[Case]:
    query = select(Case).where(
        col(Case.number).contains(number, autoescape=True), col(Case.region_code).in_(visible_regions(session, actor))
    )
    return session.exec(query.order_by(col(Case.id).desc()).limit(MOST)).all()


def _referrals(session: Session, actor: Actor, number: str) -> Sequence[Referral]:
    query = select(Referral).where(col(Referral.number).contains(number, autoescape=True), in_scope(session, actor))
    return session.exec(query.order_by(col(Referral.id).desc()).limit(MOST)).all()


def _regions(session: Session, actor: Actor, name: str) -> Sequence[Region]:
    """The divisions in scope by a part of their name, or by its initials."""
    query = select(Region).where(col(Region.code).in_(visible_regions(session, actor)), is_current())
    if _LETTERS.fullmatch(name):
        regions = session.exec(query.order_by(Region.code))
        return [region for region in regions if has_initials(region.name, name)]
    return session.exec(query.where(col(Region.name).contains(name, autoescape=True)).order_by(Region.code)).all()


def _projects(session: Session, actor: Actor, name: str) -> Sequence[Project]:
    """All projects by a part of their name, or by its initials; for an organization its own."""
    if _LETTERS.fullmatch(name):
        projects = find_projects(session, organization_id=actor.organization_id)
        return [project for project in projects if has_initials(project.name, name)]
    return find_projects(session, text=name, organization_id=actor.organization_id)
