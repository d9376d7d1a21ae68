"""What always holds of the rules of calls and of the rows of the funding cycle; see tuoju.database.rules."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tuoju.accounts.models import User
from tuoju.database.rules import RowIds, Rule
from tuoju.funding.application_models import Application, ApplicationVersion
from tuoju.funding.call_rules import CallRule
from tuoju.funding.check_models import PreCheck
from tuoju.funding.check_queries import is_passed
from tuoju.funding.criteria import TOTAL
from tuoju.funding.models import Call, CallMember, CallTopic, FundingStep
from tuoju.funding.review_models import Review
from tuoju_projects.call_rules import DEFINITIONS, CallRuleName
from tuoju_projects.funding_status import ApplicationState, CallState, Hat, ReviewState
from tuoju_projects.lifecycles import APPLICATION, CALL, REVIEW, Lifecycle

BEFORE_REVIEW = frozenset(
    {
        ApplicationState.draft,
        ApplicationState.submitted,
        ApplicationState.completion_asked,
        ApplicationState.withdrawn,
    }
)
"""States that an application has without a pre-check that it passed."""


def rules_within_bounds(session: Session) -> Iterator[RowIds]:
    """Every rule of a call lies within its bounds."""
    for row in session.exec(select(CallRule).order_by(col(CallRule.id))):
        definition = DEFINITIONS[row.name]
        if not definition.lowest <= row.value <= definition.highest:
            yield {"call_rule": row.pk}


def one_rule_a_day(session: Session) -> Iterator[RowIds]:
    """No two rows of one rule and region are in force on the same day."""
    order = (col(CallRule.name), col(CallRule.region_code), col(CallRule.valid_from))
    before: CallRule | None = None
    for row in session.exec(select(CallRule).order_by(*order)):
        same = before is not None and (before.name, before.region_code) == (row.name, row.region_code)
        if before is not None and same and (before.valid_to is None or before.valid_to >= row.valid_from):
            yield {"call_rule": before.pk, "next": row.pk}
        before = row


def follows(lifecycle: Lifecycle, steps: list[FundingStep], state: str) -> bool:
    """Whether steps lead lawfully, each from where the one before ended, to a state."""
    reached = str(lifecycle.initial)
    lawful = {
        (str(start), str(verb)): {str(target) for target in lawful_step.targets}
        for (start, verb), lawful_step in lifecycle.steps.items()
    }
    for step in steps:
        if step.before != reached or step.after not in lawful.get((step.before, step.verb), set()):
            return False
        reached = step.after
    return reached == state


def steps_by_row(session: Session, lifecycle: Lifecycle) -> Mapping[int, list[FundingStep]]:
    """The steps of every row of a lifecycle, in their order."""
    steps: dict[int, list[FundingStep]] = defaultdict(list)
    query = select(FundingStep).where(FundingStep.machine == lifecycle.name)
    for step in session.exec(query.order_by(col(FundingStep.id))):
        steps[step.row_id].append(step)
    return steps


def call_history(session: Session) -> Iterator[RowIds]:
    """Every call went by lawful steps to the state that it has."""
    steps = steps_by_row(session, CALL)
    for call_id, state in session.exec(select(Call.id, Call.state).order_by(col(Call.id))):
        if not follows(CALL, steps.get(call_id or 0, []), str(state)):
            yield {"funding_call": call_id or 0}


def published_calls_are_whole(session: Session) -> Iterator[RowIds]:
    """A published call has topics, points that sum to 100, a copy of every rule, and two persons who published it."""
    with_topics = set(session.exec(select(CallTopic.call_id)))
    names = {name.value for name in CallRuleName}
    for call in session.exec(select(Call).order_by(col(Call.id))):
        is_published = call.published_at is not None
        is_whole = (
            call.pk in with_topics
            and sum(call.criteria.values()) == TOTAL
            and call.rules.keys() == names
            and None not in (call.published_by, call.confirmed_by)
            and call.published_by != call.confirmed_by
        )
        was_published = call.state not in (CallState.draft, CallState.cancelled)
        if (is_published and not is_whole) or (was_published and not is_published):
            yield {"funding_call": call.pk}


def application_history(session: Session) -> Iterator[RowIds]:
    """Every application went by lawful steps to the state that it has."""
    steps = steps_by_row(session, APPLICATION)
    for application_id, state in session.exec(select(Application.id, Application.state).order_by(col(Application.id))):
        if not follows(APPLICATION, steps.get(application_id or 0, []), str(state)):
            yield {"funding_application": application_id or 0}


def submitted_applications_are_frozen(session: Session) -> Iterator[RowIds]:
    """What was submitted has a receipt number that its call gave, and a version of that moment."""
    of_version = select(ApplicationVersion.application_id, ApplicationVersion.submitted_at)
    frozen = set(session.exec(of_version).all())
    receipts = dict(session.exec(select(Call.id, Call.receipts)).all())
    submitted = select(Application.id, Application.call_id, Application.receipt, Application.submitted_at)
    query = submitted.where(col(Application.submitted_at).is_not(None)).order_by(col(Application.id))
    for application_id, call_id, receipt, submitted_at in session.exec(query):
        is_numbered = 1 <= (receipt or 0) <= receipts.get(call_id, 0)
        if (application_id, submitted_at) not in frozen or not is_numbered:
            yield {"funding_application": application_id or 0}


def eligible_applications_were_checked(session: Session) -> Iterator[RowIds]:
    """Whatever went on to the review passed every item of the pre-check; what failed has a reason and two screeners."""
    checks = {check.application_id: check for check in session.exec(select(PreCheck))}
    for application_id, state in session.exec(select(Application.id, Application.state).order_by(col(Application.id))):
        check = checks.get(application_id or 0)
        has_failed = state is ApplicationState.ineligible
        is_sound = is_passed(check) or state in BEFORE_REVIEW
        if has_failed:
            is_sound = check is not None and None not in (check.fail_reason, check.proposed_by, check.confirmed_by)
        if not is_sound:
            yield {"funding_application": application_id or 0}


def hats_are_kept_apart(session: Session) -> Iterator[RowIds]:
    """Nobody who wears a hat in a call acted as its manager, or works for an organization that applies to it."""
    managed = set(session.exec(select(FundingStep.call_id, FundingStep.by).where(FundingStep.machine == CALL.name)))
    applies = set(
        session.exec(
            select(Application.call_id, Application.organization_id).where(
                Application.state != ApplicationState.withdrawn
            )
        )
    )
    members = select(CallMember, User.organization_id).join(User, col(User.id) == CallMember.user_id)
    for member, organization_id in session.exec(members.order_by(col(CallMember.id))):
        both = member.is_active and (member.call_id, organization_id) in applies
        if both or (member.call_id, member.user_id) in managed:
            yield {"call_member": member.pk}


def review_history(session: Session) -> Iterator[RowIds]:
    """Every review went by lawful steps to the state that it has."""
    steps = steps_by_row(session, REVIEW)
    for review_id, state in session.exec(select(Review.id, Review.state).order_by(col(Review.id))):
        if not follows(REVIEW, steps.get(review_id or 0, []), str(state)):
            yield {"funding_review": review_id or 0}


def reviews_are_whole(session: Session) -> Iterator[RowIds]:
    """Every review is by a reviewer of its call, and a submitted one has points for each criterion, none above it."""
    calls = {call.pk: call for call in session.exec(select(Call))}
    by = select(CallMember.call_id, CallMember.user_id).where(CallMember.hat == Hat.reviewer)
    reviewers = set(session.exec(by))
    columns = (Review.id, Review.call_id, Review.reviewer_id, Review.state, Review.points)  # nothing sealed
    rows = session.execute(sql_select(*(col(column) for column in columns)).order_by(col(Review.id)))
    for review_id, call_id, reviewer_id, state, points in rows:
        maximum = calls[call_id].criteria
        within = all(0 <= value <= maximum.get(code, -1) for code, value in points.items())
        is_whole = state is not ReviewState.submitted or points.keys() == maximum.keys()
        if (call_id, reviewer_id) not in reviewers or not within or not is_whole:
            yield {"funding_review": review_id}


INVARIANTS: Mapping[str, Rule] = {
    "call_rules_within_bounds": rules_within_bounds,
    "one_call_rule_a_day": one_rule_a_day,
    "call_history": call_history,
    "published_calls_are_whole": published_calls_are_whole,
    "application_history": application_history,
    "submitted_applications_are_frozen": submitted_applications_are_frozen,
    "eligible_applications_were_checked": eligible_applications_were_checked,
    "hats_are_kept_apart": hats_are_kept_apart,
    "review_history": review_history,
    "reviews_are_whole": reviews_are_whole,
}
