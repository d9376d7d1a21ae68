"""What can fall due and who is reminded: cases, alerts, objections, referrals, first visits, summaries, consents."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from tuoju.accounts.models import User
from tuoju.accounts.queries import managers_of, officers_above, officers_of
from tuoju.cases.clock import last_day
from tuoju.cases.errors import NoPolicy
from tuoju.cases.models import Alert, AlertState, Case, Need
from tuoju.cases.policies import Policy, Scheme, policy_for
from tuoju.referrals.models import Complaint, Referral
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import Hours, WorkingDays, china_day
from tuoju.regions.queries import current_code, names
from tuoju.relief.models import Fund, Objection, PublicNotice
from tuoju.reminders.escalation import EscalationStep, Spacing
from tuoju.reports.models import MonthlySummary, SummaryState
from tuoju.reports.summaries import last_month, period_for
from tuoju.residents.data_policies import DataPolicy
from tuoju.residents.models import Consent, Resident
from tuoju_notifications.models import RecipientType
from tuoju_notifications.routing import Recipient, user


class Matter(StrEnum):
    """What falls due."""

    opinion = "opinion"
    relief = "relief"
    notice = "notice"
    objection = "objection"
    alert = "alert"
    answer = "answer"
    first_visit = "first_visit"
    summary = "summary"
    consent = "consent"
    complaint = "complaint"


@dataclass(frozen=True)
class Due:
    """One thing with its due day."""

    matter: Matter
    key: str
    """Identifies it for good."""
    due_on: date
    number: str
    """Shown to people."""
    link: str
    region_code: str
    spacing: Spacing
    hours: Hours
    charity: int | None = None
    """Id of the organization that has to act, where it is one."""
    holder: int | None = None
    """Account that has to act where the village has no officer; of a charity's matter, the sender."""
    only: frozenset[EscalationStep] = field(default_factory=lambda: frozenset(EscalationStep))


Source = Callable[[Session, datetime, WorkingDays], Iterator[Due]]

_HORIZON = timedelta(days=60)
"""How far ahead due days are looked for, in calendar days: more than the longest spacing that a policy allows."""


def case_deadlines(session: Session, at: datetime, _calendar: WorkingDays) -> Iterator[Due]:
    """Opinion, relief and public notice. A paused case has no due day and no reminders."""
    query = select(Case, Policy).join(Policy, col(Policy.id) == col(Case.policy_id))
    query = query.where(col(Case.due_at).is_not(None), col(Case.due_at) <= at + _HORIZON)
    for case, policy in session.exec(query):
        if case.due_at is None or case.due_step is None:
            continue
        yield Due(
            Matter(case.due_step.value),
            f"case:{case.pk}:{case.due_step}",
            last_day(case.due_at),
            case.number,
            f"/cases/{case.pk}",
            case.region_code,
            _spacing(policy),
            policy.reminder_hours,
            holder=case.recorded_by,
        )


def objections(session: Session, at: datetime, _calendar: WorkingDays) -> Iterator[Due]:
    """Objections that are not answered."""
    query = (
        select(Objection, Case, Policy)
        .join(PublicNotice, col(PublicNotice.id) == col(Objection.notice_id))
        .join(Case, col(Case.id) == col(PublicNotice.case_id))
        .join(Policy, col(Policy.id) == col(Case.policy_id))
        .where(col(Objection.answered_at).is_(None), col(Objection.due_at) <= at + _HORIZON)
    )
    for objection, case, policy in session.exec(query):
        yield Due(
            Matter.objection,
            f"objection:{objection.pk}",
            last_day(objection.due_at),
            case.number,
            f"/cases/{case.pk}",
            case.region_code,
            _spacing(policy),
            policy.reminder_hours,
            holder=objection.received_by,
        )


def complaints(session: Session, at: datetime, _calendar: WorkingDays) -> Iterator[Due]:
    """Complaints of residents that nobody has answered."""
    query = (
        select(Complaint, Referral, Policy)
        .join(Referral, col(Referral.id) == col(Complaint.referral_id))
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .join(Policy, col(Policy.id) == col(Case.policy_id))
        .where(col(Complaint.answered_at).is_(None), col(Complaint.due_at) <= at + _HORIZON)
    )
    for complaint, referral, policy in session.exec(query):
        yield Due(
            Matter.complaint,
            f"complaint:{complaint.pk}",
            last_day(complaint.due_at),
            referral.number,
            f"/referrals/{referral.pk}#complaint",
            referral.region_code,
            _spacing(policy),
            policy.reminder_hours,
            holder=referral.sent_by,
        )


def alerts(session: Session, at: datetime, _calendar: WorkingDays) -> Iterator[Due]:
    """Alerts that nobody has answered."""
    query = select(Alert).where(Alert.state == AlertState.open, col(Alert.due_at) <= at + _HORIZON)
    open_alerts = session.exec(query).all()
    policies = SocietyPolicies(session, china_day(at))
    for alert in open_alerts:
        policy = policies.of(alert.region_code)
        if policy is not None:
            yield Due(
                Matter.alert,
                f"alert:{alert.pk}",
                last_day(alert.due_at),
                f"#{alert.pk}",
                f"/alerts/{alert.pk}",
                alert.region_code,
                _spacing(policy),
                policy.reminder_hours,
                holder=alert.recorded_by,
            )


def answers(session: Session, at: datetime, _calendar: WorkingDays) -> Iterator[Due]:
    """Referrals that wait for an answer. After the due day they expire, so they are never overdue."""
    for referral, policy in _referrals(session, ReferralState.requested):
        yield Due(
            Matter.answer,
            f"answer:{referral.pk}",
            last_day(referral.answer_due_at),
            referral.number,
            f"/referrals/{referral.pk}",
            referral.region_code,
            _spacing(policy),
            policy.reminder_hours,
            charity=referral.organization_id,
            only=frozenset({EscalationStep.ahead, EscalationStep.due}),
        )


def first_visits(session: Session, _at: datetime, calendar: WorkingDays) -> Iterator[Due]:
    """Accepted referrals without a visit: due on the promised day, else by the policy (domain rule R6)."""
    for referral, policy in _referrals(session, ReferralState.accepted):
        accepted_on = china_day(referral.answered_at or referral.requested_at)
        by_rule = calendar.due(accepted_on, policy.first_visit_within).day
        yield Due(
            Matter.first_visit,
            f"first_visit:{referral.pk}",
            referral.first_visit_on or by_rule,
            referral.number,
            f"/referrals/{referral.pk}",
            referral.region_code,
            _spacing(policy),
            policy.reminder_hours,
            charity=referral.organization_id,
            holder=referral.sent_by,
        )


def summaries(session: Session, at: datetime, calendar: WorkingDays) -> Iterator[Due]:
    """The last month of every society that has not handed it in (domain rule R5)."""
    today = china_day(at)
    policies = SocietyPolicies(session, today)
    opened = dict(session.exec(select(Fund.region_code, Fund.opened_at)).all())
    shown = names(session, opened)
    months = {code: last_month(session, code) for code in opened}
    done = select(MonthlySummary.region_code, MonthlySummary.month).where(
        col(MonthlySummary.month).in_(set(months.values())),
        col(MonthlySummary.state).in_([SummaryState.handed_in, SummaryState.accepted]),
    )
    handed_in = {(code, month) for code, month in session.exec(done)}
    for code, month in months.items():
        policy = policies.of(code)
        if policy is None or (code, month) in handed_in:
            continue
        ended_on = period_for(session, code, month)[1]
        if china_day(opened[code]) > ended_on:
            continue
        yield Due(
            Matter.summary,
            f"summary:{code}:{month}",
            calendar.due(ended_on, policy.summary_within).day,
            f"{shown.get(code, code)} {month}",
            f"/summaries/{code}/{month}",
            code,
            _spacing(policy),
            policy.reminder_hours,
        )


def consents(session: Session, at: datetime, _calendar: WorkingDays) -> Iterator[Due]:
    """Consents whose last day comes near and that no later one replaces; after that day they permit nothing."""
    today = china_day(at)
    hours = SocietyPolicies(session, today)
    later = aliased(Consent)
    renewed = (
        select(later.id)
        .where(
            later.resident_id == Consent.resident_id,
            later.purpose == Consent.purpose,
            col(later.organization_id).is_not_distinct_from(col(Consent.organization_id)),
            col(later.withdrawn_at).is_(None),
            col(later.expires_on) > col(Consent.expires_on),
        )
        .exists()
    )
    query = (
        select(Consent, Resident.region_code, DataPolicy)
        .join(Resident, col(Resident.id) == col(Consent.resident_id))
        .join(DataPolicy, col(DataPolicy.id) == col(Consent.policy_id))
        .where(
            col(Consent.expires_on) >= today,
            col(Consent.expires_on) <= today + _HORIZON,
            col(Consent.withdrawn_at).is_(None),
            col(Resident.erased_at).is_(None),
            ~renewed,
        )
    )
    for consent, region_code, rule in session.exec(query):
        policy = hours.of(region_code)
        if policy is None or consent.expires_on is None:
            continue
        yield Due(
            Matter.consent,
            f"consent:{consent.pk}",
            consent.expires_on,
            f"#{consent.pk}",
            f"/residents/{consent.resident_id}#consents",
            region_code,
            Spacing(rule.remind_before, policy.township_after, policy.county_after),
            policy.reminder_hours,
            holder=consent.recorded_by,
            only=frozenset({EscalationStep.ahead, EscalationStep.due}),
        )


SOURCES: Sequence[Source] = (case_deadlines, objections, complaints, alerts, answers, first_visits, summaries, consents)


def recipients(session: Session, due: Due, step: EscalationStep) -> Sequence[Recipient]:
    """The recipients of a step.

    First the charity or the officers of the society; with a charity that is late also the account that sent the
    referral. Then the officers of the township, then the managers of the county.
    """
    if step is EscalationStep.township:
        return [user(officer.pk) for officer in officers_above(session, due.region_code)]
    if step is EscalationStep.county:
        return [user(officer.pk) for officer in managers_of(session, due.region_code)]
    if due.charity is not None:
        if step is EscalationStep.overdue and due.holder is not None:
            return [*_charity(session, due.charity), user(due.holder)]
        return _charity(session, due.charity)
    home = current_code(session, due.region_code)
    own = [officer for officer in officers_of(session, home) if officer.region_code == home]
    if not own and due.holder is not None:
        return [user(due.holder)]
    return [user(officer.pk) for officer in own]


def _charity(session: Session, organization_id: int) -> list[Recipient]:
    staff = select(User.id).where(User.organization_id == organization_id, col(User.is_active))
    accounts = [user(staff_id) for staff_id in session.exec(staff) if staff_id is not None]
    return [*accounts, Recipient(RecipientType.organization, organization_id)]


def _referrals(session: Session, state: ReferralState) -> Sequence[tuple[Referral, Policy]]:
    query = (
        select(Referral, Policy)
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .join(Policy, col(Policy.id) == col(Case.policy_id))
        .where(Referral.state == state)
    )
    return [(referral, policy) for referral, policy in session.exec(query)]


def _spacing(policy: Policy) -> Spacing:
    return Spacing(policy.remind_before, policy.township_after, policy.county_after)


class SocietyPolicies:
    """The policy for society relief in force today, looked up once for every village."""

    def __init__(self, session: Session, today: date) -> None:
        self.session, self.today = session, today
        self.policies: dict[str, Policy | None] = {}

    def of(self, region_code: str) -> Policy | None:
        if region_code not in self.policies:
            try:
                policy = policy_for(self.session, Scheme.society_relief, region_code, self.today)
            except NoPolicy:
                self.policies[region_code] = None
            else:
                self.policies[region_code] = policy
        return self.policies[region_code]
