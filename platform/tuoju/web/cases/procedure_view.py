"""What the page of a case shows of its procedure: the records are read once, then made into panels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from tuoju.accounts.fields import GatedText, visible
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.queries import names_of, officers_of
from tuoju.cases import queries
from tuoju.cases.errors import ConflictOfInterest, NoInvestigation
from tuoju.cases.inputs import DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import Case, CaseConflict, CasePause, CaseStep, Investigation
from tuoju.cases.policies import NoticePhase, Policy
from tuoju.cases.procedure import (
    chair_decides,
    conflicts_of,
    has_enough_visitors,
    latest_investigation,
    notice_period_over,
    others_who_may,
    pauses_of,
    why_not_decide,
)
from tuoju.cases.status import AWAITING_DECISION, AWAITING_OPINION, ON_NOTICE, CaseState
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import current_code
from tuoju.relief.inputs import AnswerInput, NoticeInput, ObjectionInput, PaymentInput
from tuoju.relief.models import EarmarkedAccount, Objection, Payment, PaymentState, PublicNotice
from tuoju.relief.notices import notice_of, objections_to, shown_name
from tuoju.relief.queries import earmarked_accounts_of, find_fund, payments_of
from tuoju.relief.service import why_not_confirm
from tuoju.relief.societies import society_of
from tuoju.web.cases.case_views import (
    CaseForms,
    ClockPanel,
    DecisionPanel,
    NextStep,
    NoticeFormPanel,
    NoticePanel,
    ObjectionRow,
    OpinionPanel,
    PauseRow,
    PaymentPanel,
    PaymentRow,
    TimelineEntry,
)
from tuoju.web.kit.error_table import sentence_of
from tuoju.web.kit.forms import BlankForm, required_of
from tuoju.words.formats import yuan
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _


@dataclass(frozen=True)
class ProcedureRecords:
    """What is on record of a case's procedure; `names` are display names by account."""

    steps: Sequence[CaseStep]
    payments: Sequence[Payment]
    pauses: Sequence[CasePause]
    conflicts: Sequence[CaseConflict]
    notice: PublicNotice | None
    objections: Sequence[Objection]
    investigation: Investigation | None
    names: Mapping[int, str]

    def name(self, user_id: int | None) -> str:
        """The name of an account, empty for none."""
        return "" if user_id is None else self.names.get(user_id, "")

    @property
    def pause(self) -> CasePause | None:
        """The pause under way."""
        return next((pause for pause in self.pauses if pause.to_day is None), None)


NO_RECORDS = ProcedureRecords((), (), (), (), None, (), None, {})
"""Of a case whose policy has no procedure."""


def read_records(session: Session, case: Case) -> ProcedureRecords:
    """Read what is on record of a case's procedure. The caller may read the case."""
    steps, payments = queries.steps_of(session, case), payments_of(session, [case])[case.pk]
    pauses, conflicts, notice = pauses_of(session, case), conflicts_of(session, case), notice_of(session, case)
    objections = objections_to(session, notice) if notice else []
    users: set[int | None] = {case.recorded_by}
    users.update(step.by for step in steps)
    users.update(user for payment in payments for user in (payment.prepared_by, payment.confirmed_by))
    users.update(pause.paused_by for pause in pauses)
    users.update(conflict.user_id for conflict in conflicts)
    users.update(objection.answered_by for objection in objections)
    return ProcedureRecords(
        steps=steps,
        payments=payments,
        pauses=pauses,
        conflicts=conflicts,
        notice=notice,
        objections=objections,
        investigation=latest_investigation(session, case),
        names=names_of(session, users),
    )


def pause_row(actor: Actor, pause: CasePause, records: ProcedureRecords) -> PauseRow:
    """A pause of the clock."""
    return PauseRow(pause.from_day, pause.to_day, visible(actor, pause, "reason"), records.name(pause.paused_by))


def timeline(actor: Actor, case: Case, records: ProcedureRecords) -> list[TimelineEntry]:
    """Every step of the case from its acceptance on, with what was decided in it."""
    entries = [
        TimelineEntry(
            case.accepted_at, label("case_state", CaseState.recorded), records.name(case.recorded_by), GatedText()
        )
    ]
    for step in records.steps:
        parts = [label("case_verb", step.verb)]
        if step.opinion:
            parts.append(label("opinion", step.opinion))
        if step.granted_fen:
            parts.append(f"¥{yuan(step.granted_fen)}")
        if step.refusal_reason:
            parts.append(label("refusal_reason", step.refusal_reason))
        entries.append(TimelineEntry(step.at, _(": ").join(parts), records.name(step.by), visible(actor, step, "note")))
    return entries


def next_step(
    session: Session, actor: Actor, case: Case, policy: Policy, records: ProcedureRecords, forms: CaseForms
) -> NextStep:
    """The panels of what comes next, by the state of the case; the verbs check the same again."""
    return NextStep(
        barred=barred_as_kin(session, actor, case, records),
        chair_decides=chair_decides(session, actor, case),
        opinion=_opinion(case, policy, records, forms),
        decision=_decision(session, actor, case, policy, records, forms),
        payments=[_payment_row(session, actor, case, payment, records) for payment in records.payments],
        payment=_payment(session, actor, case, forms),
        may_report_services=case.state is CaseState.approved and not case.granted_fen,
        notice_form=_notice_form(session, case, policy, forms),
        notice=_notice(actor, case, records, forms),
        clock=_clock(session, case, records),
    )


def barred_as_kin(session: Session, actor: Actor, case: Case, records: ProcedureRecords) -> str:
    """That the reader is kin of the person and whom to ask instead, empty if they are not."""
    if actor.user_id not in {conflict.user_id for conflict in records.conflicts}:
        return ""
    return sentence_of(ConflictOfInterest(others_who_may(session, actor, case, Action.record_cases)))


def _opinion(case: Case, policy: Policy, records: ProcedureRecords, forms: CaseForms) -> OpinionPanel | None:
    if case.state not in AWAITING_OPINION:
        return None
    visit = records.investigation if case.state is CaseState.investigating else None  # of a reopened case: once more
    return OpinionPanel(
        barred="" if visit is None or has_enough_visitors(visit, policy) else sentence_of(NoInvestigation()),
        visited_on=visit.visited_on if visit else None,
        edition=visit.edition if visit else 0,
        form=forms.opinion or BlankForm({"opinion": "relieve"}, required=required_of(OpinionInput)),
    )


def _decision(
    session: Session, actor: Actor, case: Case, policy: Policy, records: ProcedureRecords, forms: CaseForms
) -> DecisionPanel | None:
    if case.state not in AWAITING_DECISION:
        return None
    amount_hint = _("Leave 0 for services only.")
    if policy.payment_cap_fen:
        cap = yuan(policy.payment_cap_fen)
        amount_hint = _("At most ¥%(cap)s. Leave 0 for services only.") % {"cap": cap}
    suggested = _suggested_yuan(records.investigation) if case.state is CaseState.under_review else ""
    refusal = why_not_decide(session, actor, case)
    return DecisionPanel(
        barred=sentence_of(refusal) if refusal else "",
        opinion=case.opinion,
        notice_hint=_notice_hint(case, policy),
        amount_hint=amount_hint,
        form=forms.decision
        or BlankForm({"approve": "true", "granted_yuan": suggested}, required=required_of(DecisionInput)),
    )


def _notice_hint(case: Case, policy: Policy) -> str:
    """What keeps the decision waiting under a policy whose public notice comes first."""
    if policy.notice_phase is not NoticePhase.pre_decision or notice_period_over(case):
        return ""
    if case.state is CaseState.announced:
        words = _("You can approve after the public notice ends on %(day)s.")
        return words % {"day": case.notice_ends_on}
    return _("This policy requires a public notice before approval. A refusal does not need one.")


def _suggested_yuan(visit: Investigation | None) -> str:
    """The amount that whoever visited suggests, for the decider to change."""
    yuan_suggested = InvestigationInput.model_validate_json(visit.findings).suggested_yuan if visit else 0
    return str(yuan_suggested) if yuan_suggested else ""


def _payment_row(session: Session, actor: Actor, case: Case, payment: Payment, records: ProcedureRecords) -> PaymentRow:
    way = label("payment_way", payment.way)
    goods = visible(actor, payment, "goods")
    may_answer = payment.state is PaymentState.prepared
    refusal = why_not_confirm(session, actor, case, payment) if may_answer else None
    is_upheld = any(objection.upheld for objection in records.objections)
    return PaymentRow(
        payment_id=payment.pk,
        amount_fen=payment.amount_fen,
        state=payment.state,
        how=_(": ").join([way, goods]) if goods else way,
        prepared_by=records.name(payment.prepared_by),
        confirmed_by=records.name(payment.confirmed_by),
        paid_at=payment.paid_at if payment.confirmed_by else None,
        is_first_help=payment.first_help,
        may_recover=payment.state is PaymentState.paid and is_upheld,
        may_answer=may_answer,
        barred=sentence_of(refusal) if refusal else "",
    )


def _helps_first(case: Case) -> bool:
    """Whether money may be paid before the decision (先行救助)."""
    return bool(case.first_help_reason) and case.state in AWAITING_OPINION | AWAITING_DECISION


def _payment(session: Session, actor: Actor, case: Case, forms: CaseForms) -> PaymentPanel | None:
    is_granted = case.state is CaseState.approved and bool(case.granted_fen)
    if not is_granted and not _helps_first(case):
        return None
    fund = find_fund(session, current_code(session, case.region_code)) if may(actor, Action.keep_funds) else None
    accounts = earmarked_accounts_of(session, fund) if fund else []
    granted = f"{case.granted_fen / 100:.2f}" if case.granted_fen else ""
    return PaymentPanel(
        heading=_("Next: pay") if is_granted else _("Relief first"),
        accounts=[(account.pk, _account_words(actor, account)) for account in accounts],
        form=forms.payment
        or BlankForm({"way": "transfer", "amount_yuan": granted}, required=required_of(PaymentInput)),
    )


def _account_words(actor: Actor, account: EarmarkedAccount) -> str:
    return f"{visible(actor, account, 'purpose') or _('General money')} ¥{yuan(account.balance_fen)}"


def _notice_form(session: Session, case: Case, policy: Policy, forms: CaseForms) -> NoticeFormPanel | None:
    is_after_relief = case.state is CaseState.relieved and case.needs_notice
    is_before_decision = case.state is CaseState.under_review and policy.notice_phase is NoticePhase.pre_decision
    if not is_after_relief and not is_before_decision:
        return None
    form = forms.notice or BlankForm({"by_number": "false"}, required=required_of(NoticeInput))
    society = society_of(session, current_code(session, case.region_code))
    return NoticeFormPanel(
        shown_name=shown_name(session, case, by_number=False),
        is_uncounted=bool(form.errors) and (society is None or society.households is None),
        form=form,
    )


def _notice(actor: Actor, case: Case, records: ProcedureRecords, forms: CaseForms) -> NoticePanel | None:
    notice = records.notice
    if notice is None:
        return None
    return NoticePanel(
        notice_id=notice.pk,
        shown_name=notice.shown_name,
        first_day=notice.first_day,
        last_day=notice.last_day,
        is_taken_down=notice.taken_down_at is not None,
        objections=[_objection_row(actor, objection, records) for objection in records.objections],
        may_object=case.state in ON_NOTICE and notice.last_day >= china_day(now()),
        objection_form=forms.objection or BlankForm(required=required_of(ObjectionInput)),
        answer_form=forms.answer
        or BlankForm({"upheld": "false", "recheck": "revisit"}, required=required_of(AnswerInput)),
    )


def _objection_row(actor: Actor, objection: Objection, records: ProcedureRecords) -> ObjectionRow:
    result = ""
    if objection.answered_at:
        recheck = _(" (") + label("recheck", objection.recheck) + _(")") if objection.recheck else ""
        result = (_("Upheld") if objection.upheld else _("Not upheld")) + recheck
    return ObjectionRow(
        objection_id=objection.pk,
        received_at=objection.received_at,
        content=visible(actor, objection, "content"),
        result=result,
        answer=visible(actor, objection, "answer"),
        answered_by=records.name(objection.answered_by),
        due_at=objection.due_at,
    )


def _clock(session: Session, case: Case, records: ProcedureRecords) -> ClockPanel | None:
    if case.due_at is None and records.pause is None:
        return None
    officers = [(user.pk, user.display_name) for user in officers_of(session, case.region_code)]
    return ClockPanel(is_paused=records.pause is not None, officers=officers)
