"""What the papers of a case are filled with. Blank papers are filled with nothing at all."""

from dataclasses import dataclass, field
from datetime import date

from sqlmodel import Session, select

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import names_of
from tuoju.cases.inputs import InvestigationInput
from tuoju.cases.models import Case, Need, OpenedBy, Opinion, RefusalReason
from tuoju.cases.procedure import latest_investigation, policy_of
from tuoju.cases.queries import needs_of, steps_of
from tuoju.cases.status import CaseVerb
from tuoju.cases.views import case_seen
from tuoju.database.records import now
from tuoju.readings.models import Budget
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name
from tuoju.relief.models import Payment, PaymentState, PublicNotice
from tuoju.relief.notices import notice_of
from tuoju.relief.queries import payments_of
from tuoju.residents.consents import stands
from tuoju.residents.identity import age_on
from tuoju.residents.models import Consent, ConsentPurpose, Resident, SelfCare, Sex
from tuoju.residents.queries import household_members
from tuoju.residents.service import reveal


@dataclass(frozen=True)
class CaseFacts:
    """The facts on the papers of one case, in full; each None where it is not known or the paper is blank."""

    place: str | None = None
    """The village with its township."""
    number: str | None = None
    rule: str | None = None
    """The policy that the case follows, with its citation."""
    name: str | None = None
    sex: Sex | None = None
    age: int | None = None
    """On the day of acceptance."""
    born_on: date | None = None
    id_number: str | None = None
    phone: str | None = None
    address: str | None = None
    guardian: str | None = None
    """Name and telephone."""
    household: int | None = None
    """How many people live in it."""
    relief_category: str | None = None
    """A code of the list of this name, like `self_care` and `cause` (list hardship_cause)."""
    circumstances: list[str] = field(default_factory=list)
    """Codes of the list vulnerable_tag."""
    disability: tuple[str, str] | None = None
    """Codes of type and grade."""
    self_care: str | None = None
    opened_by: OpenedBy | None = None
    accepted_on: date | None = None
    recorder: str | None = None
    """The name of who recorded the case; `reviewer` and `decider` are names too."""
    cause: str | None = None
    channel: str | None = None
    """How the case was discovered."""
    summary: str | None = None
    consents: set[ConsentPurpose] = field(default_factory=set)
    needs: list[Need] = field(default_factory=list)
    visit: InvestigationInput | None = None
    """The findings of the latest household visit."""
    visitors: list[str] = field(default_factory=list)
    """The names of the investigators."""
    opinion: Opinion | None = None
    opinion_note: str | None = None
    reviewer: str | None = None
    reviewed_on: date | None = None
    granted_fen: int | None = None
    refusal: RefusalReason | None = None
    decision_note: str | None = None
    decider: str | None = None
    decided_on: date | None = None
    payments: list[Payment] = field(default_factory=list)
    """Those that were paid."""
    paid_fen: int | None = None
    """Their sum."""
    payers: dict[int, str] = field(default_factory=dict)
    """The names of who prepared and confirmed them, by account id."""
    notice: PublicNotice | None = None
    relieved_on: date | None = None
    closed_on: date | None = None


def collect_case_facts(session: Session, actor: Actor, case: Case, *, purpose: str) -> CaseFacts:
    """The facts of a case, in full; the reading of the file is audited. The caller got the case within the actor's
    scope. Raises NotPermitted, PurposeMissing, BudgetSpent.
    """
    resident = session.get_one(Resident, case.resident_id)
    revealed = reveal(session, actor, resident, purpose=purpose, budget=Budget.paper)
    policy, visit = policy_of(session, case), latest_investigation(session, case)
    payments = [
        payment
        for payment in payments_of(session, [case])[case.pk]
        if payment.state in (PaymentState.paid, PaymentState.recovered)
    ]
    ids = {case.recorded_by, case.reviewed_by, case.decided_by, *(visit.investigator_ids if visit else [])}
    ids |= {payment.prepared_by for payment in payments} | {payment.confirmed_by for payment in payments}
    people = names_of(session, ids)
    notes = {step.verb: visible(actor, step, "note") for step in steps_of(session, case)}
    return CaseFacts(
        place=full_name(session, case.region_code),
        number=case.number,
        rule=f"{policy.title}（{policy.citation}）",
        name=revealed.name,
        sex=resident.sex,
        age=age_on(revealed.born_on, china_day(case.accepted_at)) if revealed.born_on else None,
        born_on=revealed.born_on,
        id_number=revealed.id_number,
        phone=revealed.phone,
        address=revealed.address,
        guardian=" ".join(text for text in (revealed.guardian_name, revealed.guardian_phone) if text) or None,
        household=len(household_members(session, resident)),
        relief_category=resident.relief_category,
        circumstances=list(resident.vulnerabilities),
        disability=(resident.disability_type, resident.disability_grade or "") if resident.disability_type else None,
        self_care=None if resident.self_care is SelfCare.not_assessed else resident.self_care,
        opened_by=case.opened_by,
        accepted_on=china_day(case.accepted_at),
        recorder=people.get(case.recorded_by),
        cause=case.hardship_cause,
        channel=case.discovery_channel,
        summary=case_seen(actor, case).summary or None,
        consents=_consents(session, resident),
        needs=needs_of(session, [case])[case.pk],
        visit=InvestigationInput.model_validate_json(visit.findings) if visit else None,
        visitors=[people[user_id] for user_id in visit.investigator_ids if user_id in people] if visit else [],
        opinion=case.opinion,
        opinion_note=notes.get(CaseVerb.give_opinion),
        reviewer=people.get(case.reviewed_by or 0),
        reviewed_on=china_day(case.reviewed_at) if case.reviewed_at else None,
        granted_fen=case.granted_fen,
        refusal=case.refusal_reason,
        decision_note=notes.get(CaseVerb.refuse) or notes.get(CaseVerb.approve),
        decider=people.get(case.decided_by or 0),
        decided_on=china_day(case.decided_at) if case.decided_at else None,
        payments=payments,
        paid_fen=sum(payment.amount_fen for payment in payments) if payments else None,
        payers=people,
        notice=notice_of(session, case),
        relieved_on=china_day(case.relief_completed_at) if case.relief_completed_at else None,
        closed_on=china_day(case.closed_at) if case.closed_at else None,
    )


def _consents(session: Session, resident: Resident) -> set[ConsentPurpose]:
    """The purposes for which a consent of the resident stands today."""
    query = select(Consent).where(Consent.resident_id == resident.pk, stands(china_day(now())))
    return {consent.purpose for consent in session.exec(query)}
