"""The authorization matrix: action x role x scope. Which fields an action opens stands in `fields.READERS`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts.errors import NotPermitted, OutOfScope
from tuoju.accounts.models import Role
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import is_within, within


class Action(StrEnum):
    """What an account or a link may do. MATRIX says who may do it and how far it reaches."""

    use_application = "use_application"
    keep_own_account = "keep_own_account"
    record_residents = "record_residents"
    read_residents = "read_residents"
    reveal_residents = "reveal_residents"
    record_cases = "record_cases"
    read_cases = "read_cases"
    read_need_texts = "read_need_texts"
    send_referrals = "send_referrals"
    review_overrides = "review_overrides"
    read_alarms = "read_alarms"
    handle_alarms = "handle_alarms"
    answer_complaints = "answer_complaints"
    confirm_outcomes = "confirm_outcomes"
    draw_spot_checks = "draw_spot_checks"
    answer_referrals = "answer_referrals"
    read_referrals = "read_referrals"
    record_visits = "record_visits"
    read_projects = "read_projects"
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
    manage_calls = "manage_calls"
    apply_for_funding = "apply_for_funding"
    screen_applications = "screen_applications"
    review_applications = "review_applications"
    read_policies = "read_policies"
    manage_policies = "manage_policies"
    manage_calendar = "manage_calendar"
    manage_accounts = "manage_accounts"
    manage_subscriptions = "manage_subscriptions"
    manage_deliveries = "manage_deliveries"
    read_audit = "read_audit"
    settle_duplicates = "settle_duplicates"
    supervise_readings = "supervise_readings"
    set_daily_limits = "set_daily_limits"
    approve_erasures = "approve_erasures"


class Scope(StrEnum):
    """How far an action reaches."""

    own = "own"
    """Rows of the account itself."""
    region = "region"
    """The account's region and everything in it; ROLE_LEVELS says at which levels a role's region may be."""
    organization = "organization"
    """Rows of the account's organization, and what was referred to it."""
    referral = "referral"
    """The one referral that a link opens."""
    call = "call"
    """The calls in which the account wears the hat that the action asks for (funding.members)."""
    city = "city"
    """The whole city, whatever the account's region: what everybody who signs in may read."""
    whole_city = "whole_city"
    """The whole city, only for accounts whose region is the topmost one: what they change holds for everybody."""


ROLE_LEVELS: Mapping[Role, tuple[RegionLevel, ...]] = {
    Role.social_worker: (RegionLevel.village, RegionLevel.township),
    Role.society_chair: (RegionLevel.village, RegionLevel.township),
    Role.township_officer: (RegionLevel.township,),
    Role.charity_staff: (),
    Role.program_manager: (RegionLevel.county, RegionLevel.city),
    Role.administrator: (RegionLevel.county, RegionLevel.city),
}
"""The levels at which the region of a role may be; empty for a role that is bound to an organization."""

_AIDE, _CHAIR, _TOWNSHIP = Role.social_worker, Role.society_chair, Role.township_officer
_CHARITY, _MANAGER, _ADMINISTRATOR = Role.charity_staff, Role.program_manager, Role.administrator
_EVERYBODY = tuple(Role)
_FIELD = (_AIDE, _CHAIR, _TOWNSHIP)


def _within_region(*roles: Role) -> dict[Role, Scope]:
    return dict.fromkeys(roles, Scope.region)


_REFERRED = {_CHARITY: Scope.organization}

MATRIX: Mapping[Action, Mapping[Role, Scope]] = {
    Action.use_application: dict.fromkeys(_EVERYBODY, Scope.city),
    Action.keep_own_account: dict.fromkeys(_EVERYBODY, Scope.own),
    Action.record_residents: _within_region(*_FIELD),
    Action.read_residents: _within_region(*_FIELD),
    Action.reveal_residents: _within_region(*_FIELD),
    Action.record_cases: _within_region(*_FIELD),
    # A program manager steers by figures and drills down to masked rows; names, and what people said of
    # themselves, stay with the field and with the charity they were sent to.
    Action.read_cases: _within_region(*_FIELD, _MANAGER),
    Action.read_need_texts: _within_region(*_FIELD) | _REFERRED,
    Action.send_referrals: _within_region(*_FIELD),
    Action.review_overrides: _within_region(_TOWNSHIP),
    # Never a charity or a resident: whoever does the harm may be close to them. A program manager reads those that
    # nobody has handled in time.
    Action.read_alarms: _within_region(*_FIELD, _MANAGER),
    Action.handle_alarms: _within_region(_TOWNSHIP, _MANAGER),
    # Never the charity that served: the resident complains about it.
    Action.answer_complaints: _within_region(*_FIELD, _MANAGER),
    # Never the charity: a service cannot confirm itself. The sample is drawn above the village that is checked.
    Action.confirm_outcomes: _within_region(*_FIELD, _MANAGER),
    Action.draw_spot_checks: _within_region(_TOWNSHIP, _MANAGER),
    Action.answer_referrals: _REFERRED,
    Action.read_referrals: _within_region(*_FIELD, _MANAGER) | _REFERRED,
    Action.record_visits: _REFERRED,
    Action.read_projects: dict.fromkeys(_EVERYBODY, Scope.city),
    Action.state_places: _REFERRED,
    Action.manage_projects: _within_region(_MANAGER, _ADMINISTRATOR),
    Action.read_figures: _within_region(*_FIELD, _MANAGER),
    # An aide decides and confirms payments only where the society has no chair (procedure.chair_decides).
    Action.decide_cases: _within_region(*_FIELD),
    Action.keep_funds: _within_region(*_FIELD),
    Action.hand_in_summaries: _within_region(*_FIELD),
    Action.accept_summaries: _within_region(_TOWNSHIP, _MANAGER),
    Action.read_summaries: _within_region(*_FIELD, _MANAGER),
    Action.read_plans: _within_region(_MANAGER),
    Action.make_plans: _within_region(_MANAGER),
    Action.approve_plans: _within_region(_MANAGER),
    Action.read_ranker: {_MANAGER: Scope.city, _ADMINISTRATOR: Scope.city},
    Action.manage_ranker: {_ADMINISTRATOR: Scope.whole_city},
    Action.manage_calls: _within_region(_MANAGER),
    Action.apply_for_funding: _REFERRED,
    # Whoever a manager of the call chose, outside experts too: never staff of an organization that applies to it.
    Action.screen_applications: dict.fromkeys(_EVERYBODY, Scope.call),
    Action.review_applications: dict.fromkeys(_EVERYBODY, Scope.call),
    Action.read_policies: dict.fromkeys(_EVERYBODY, Scope.city),
    Action.manage_policies: _within_region(_ADMINISTRATOR),
    Action.manage_calendar: {_ADMINISTRATOR: Scope.whole_city},
    # Charity staff see their colleagues; only the leaders among them change accounts (accounts.grants).
    Action.manage_accounts: _within_region(_ADMINISTRATOR) | _REFERRED,
    Action.manage_subscriptions: _within_region(_ADMINISTRATOR),
    Action.manage_deliveries: {_ADMINISTRATOR: Scope.whole_city},
    Action.read_audit: _within_region(_ADMINISTRATOR),
    Action.settle_duplicates: _within_region(_TOWNSHIP, _MANAGER),
    Action.supervise_readings: _within_region(_TOWNSHIP, _ADMINISTRATOR),
    Action.set_daily_limits: {_ADMINISTRATOR: Scope.whole_city},
    Action.approve_erasures: _within_region(_TOWNSHIP, _ADMINISTRATOR),
}
"""The authorization matrix: for each action the roles that may do it, and how far it reaches for each. The routes, the
rules, the page of permissions, docs/permissions.md and the tests read it; `fields.READERS` adds the fields."""

LINK_MATRIX: Mapping[Action, Scope] = dict.fromkeys(
    (Action.answer_referrals, Action.read_need_texts, Action.record_visits), Scope.referral
)
"""What whoever holds a link may do."""


class UndeclaredAction(Exception):
    """An action has no scope in the matrix: nothing starts until it has one."""


def _check_matrix() -> None:
    undeclared = [action.value for action in Action if not MATRIX.get(action)]
    if undeclared:
        raise UndeclaredAction(f"no role and scope in MATRIX for {', '.join(undeclared)}")


_check_matrix()


@dataclass(frozen=True)
class Actor:
    """The signed-in user as the rules see them."""

    user_id: int
    display_name: str
    role: Role
    region_code: str | None = None
    organization_id: int | None = None
    language: str = "zh_CN"
    covers_city: bool = False
    """Whether the region is the topmost one."""


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


def scope_of(actor: Principal, action: Action) -> Scope | None:
    """How far the action reaches for the actor; None if they may not do it at all."""
    if isinstance(actor, LinkHolder):
        return LINK_MATRIX.get(action)
    scope = MATRIX[action].get(actor.role)
    return None if scope is Scope.whole_city and not actor.covers_city else scope


def may(actor: Principal, action: Action) -> bool:
    """Whether the actor may do the action to some row. `require_in` and the queries say to which."""
    return scope_of(actor, action) is not None


def require(actor: Principal, action: Action) -> None:
    """Raises NotPermitted if the actor may not do the action."""
    if not may(actor, action):
        raise NotPermitted(action)


def require_in(session: Session, actor: Principal, action: Action, region_code: str) -> None:
    """Check an action on something of a region. Raises NotPermitted, or OutOfScope for a region beyond the actor's."""
    require(actor, action)
    if isinstance(actor, LinkHolder) or actor.region_code is None:
        raise OutOfScope(action)
    if actor.covers_city or scope_of(actor, action) is not Scope.region:
        return
    # A region of another city, as a national charity is registered in, is nobody's but the whole city's.
    known = session.get(Region, region_code) is not None
    if not known or not is_within(session, region_code, actor.region_code):
        raise OutOfScope(action)


def visible_regions(session: Session, actor: Actor) -> SelectOfScalar[str]:
    """A subquery of the region codes an actor may read in. Raises NotPermitted for one bound to none."""
    if actor.region_code is None:
        raise NotPermitted("region")
    return within(session, actor.region_code)
