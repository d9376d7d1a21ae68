"""What always holds of the rules of calls and of the rows of the funding cycle; see tuoju.database.rules."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlmodel import Session, col, select

from tuoju.database.rules import RowIds, Rule
from tuoju.funding.application_models import Application, ApplicationVersion
from tuoju.funding.call_rules import CallRule
from tuoju.funding.criteria import TOTAL
from tuoju.funding.models import Call, CallTopic, FundingStep
from tuoju_projects.call_rules import DEFINITIONS, CallRuleName
from tuoju_projects.funding_status import CallState
from tuoju_projects.lifecycles import APPLICATION, CALL, Lifecycle


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


INVARIANTS: Mapping[str, Rule] = {
    "call_rules_within_bounds": rules_within_bounds,
    "one_call_rule_a_day": one_rule_a_day,
    "call_history": call_history,
    "published_calls_are_whole": published_calls_are_whole,
    "application_history": application_history,
    "submitted_applications_are_frozen": submitted_applications_are_frozen,
}
