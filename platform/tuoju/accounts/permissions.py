"""Roles x actions, and the region or organization each acts in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import Role
from tuoju.regions.queries import within


class Action(StrEnum):
    """What a role may include; ROLE_ACTIONS says which role includes what."""

    record_residents = "record_residents"
    read_residents = "read_residents"
    reveal_residents = "reveal_residents"
    record_cases = "record_cases"
    read_cases = "read_cases"
    read_need_texts = "read_need_texts"
    send_referrals = "send_referrals"
    review_overrides = "review_overrides"
    answer_referrals = "answer_referrals"
    read_referrals = "read_referrals"
    record_visits = "record_visits"
    state_places = "state_places"
    manage_projects = "manage_projects"
    read_figures = "read_figures"
    decide_cases = "decide_cases"
    keep_funds = "keep_funds"
    hand_in_summaries = "hand_in_summaries"
    accept_summaries = "accept_summaries"
    read_summaries = "read_summaries"
    read_plans = "read_plans"
    make_plans = "make_plans"
    approve_plans = "approve_plans"
    read_ranker = "read_ranker"
    manage_ranker = "manage_ranker"
    manage_policies = "manage_policies"
    manage_accounts = "manage_accounts"
    manage_deliveries = "manage_deliveries"
    read_audit = "read_audit"


_FIELD_WORK = frozenset(
    {
        Action.record_residents,
        Action.read_residents,
        Action.reveal_residents,
        Action.record_cases,
        Action.decide_cases,
        Action.keep_funds,
        Action.read_cases,
        Action.read_need_texts,
        Action.send_referrals,
        Action.read_referrals,
        Action.read_figures,
        Action.hand_in_summaries,
        Action.read_summaries,
    }
)

ROLE_ACTIONS: Mapping[Role, frozenset[Action]] = {
    Role.social_worker: _FIELD_WORK,
    Role.township_officer: _FIELD_WORK | {Action.review_overrides, Action.accept_summaries},
    Role.charity_staff: frozenset(
        {
            Action.answer_referrals,
            Action.read_referrals,
            Action.read_need_texts,
            Action.record_visits,
            Action.state_places,
        }
    ),
    # A program manager steers by figures and drills down to masked rows; names, and what people said of
    # themselves, stay with the field and with the charity they were sent to.
    Role.program_manager: frozenset(
        {
            Action.read_cases,
            Action.read_referrals,
            Action.read_figures,
            Action.manage_projects,
            Action.read_plans,
            Action.make_plans,
            Action.approve_plans,
            Action.read_ranker,
            Action.accept_summaries,
            Action.read_summaries,
        }
    ),
    Role.administrator: frozenset(
        {
            Action.manage_accounts,
            Action.manage_deliveries,
            Action.read_audit,
            Action.manage_projects,
            Action.manage_policies,
            Action.read_ranker,
            Action.manage_ranker,
        }
    ),
}


LINK_ACTIONS = frozenset({Action.answer_referrals, Action.read_need_texts, Action.record_visits})
"""What a link allows, for its one referral only."""


@dataclass(frozen=True)
class Actor:
    """The signed-in user as the rules see them."""

    user_id: int
    display_name: str
    role: Role
    region_code: str | None = None
    organization_id: int | None = None
    language: str = "zh_CN"


@dataclass(frozen=True)
class LinkHolder:
    """Whoever answers through a link: no account and no lists, only one referral of one organization. `name` is who
    they say they are. Only verbs and queries with `LinkHolder` in their types take one."""

    link_id: int
    referral_id: int
    organization_id: int
    name: str = ""

    @property
    def user_id(self) -> int | None:
        """No account."""
        return None


Principal = Actor | LinkHolder


def may(actor: Principal, action: Action) -> bool:
    """Whether the role of the actor, or the link, includes the action. It says nothing about the scope."""
    return action in (LINK_ACTIONS if isinstance(actor, LinkHolder) else ROLE_ACTIONS[actor.role])


def require(actor: Principal, action: Action) -> None:
    """Raises NotPermitted if the actor's role, or the link, does not include the action."""
    if not may(actor, action):
        raise NotPermitted(action)


def visible_regions(session: Session, actor: Actor) -> SelectOfScalar[str]:
    """A subquery of the region codes an actor may read in. Raises NotPermitted for one bound to none."""
    if actor.region_code is None:
        raise NotPermitted("region")
    return within(session, actor.region_code)
