"""Verbs of calls: made from the gaps of a plan, published by two persons, extended while open, closed by the clock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.models import User
from tuoju.accounts.permissions import Action, Actor, require, require_in
from tuoju.database.records import now
from tuoju.funding.application_models import Application
from tuoju.funding.call_queries import (
    charities_of,
    end_of,
    is_open,
    last_day_of,
    managers_of,
    questions_of,
    topics_of,
)
from tuoju.funding.call_rules import call_rules_for
from tuoju.funding.errors import (
    CallClosed,
    CallNumberTaken,
    NothingProposed,
    NotLater,
    OpenTooShort,
    QuestionAnswered,
    SecondPersonNeeded,
    TopicMissing,
)
from tuoju.funding.inputs import AnswerInput, CallInput, ExtensionInput, QuestionInput
from tuoju.funding.models import Call, CallQuestion, CallTopic
from tuoju.funding.money import to_fen
from tuoju.funding.steps import take_step
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import county_of
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user
from tuoju_projects.call_rules import CallRuleName
from tuoju_projects.errors import IllegalStep
from tuoju_projects.funding_status import CallState, CallVerb
from tuoju_projects.lifecycles import CALL

PROPOSED = frozenset({CallVerb.publish, CallVerb.cancel})
"""The steps of a manager that a second one confirms."""


@dataclass(frozen=True)
class Gap:
    """A gap of a plan that may become a topic; large enough to be published."""

    category: str
    target_group: str
    townships: Sequence[str]
    needs: int
    person_times: int
    budget_fen: tuple[int, int, int] | None
    """Low, middle and high; None where the unit cost is not known."""

    @property
    def key(self) -> str:
        return f"{self.category}:{self.target_group}"


def draft_call(
    session: Session,
    actor: Actor,
    plan: tuple[int, str],
    gaps: Sequence[Gap],
    chosen: Collection[str],
    inputs: CallInput,
) -> Call:
    """Draft a call from a plan, its id and region, and those of its gaps whose keys were chosen.

    Raises NotPermitted, OutOfScope, TopicMissing, CallNumberTaken.
    """
    plan_id, region_code = plan
    require_in(session, actor, Action.manage_calls, region_code)
    topics = [gap for gap in gaps if gap.key in chosen]
    if not topics:
        raise TopicMissing
    _require_free_number(session, inputs.number)
    call = Call(**_values(inputs), region_code=region_code, plan_id=plan_id, made_by=actor.user_id)
    session.add(call)
    session.flush()
    session.add_all(_topic(call, gap) for gap in topics)
    session.flush()
    _audit(session, actor, "draft_call", call)
    return call


def _topic(call: Call, gap: Gap) -> CallTopic:
    low, middle, high = gap.budget_fen or (None, None, None)
    return CallTopic(
        call_id=call.pk,
        category=gap.category,
        target_group=gap.target_group,
        townships=list(gap.townships),
        needs=gap.needs,
        person_times=gap.person_times,
        low_fen=low,
        middle_fen=middle,
        high_fen=high,
    )


def _values(inputs: CallInput) -> dict[str, Any]:
    names = ("number", "title", "funding_type", "starts_on", "ends_on", "introduction", "telephone")
    return {
        **{name: getattr(inputs, name) for name in names},
        "budget_fen": to_fen(inputs.budget_yuan),
        "closes_at": end_of(inputs.closes_on),
        "criteria": inputs.criteria,
    }


def _require_free_number(session: Session, number: str, call_id: int = 0) -> None:
    query = select(Call.id).where(Call.number == number, col(Call.id) != call_id)
    if session.exec(query).first() is not None:
        raise CallNumberTaken


def change_call(session: Session, actor: Actor, call: Call, inputs: CallInput) -> Call:
    """Change a draft; what waited for a second person waits no longer: they would confirm something else.

    Raises NotPermitted, OutOfScope, IllegalStep once it is published, CallNumberTaken.
    """
    require_in(session, actor, Action.manage_calls, call.region_code)
    if call.state is not CallState.draft:
        raise IllegalStep(CALL.name, call.state, CallVerb.publish)
    _require_free_number(session, inputs.number, call.pk)
    for name, value in _values(inputs).items():
        setattr(call, name, value)
    call.proposed_verb = call.proposed_by = None
    session.flush()
    _audit(session, actor, "change_call", call)
    return call


def propose(session: Session, actor: Actor, call: Call, verb: CallVerb, reason: str = "") -> Call:
    """Propose to publish or to cancel a call; another manager confirms. `reason` is published with a cancellation.

    Raises NotPermitted, OutOfScope, IllegalStep, TopicMissing, OpenTooShort, RulesNotUsable.
    """
    require_in(session, actor, Action.manage_calls, call.region_code)
    CALL.after(call.state, verb)
    if verb not in PROPOSED:
        raise IllegalStep(CALL.name, call.state, verb)
    if verb is CallVerb.publish:
        _require_publishable(session, call)
    call.proposed_verb, call.proposed_by = verb, actor.user_id
    call.cancel_reason = reason if verb is CallVerb.cancel else ""
    session.flush()
    _audit(session, actor, f"propose_{verb}_call", call)
    others = [manager for manager in managers_of(session, call.region_code) if manager.pk != actor.user_id]
    _notify(
        session, NotificationKind.call_to_confirm, others, call, f"{verb}:{call.version}", f"/funding/calls/{call.pk}"
    )
    return call


def _require_publishable(session: Session, call: Call) -> None:
    """The guard of publishing; criteria and budget are held by the input and by the database."""
    if not topics_of(session, call):
        raise TopicMissing
    today = china_day(now())
    least = call_rules_for(session, call.region_code, today)[CallRuleName.open_days_at_least]
    if (last_day_of(call) - today).days < least:
        raise OpenTooShort(least)


def confirm(session: Session, actor: Actor, call: Call, verb: CallVerb) -> Call:
    """Confirm as the second person what another proposed: publish with a copy of the rules in force, or cancel.

    Raises NotPermitted, OutOfScope, NothingProposed, SecondPersonNeeded, IllegalStep, TopicMissing, OpenTooShort,
    RulesNotUsable.
    """
    require_in(session, actor, Action.manage_calls, call.region_code)
    if call.proposed_verb is not verb or call.proposed_by is None:
        raise NothingProposed
    if call.proposed_by == actor.user_id:
        raise SecondPersonNeeded
    if verb is CallVerb.publish:
        _require_publishable(session, call)
        call.rules = call_rules_for(session, call.region_code, china_day(now())).frozen()
        call.published_at, call.published_by, call.confirmed_by = now(), call.proposed_by, actor.user_id
    call.proposed_verb = call.proposed_by = None
    take_step(session, CALL, call, verb, call_id=call.pk, by=actor.user_id)
    _audit(session, actor, f"{verb}_call", call)
    if verb is CallVerb.publish:
        charities = charities_of(session, call.region_code)
        _notify(session, NotificationKind.call_opened, charities, call, "opened", f"/calls/{call.pk}")
    elif call.published_at is not None:
        _notify(
            session, NotificationKind.call_cancelled, _concerned(session, call), call, "cancelled", f"/calls/{call.pk}"
        )
    return call


def drop_proposal(session: Session, actor: Actor, call: Call) -> Call:
    """Take back, or refuse, what waits for a second person. Raises NotPermitted, OutOfScope, NothingProposed."""
    require_in(session, actor, Action.manage_calls, call.region_code)
    if call.proposed_verb is None:
        raise NothingProposed
    call.proposed_verb = call.proposed_by = None
    call.cancel_reason = ""
    session.flush()
    _audit(session, actor, "drop_proposal_of_call", call)
    return call


def extend(session: Session, actor: Actor, call: Call, inputs: ExtensionInput) -> Call:
    """Take applications until a later day, for all; only while the call is open. Whoever is concerned is told.

    Raises NotPermitted, OutOfScope, IllegalStep, CallClosed, NotLater.
    """
    require_in(session, actor, Action.manage_calls, call.region_code)
    CALL.after(call.state, CallVerb.extend)
    if not is_open(call):
        raise CallClosed
    if not last_day_of(call) < inputs.closes_on < call.starts_on:
        raise NotLater
    call.closes_at = end_of(inputs.closes_on)
    take_step(session, CALL, call, CallVerb.extend, call_id=call.pk, by=actor.user_id)
    _audit(session, actor, "extend_call", call, until=inputs.closes_on.isoformat())
    key = f"extended:{inputs.closes_on}"
    _notify(session, NotificationKind.call_extended, _concerned(session, call), call, key, f"/calls/{call.pk}")
    return call


def close_due(session: Session) -> int:
    """Close every open call whose last day is over, as the clock does; how many. A second run finds none."""
    due = select(Call).where(Call.state == CallState.open, col(Call.closes_at) <= now())
    calls = session.exec(due.order_by(col(Call.id)).with_for_update(skip_locked=True)).all()
    for call in calls:
        take_step(session, CALL, call, CallVerb.close, call_id=call.pk, by=None)
        _audit(session, None, "close_call", call)
    return len(calls)


def ask(session: Session, actor: Actor, call: Call, inputs: QuestionInput) -> CallQuestion:
    """Ask the office about an open call, for an organization. Raises NotPermitted, CallClosed."""
    require(actor, Action.apply_for_funding)
    if not is_open(call) or actor.organization_id is None:
        raise CallClosed
    question = CallQuestion(
        call_id=call.pk, organization_id=actor.organization_id, question=inputs.question, asked_by=actor.user_id
    )
    session.add(question)
    session.flush()
    _audit(session, actor, "ask_about_call", call, question=question.pk)
    key, managers = f"question:{question.pk}", managers_of(session, call.region_code)
    _notify(session, NotificationKind.call_question, managers, call, key, f"/funding/calls/{call.pk}")
    return question


def answer(session: Session, actor: Actor, call: Call, question: CallQuestion, inputs: AnswerInput) -> CallQuestion:
    """Answer a question for all. It is published and stays. Raises NotPermitted, OutOfScope, QuestionAnswered."""
    require_in(session, actor, Action.manage_calls, call.region_code)
    if question.answer:
        raise QuestionAnswered
    question.answer, question.answered_by, question.answered_at = inputs.answer, actor.user_id, now()
    session.flush()
    _audit(session, actor, "answer_about_call", call, question=question.pk)
    key = f"answer:{question.pk}"
    _notify(session, NotificationKind.call_answered, _concerned(session, call), call, key, f"/calls/{call.pk}")
    return question


def _concerned(session: Session, call: Call) -> list[User]:
    """The charities that were told of a call, and whoever asked about it or applies from elsewhere."""
    applicants = select(Application.made_by).where(Application.call_id == call.pk)
    asked_by = {question.asked_by for question in questions_of(session, call)} | set(session.exec(applicants))
    charities = charities_of(session, call.region_code)
    others = asked_by - {account.pk for account in charities}
    return [*charities, *session.exec(select(User).where(col(User.id).in_(others), col(User.is_active)))]


def _notify(
    session: Session, kind: NotificationKind, accounts: Sequence[User], call: Call, key: str, link: str
) -> None:
    values: Mapping[str, str] = {"number": call.number, "title": call.title, "day": last_day_of(call).isoformat()}
    for account in accounts:
        post(session, kind, recipient=user(account.pk), key=f"call:{call.pk}:{key}", link=link, **values)


def _audit(session: Session, actor: Actor | None, verb: str, call: Call, **detail: Any) -> None:
    audit.record(session, actor, verb, call, scope=county_of(session, call.region_code), **detail)
