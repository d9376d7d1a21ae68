"""Reads of funds and payments, within the actor's scope."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.models import Case
from tuoju.relief.errors import FundNotFound, PaymentNotFound
from tuoju.relief.models import EarmarkedAccount, Fund, FundEntry, Payment, PaymentState, Posting


def get_fund(session: Session, actor: Actor, region_code: str) -> Fund:
    """The fund of a village's society. Raises FundNotFound, also out of scope."""
    require(actor, Action.keep_funds)
    query = select(Fund).where(
        Fund.region_code == region_code, col(Fund.region_code).in_(visible_regions(session, actor))
    )
    fund = session.exec(query).first()
    if fund is None:
        raise FundNotFound
    return fund


def find_fund(session: Session, region_code: str) -> Fund | None:
    """The fund of a village's society. The caller has checked that the actor may see the village."""
    return session.exec(select(Fund).where(Fund.region_code == region_code)).first()


def find_funds(session: Session, actor: Actor, *, limit: int = 2000) -> list[tuple[Fund, int]]:
    """Funds in scope with their balance, the lowest first."""
    require(actor, Action.keep_funds)
    balance = func.sum(col(EarmarkedAccount.balance_fen))
    query = (
        select(Fund, balance)
        .join(EarmarkedAccount, col(EarmarkedAccount.fund_id) == col(Fund.id))
        .where(col(Fund.region_code).in_(visible_regions(session, actor)))
        .group_by(col(Fund.id))
        .order_by(balance, col(Fund.id))
    )
    return [(fund, int(total)) for fund, total in session.exec(query.limit(limit))]


def earmarked_accounts_of(session: Session, fund: Fund) -> list[EarmarkedAccount]:
    """The accounts of a fund, the general one first."""
    return list(
        session.exec(
            select(EarmarkedAccount).where(EarmarkedAccount.fund_id == fund.pk).order_by(col(EarmarkedAccount.id))
        )
    )


def balance_on(session: Session, fund: Fund, day: date) -> int:
    """What the fund held at the end of a day, in fen, added up from the ledger."""
    return _balance(session, fund, col(FundEntry.occurred_on) <= day)


def balance_before(session: Session, fund: Fund, day: date) -> int:
    """What the fund held at the beginning of a day, in fen, added up from the ledger."""
    return _balance(session, fund, col(FundEntry.occurred_on) < day)


def _balance(session: Session, fund: Fund, condition: ColumnElement[bool]) -> int:
    query = (
        select(func.coalesce(func.sum(col(Posting.amount_fen)), 0))
        .join(FundEntry, col(FundEntry.id) == col(Posting.entry_id))
        .where(FundEntry.fund_id == fund.pk, condition, col(Posting.account).startswith("earmarked:"))
    )
    return int(session.exec(query).one())


@dataclass(frozen=True)
class StatementLine:
    """One entry of the ledger."""

    entry: FundEntry
    other_side: str
    """Account of the other posting: where the money came from or went to."""
    amount_fen: int
    """Negative where money went out."""
    balance_fen: int
    """Of the fund, after the entry."""


def statement(session: Session, fund: Fund, first: date, last: date) -> list[StatementLine]:
    """The entries between two days, both included, in order."""
    query = (
        select(FundEntry, Posting)
        .join(Posting, col(Posting.entry_id) == col(FundEntry.id))
        .where(FundEntry.fund_id == fund.pk, FundEntry.occurred_on >= first, FundEntry.occurred_on <= last)
        .where(~col(Posting.account).startswith("earmarked:"))
        .order_by(col(FundEntry.occurred_on), col(FundEntry.id))
    )
    balance, lines = balance_before(session, fund, first), []
    for entry, other in session.exec(query):
        balance -= other.amount_fen
        lines.append(StatementLine(entry, other.account, -other.amount_fen, balance))
    return lines


def causes_of_payments(session: Session, payments: Collection[int]) -> dict[int, str]:
    """The cause of hardship of the case of each payment (list hardship_cause), by the id of the payment."""
    query = select(Payment.id, Case.hardship_cause).join(Case, col(Case.id) == col(Payment.case_id))
    return {pk: cause for pk, cause in session.exec(query.where(col(Payment.id).in_(payments))) if pk is not None}


def payments_of(session: Session, cases: Collection[Case]) -> dict[int, list[Payment]]:
    """The payments of each case, in one query."""
    payments: dict[int, list[Payment]] = {case.pk: [] for case in cases}
    for payment in session.exec(select(Payment).where(col(Payment.case_id).in_(payments)).order_by(col(Payment.id))):
        payments[payment.case_id].append(payment)
    return payments


def get_payment(session: Session, actor: Actor, payment_id: int) -> Payment:
    """Raises PaymentNotFound, also out of scope."""
    require(actor, Action.keep_funds)
    query = (
        select(Payment)
        .join(Case, col(Case.id) == col(Payment.case_id))
        .where(Payment.id == payment_id, col(Case.region_code).in_(visible_regions(session, actor)))
    )
    payment = session.exec(query).first()
    if payment is None:
        raise PaymentNotFound
    return payment


def committed_fen(session: Session, case: Case) -> int:
    """Fen paid or prepared for a case."""
    return sum(
        payment.amount_fen
        for payment in payments_of(session, [case])[case.pk]
        if payment.state in (PaymentState.prepared, PaymentState.paid)
    )
