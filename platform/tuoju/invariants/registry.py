"""All rules, and which of them checks the histories of each transition table."""

from collections.abc import Mapping

from tuoju.accounts import invariants as accounts
from tuoju.cases import invariants as cases
from tuoju.cases import status as case_states
from tuoju.database import rules as database
from tuoju.database.rules import Rule
from tuoju.funding import invariants as funding
from tuoju.holdings import invariants as holdings
from tuoju.holdings import status as erasure_states
from tuoju.jobs import invariants as jobs
from tuoju.jobs import status as job_states
from tuoju.matchmaking import invariants as matchmaking
from tuoju.matchmaking import status as ranker_states
from tuoju.plans import invariants as plans
from tuoju.plans import status as plan_states
from tuoju.referrals import invariants as referrals
from tuoju.referrals import status as referral_states
from tuoju.registry import invariants as registry
from tuoju.relief import invariants as relief
from tuoju.reports import invariants as reports
from tuoju_notifications import invariants as notifications
from tuoju_notifications import status as notification_states
from tuoju_projects import invariants as projects
from tuoju_projects import lifecycles
from tuoju_projects import status as project_states

ROOMS = (
    database,
    accounts,
    projects,
    notifications,
    cases,
    relief,
    matchmaking,
    referrals,
    registry,
    funding,
    plans,
    reports,
    holdings,
    jobs,
)
RULES: Mapping[str, Rule] = {name: rule for room in ROOMS for name, rule in room.INVARIANTS.items()}
"""Every rule by its name, in the order of the rooms."""

HISTORIES: tuple[tuple[object, str], ...] = (
    (case_states.CASE_STEPS, "case_history"),
    (case_states.NEED_STEPS, "need_history"),
    (referral_states.STEPS, "referral_history"),
    (lifecycles.CALL.steps, "call_history"),
    (lifecycles.APPLICATION.steps, "application_history"),
    (lifecycles.REVIEW.steps, "review_history"),
    (plan_states.PLAN_STEPS, "plan_history"),
    (plan_states.LINE_STEPS, "plan_lines"),
    (project_states.STEPS, "project_history"),
    (notification_states.STEPS, "notification_history"),
    (ranker_states.RANKER_STEPS, "ranker_history"),
    (erasure_states.ERASURE_STEPS, "erasure_history"),
    (job_states.JOB_STEPS, "job_history"),
)
"""Each transition table with the rule that checks that no row left it."""
