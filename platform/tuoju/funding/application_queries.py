"""Reading applications: those of one's organization, and for the office which there are."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, col, func, select

from tuoju.accounts.permissions import Action, Actor, may, require, visible_regions
from tuoju.funding.application_inputs import (
    BLIND,
    INPUTS,
    HowManyInput,
    HowMuchInput,
    Part,
    WhoInput,
)
from tuoju.funding.application_models import Application, ApplicationVersion
from tuoju.funding.budget import Excess, excesses, sums_of
from tuoju.funding.call_queries import with_other_hat
from tuoju.funding.call_rules import call_rules_for
from tuoju.funding.errors import ApplicationNotFound
from tuoju.funding.models import Call
from tuoju.regions.calendar import china_day
from tuoju_projects.blind_text import Finding, Identity, find_clues
from tuoju_projects.call_rules import CallRules
from tuoju_projects.funding_status import ApplicationState
from tuoju_projects.models import Organization, Project
from tuoju_text.inputs import Input

MAX_LISTED = 500
_NAME_END = re.compile(r"[\s,，、:：;；]+")
"""A line on a colleague begins with the name."""


def get_application(session: Session, actor: Actor, application_id: int) -> Application:
    """An application of the actor's organization, or one that the office of the region typed in from paper.

    Raises NotPermitted, ApplicationNotFound (also for one out of scope).
    """
    if not may(actor, Action.manage_calls):
        require(actor, Action.apply_for_funding)
    query = select(Application).where(Application.id == application_id)
    if actor.organization_id is not None:
        query = query.where(Application.organization_id == actor.organization_id)
    else:
        query = query.where(
            col(Application.is_from_paper),
            col(Application.region_code).in_(visible_regions(session, actor)),
            col(Application.call_id).not_in(with_other_hat(actor)),
        )
    application = session.exec(query).first()
    if application is None:
        raise ApplicationNotFound
    return application


def find_own(session: Session, actor: Actor) -> list[Application]:
    """The applications of the actor's organization, latest first. Raises NotPermitted."""
    require(actor, Action.apply_for_funding)
    query = select(Application).where(Application.organization_id == actor.organization_id)
    return list(session.exec(query.order_by(col(Application.id).desc()).limit(MAX_LISTED)))


def applications_to(session: Session, actor: Actor, call: Call) -> list[tuple[Application, str]]:
    """The applications to a call with the name of each organization, for its managers; not what they say, and no draft
    that an organization has not submitted. Raises NotPermitted."""
    require(actor, Action.manage_calls)
    query = (
        select(Application, Organization.name)
        .join(Organization, col(Organization.id) == Application.organization_id)
        .where(
            Application.call_id == call.pk,
            (col(Application.state) != ApplicationState.draft) | col(Application.is_from_paper),
        )
        .order_by(col(Application.receipt), col(Application.id))
    )
    return list(session.exec(query.limit(MAX_LISTED)))


def get_application_of_call(session: Session, actor: Actor, application_id: int) -> Application:
    """An application to a call of the manager's region, for who assigns it; not to read it.

    Raises NotPermitted, ApplicationNotFound.
    """
    require(actor, Action.manage_calls)
    query = select(Application).where(
        Application.id == application_id,
        col(Application.region_code).in_(visible_regions(session, actor)),
        col(Application.call_id).not_in(with_other_hat(actor)),
    )
    application = session.exec(query).first()
    if application is None:
        raise ApplicationNotFound
    return application


def names_of_applicants(session: Session, applications: Sequence[Application]) -> dict[int, str]:
    """The names of the organizations that applied, by their ids."""
    wanted = {application.organization_id for application in applications}
    query = select(col(Organization.id), Organization.name).where(col(Organization.id).in_(wanted))
    return {organization_id: name for organization_id, name in session.exec(query) if organization_id is not None}


def count_live(session: Session, call: Call, organization_id: int) -> int:
    """How many applications of an organization to a call are not withdrawn."""
    query = select(func.count()).where(
        Application.call_id == call.pk,
        Application.organization_id == organization_id,
        Application.state != ApplicationState.withdrawn,
    )
    return session.exec(query).one()


def content_of(application: Application) -> dict[str, dict[str, Any]]:
    """What was typed, by part; `get_application` has said who may read it."""
    content: dict[str, dict[str, Any]] = json.loads(application.content)
    return content


def saved_part(content: Mapping[str, Any], part: Part) -> Input | None:
    """A saved part as its input; None if it is missing, or no longer valid."""
    if part not in content:
        return None
    try:
        return INPUTS[part].model_validate(content[part])
    except ValidationError:
        return None


def missing_parts(content: Mapping[str, Any]) -> list[Part]:
    """The parts without which an application cannot be submitted."""
    return [part for part in Part if saved_part(content, part) is None]


def rules_of(session: Session, call: Call) -> CallRules:
    """The rules that the call keeps."""
    if call.rules:
        return CallRules.thawed(call.rules)
    return call_rules_for(session, call.region_code, china_day(call.made_at))


def excesses_of(session: Session, call: Call, content: Mapping[str, Any]) -> list[Excess]:
    """The caps of the call that the budget breaks."""
    part = saved_part(content, Part.how_much)
    return excesses(sums_of(part.budget), rules_of(session, call)) if isinstance(part, HowMuchInput) else []


def ask_in(content: str) -> int:
    """What the budget of a stored version asks of the award, in fen; 0 without one."""
    part = saved_part(json.loads(content), Part.how_much)
    return sums_of(part.budget).award if isinstance(part, HowMuchInput) else 0


def person_times_of(content: Mapping[str, Any]) -> int:
    part = saved_part(content, Part.how_many)
    return part.person_times if isinstance(part, HowManyInput) else 0


def clues_of(session: Session, application: Application, content: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What in the blind parts tells who wrote them."""
    blind = {f"{part}.{name}": text for part in BLIND for name, text in _texts(content.get(part, {}))}
    return find_clues(blind, identity_of(session, application, content))


def identity_of(session: Session, application: Application, content: Mapping[str, Any]) -> Identity:
    """What the registry and the open part know of the applicant."""
    organization = session.get_one(Organization, application.organization_id)
    who = saved_part(content, Part.who)
    staff: tuple[str, ...] = ()
    if isinstance(who, WhoInput):
        names = (_NAME_END.split(line.strip())[0] for line in who.staff.splitlines())
        staff = tuple(dict.fromkeys(name for name in (who.contact_name, *names) if name))
    return Identity(name=organization.name, staff=staff)


def _texts(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    texts = [(name, value) for name, value in values.items() if isinstance(value, str)]
    return texts + [("lines", line["what"]) for line in values.get("lines", []) if isinstance(line, dict)]


def last_version(session: Session, application: Application) -> ApplicationVersion | None:
    """What was submitted last."""
    query = select(ApplicationVersion).where(ApplicationVersion.application_id == application.pk)
    return session.exec(query.order_by(col(ApplicationVersion.number).desc()).limit(1)).first()


def experience_of(session: Session, organization_id: int) -> str:
    """The organization's projects in the registry, a line each, as an application starts from them."""
    query = select(Project).where(Project.organization_id == organization_id).order_by(col(Project.starts_on).desc())
    return "\n".join(
        f"{project.starts_on:%Y-%m}–{project.ends_on:%Y-%m} {project.name}" for project in session.exec(query.limit(10))
    )
