"""Verbs of society funds and relief payments."""

from datetime import date, datetime, time

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.errors import ChairDecides
from tuoju.cases.models import Case
from tuoju.cases.procedure import (
    chair_decides,
    complete_relief,
    is_only_officer,
    others_who_may,
    policy_of,
    require_no_conflict_of_interest,
    require_reason,
)
from tuoju.cases.status import ENDED_CASES, CaseState
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import county_of, current_code, is_current
from tuoju.relief.errors import (
    AboveGrant,
    AboveYearlyCap,
    FundNotFound,
    NotAllPaid,
    NotEnoughMoney,
    NotYetApproved,
    PaymentAnswered,
    PaymentFrozen,
    SecondPersonNeeded,
)
from tuoju.relief.inputs import IncomeInput, PaymentInput, fen
from tuoju.relief.models import EarmarkedAccount, Fund, FundEntry, FundSource, Payment, PaymentState, Posting
from tuoju.relief.queries import committed_fen, earmarked_accounts_of, get_fund
from tuoju.residents.models import Resident


def open_fund(session: Session, actor: Actor, region_code: str) -> Fund:
    """Open the fund of a village's society, or return the one that exists.

    Raises FundNotFound for a region out of scope or above the villages.
    """
    require(actor, Action.keep_funds)
    existing = session.exec(select(Fund).where(Fund.region_code == region_code)).first()
    if existing is not None:
        return get_fund(session, actor, region_code)
    # The village's row is locked, so that two officers at the same time open one fund.
    village = session.exec(
        select(Region)
        .where(
            Region.code == region_code,
            Region.level == RegionLevel.village,
            is_current(),
            col(Region.code).in_(visible_regions(session, actor)),
        )
        .with_for_update(key_share=True)
    ).first()
    if village is None:
        raise FundNotFound
    fund = Fund(region_code=region_code, opened_by=actor.user_id, opened_at=now())
    session.add(fund)
    session.flush()
    session.add(EarmarkedAccount(fund_id=fund.pk))
    session.flush()
    audit.record(session, actor, "open_fund", fund, scope=county_of(session, region_code))
    return fund


def receive(session: Session, actor: Actor, fund: Fund, inputs: IncomeInput) -> FundEntry:
    """Record income, on the general account or on the one of its purpose."""
    require(actor, Action.keep_funds)
    # The fund's row is locked, so that two officers at the same time open one account for a purpose.
    session.exec(select(Fund.id).where(Fund.id == fund.pk).with_for_update(key_share=True)).one()
    accounts = session.exec(select(EarmarkedAccount).where(EarmarkedAccount.fund_id == fund.pk))
    account = next((account for account in accounts if account.purpose == inputs.purpose), None)
    if account is None:
        account = EarmarkedAccount(fund_id=fund.pk, purpose=inputs.purpose)
        session.add(account)
        session.flush()
    amount = fen(inputs.amount_yuan)
    entry = FundEntry(
        fund_id=fund.pk, occurred_on=inputs.occurred_on, note=inputs.note, recorded_by=actor.user_id, recorded_at=now()
    )
    _enter(session, entry, account.pk, f"source:{inputs.source}", amount)
    audit.record(
        session, actor, "receive_money", fund, scope=county_of(session, fund.region_code), entry=entry.pk, fen=amount
    )
    return entry


def carry_over_fund(session: Session, actor: Actor, old: str, new: str) -> int:
    """Carry the money of a village's fund over to the village that followed it, account by account; the fen.

    Both ledgers get an entry, as negative and as further income from other sources: the sum over the city stays, and
    the old fund keeps its history. Payments that are prepared are paid from the new fund. The caller has changed the
    divisions in the name of `actor`.
    """
    fund = session.exec(select(Fund).where(Fund.region_code == old)).first()
    if fund is None:
        return 0
    into = session.exec(select(Fund).where(Fund.region_code == new)).first()
    if into is None:
        into = Fund(region_code=new, opened_by=actor.user_id, opened_at=now())
        session.add(into)
        session.flush()
    by_purpose = {account.purpose: account for account in earmarked_accounts_of(session, into)}
    total = 0
    for account in earmarked_accounts_of(session, fund):
        target = by_purpose.get(account.purpose)
        if target is None:
            target = EarmarkedAccount(fund_id=into.pk, purpose=account.purpose)
            session.add(target)
            session.flush()
        amount, source = account.balance_fen, f"source:{FundSource.other}"
        if amount:
            _enter(session, _carry_entry(actor, fund, f"区划变更，转入{new}"), account.pk, source, -amount)
            _enter(session, _carry_entry(actor, into, f"区划变更，由{old}转入"), target.pk, source, amount)
        waiting = select(Payment).where(Payment.account_id == account.pk, Payment.state == PaymentState.prepared)
        for payment in session.exec(waiting):
            payment.account_id = target.pk
        total += amount
    session.flush()
    scope = county_of(session, new)
    audit.record(session, actor, "carry_over_fund", fund, scope=scope, into=into.pk, fen=total)
    return total


def _carry_entry(actor: Actor, fund: Fund, note: str) -> FundEntry:
    return FundEntry(
        fund_id=fund.pk, occurred_on=china_day(now()), note=note, recorded_by=actor.user_id, recorded_at=now()
    )


def _enter(session: Session, entry: FundEntry, account_id: int, other: str, amount: int) -> None:
    """Write an entry with both its postings and change the balance of the account; a negative amount leaves it.

    Raises NotEnoughMoney: the update only succeeds where enough is left, also when others pay at the same time.
    """
    statement = (
        update(EarmarkedAccount)
        .where(col(EarmarkedAccount.id) == account_id, col(EarmarkedAccount.balance_fen) + amount >= 0)
        .values(balance_fen=col(EarmarkedAccount.balance_fen) + amount)
        .returning(col(EarmarkedAccount.balance_fen))
    )
    if session.execute(statement).first() is None:
        raise NotEnoughMoney(
            session.exec(select(EarmarkedAccount.balance_fen).where(EarmarkedAccount.id == account_id)).one()
        )
    session.add(entry)
    session.flush()
    session.add(Posting(entry_id=entry.pk, account=f"earmarked:{account_id}", amount_fen=amount))
    session.add(Posting(entry_id=entry.pk, account=other, amount_fen=-amount))
    session.flush()


def prepare_payment(session: Session, actor: Actor, case: Case, inputs: PaymentInput) -> Payment:
    """Prepare a payment of what was granted, or before the decision first help in an emergency.

    First help: 先行救助, 社会救助法 art. 50.

    Raises NotYetApproved, AboveGrant, AboveYearlyCap, PaymentFrozen, ConflictOfInterest, and FundNotFound for the
    account of another society.
    """
    require(actor, Action.keep_funds)
    require_no_conflict_of_interest(session, actor, case)
    if case.state is CaseState.objected:
        raise PaymentFrozen
    # The person's row is locked, so that two officers at the same time neither prepare one grant
    # twice nor exceed the yearly cap.
    person = select(Resident.id).where(Resident.id == case.resident_id)
    session.exec(person.with_for_update(key_share=True)).one()
    amount, first_help = fen(inputs.amount_yuan), case.state is not CaseState.approved
    allowed = _first_help_cap(session, case) if first_help else case.granted_fen or 0
    left = allowed - committed_fen(session, case)
    if amount > left:
        raise AboveGrant(max(left, 0))
    _check_yearly_cap(session, case, amount)
    account = session.get(EarmarkedAccount, inputs.account_id)
    if account is None or get_fund(session, actor, current_code(session, case.region_code)).pk != account.fund_id:
        raise FundNotFound
    payment = Payment(
        case_id=case.pk,
        account_id=account.pk,
        way=inputs.way,
        amount_fen=amount,
        goods=inputs.goods,
        first_help=first_help,
        prepared_by=actor.user_id,
        prepared_at=now(),
    )
    session.add(payment)
    session.flush()
    _audit(session, actor, "prepare_payment", case, payment)
    return payment


def _first_help_cap(session: Session, case: Case) -> int:
    cap = policy_of(session, case).first_help_cap_fen
    if not case.first_help_reason or case.state in ENDED_CASES or case.granted_fen is not None or cap is None:
        raise NotYetApproved
    return cap


def _check_yearly_cap(session: Session, case: Case, amount: int) -> None:
    cap = policy_of(session, case).yearly_cap_fen
    if cap is None:
        return
    new_year = datetime.combine(date(china_day(now()).year, 1, 1), time(), tzinfo=CHINA)
    query = (
        select(func.coalesce(func.sum(col(Payment.amount_fen)), 0))
        .join(Case, col(Case.id) == col(Payment.case_id))
        .where(
            Case.resident_id == case.resident_id,
            col(Payment.state).in_([PaymentState.prepared, PaymentState.paid]),
            col(Payment.prepared_at) >= new_year,
        )
    )
    with system_scope(session, Escape.repeated_relief):
        earlier = int(session.exec(query).one())
    if earlier + amount > cap:
        raise AboveYearlyCap(max(cap - earlier, 0))


def confirm_payment(session: Session, actor: Actor, payment: Payment) -> Payment:
    """Pay a prepared payment: balance and ledger change in this transaction.

    With the last part of the grant the relief is complete. Raises SecondPersonNeeded, NotEnoughMoney, PaymentAnswered,
    PaymentFrozen, NotYetApproved, ConflictOfInterest, ChairDecides.
    """
    require(actor, Action.keep_funds)
    case = session.get_one(Case, payment.case_id)
    require_no_conflict_of_interest(session, actor, case)
    if chair_decides(session, actor, case):
        raise ChairDecides
    if payment.state is not PaymentState.prepared:
        raise PaymentAnswered
    if case.state is CaseState.objected:
        raise PaymentFrozen
    if case.state in ENDED_CASES:
        raise NotYetApproved
    if not payment.first_help and case.state is not CaseState.approved:
        raise NotYetApproved
    if (refusal := why_not_confirm(session, actor, case, payment)) is not None:
        raise refusal
    payment.state, payment.confirmed_by, payment.paid_at = PaymentState.paid, actor.user_id, now()
    session.flush()
    account = session.get_one(EarmarkedAccount, payment.account_id)
    entry = FundEntry(
        fund_id=account.fund_id,
        occurred_on=china_day(now()),
        payment_id=payment.pk,
        recorded_by=actor.user_id,
        recorded_at=now(),
    )
    _enter(session, entry, account.pk, f"relief:{payment.way}", -payment.amount_fen)
    _audit(session, actor, "confirm_payment", case, payment)
    if case.state is CaseState.approved and _paid_fen(session, case) >= (case.granted_fen or 0):
        complete_relief(session, actor, case)
    return payment


def why_not_confirm(session: Session, actor: Actor, case: Case, payment: Payment) -> SecondPersonNeeded | None:
    """What keeps this actor from confirming the payment that they prepared themselves; None if nothing does."""
    if payment.prepared_by == actor.user_id and _second_person_needed(session, actor, case):
        return SecondPersonNeeded(others_who_may(session, actor, case, Action.keep_funds))
    return None


def _second_person_needed(session: Session, actor: Actor, case: Case) -> bool:
    """Whether another person must confirm, by the policy. Where it lets a society's only officer decide alone, that
    officer may also confirm what they prepared.
    """
    policy = policy_of(session, case)
    alone = policy.sole_officer_may_decide and is_only_officer(session, actor, case)
    return policy.persons_per_payment == 2 and not alone


def _paid_fen(session: Session, case: Case) -> int:
    query = select(func.coalesce(func.sum(col(Payment.amount_fen)), 0))
    return int(session.exec(query.where(Payment.case_id == case.pk, Payment.state == PaymentState.paid)).one())


def cancel_payment(session: Session, actor: Actor, payment: Payment) -> Payment:
    """Cancel a prepared payment. Raises PaymentAnswered, ConflictOfInterest."""
    require(actor, Action.keep_funds)
    case = session.get_one(Case, payment.case_id)
    require_no_conflict_of_interest(session, actor, case)
    if payment.state is not PaymentState.prepared:
        raise PaymentAnswered
    payment.state = PaymentState.cancelled
    session.flush()
    _audit(session, actor, "cancel_payment", case, payment)
    return payment


def recover_payment(session: Session, actor: Actor, payment: Payment, *, note: str) -> Payment:
    """Return a paid amount to its account by a further entry, after an objection was upheld (追缴).

    Raises PaymentAnswered unless it was paid, ReasonRequired, ConflictOfInterest.
    """
    require(actor, Action.decide_cases)
    case = session.get_one(Case, payment.case_id)
    require_no_conflict_of_interest(session, actor, case)
    require_reason(note)
    if payment.state is not PaymentState.paid:
        raise PaymentAnswered
    payment.state = PaymentState.recovered
    session.flush()
    account = session.get_one(EarmarkedAccount, payment.account_id)
    entry = FundEntry(
        fund_id=account.fund_id,
        occurred_on=china_day(now()),
        payment_id=payment.pk,
        note=note,
        recorded_by=actor.user_id,
        recorded_at=now(),
    )
    _enter(session, entry, account.pk, f"relief:{payment.way}", payment.amount_fen)
    _audit(session, actor, "recover_payment", case, payment)
    return payment


def report_services(session: Session, actor: Actor, case: Case) -> Case:
    """Record that the service needs are reported, which completes the relief when nothing is left to pay.

    Raises NotAllPaid, IllegalCaseStep, ConflictOfInterest.
    """
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    if case.state is CaseState.approved and _paid_fen(session, case) < (case.granted_fen or 0):
        raise NotAllPaid
    return complete_relief(session, actor, case)


def _audit(session: Session, actor: Actor, verb: str, case: Case, payment: Payment) -> None:
    scope = county_of(session, case.region_code)
    audit.record(session, actor, verb, case, scope=scope, payment=payment.pk, fen=payment.amount_fen)
