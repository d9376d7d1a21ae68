"""What always holds of funds and payments; see tuoju.database.rules."""

from collections.abc import Iterator, Mapping

from sqlalchemy import String, literal
from sqlalchemy import cast as sql_cast
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from tuoju.database.rules import RowIds, Rule
from tuoju.relief.models import EarmarkedAccount, FundEntry, Payment, PaymentState, Posting


def entries_balance(session: Session) -> Iterator[RowIds]:
    """The postings of each entry of a fund add up to 0, and there are at least two."""
    query = (
        select(FundEntry.id)
        .join(Posting, col(Posting.entry_id) == col(FundEntry.id), isouter=True)
        .group_by(col(FundEntry.id))
        .having((func.coalesce(func.sum(Posting.amount_fen), 0) != 0) | (func.count(col(Posting.id)) < 2))
    )
    for entry_id in session.exec(query.order_by(col(FundEntry.id))):
        yield {"fund_entry": entry_id or 0}


def balances_equal_entries(session: Session) -> Iterator[RowIds]:
    """The balance of each account of a fund is the sum of its postings, and is not below zero."""
    name = literal("earmarked:").concat(sql_cast(col(EarmarkedAccount.id), String))
    booked = func.coalesce(func.sum(col(Posting.amount_fen)), 0)
    query = (
        sql_select(col(EarmarkedAccount.id))
        .join(Posting, col(Posting.account) == name, isouter=True)
        .group_by(col(EarmarkedAccount.id), col(EarmarkedAccount.balance_fen))
        .having((booked != col(EarmarkedAccount.balance_fen)) | (col(EarmarkedAccount.balance_fen) < 0))
        .order_by(col(EarmarkedAccount.id))
    )
    for account_id in session.execute(query).scalars():
        yield {"earmarked_account": account_id}


def payments_equal_entries(session: Session) -> Iterator[RowIds]:
    """A payment has left its account once if it is paid, has come back if it is recovered, and never left it if it is
    prepared or cancelled."""
    name = literal("earmarked:").concat(sql_cast(col(Payment.account_id), String))
    query = (
        sql_select(
            col(Payment.id),
            col(Payment.state),
            col(Payment.amount_fen),
            func.count(col(Posting.id)),
            func.coalesce(func.sum(col(Posting.amount_fen)), 0),
        )
        .join(FundEntry, col(FundEntry.payment_id) == col(Payment.id), isouter=True)
        .join(Posting, (col(Posting.entry_id) == col(FundEntry.id)) & (col(Posting.account) == name), isouter=True)
        .group_by(col(Payment.id), col(Payment.state), col(Payment.amount_fen))
        .order_by(col(Payment.id))
    )
    for payment_id, state, amount, entries, total in session.execute(query):
        expected = {PaymentState.paid: (1, -amount), PaymentState.recovered: (2, 0)}.get(state, (0, 0))
        if (entries, total) != expected:
            yield {"relief_payment": payment_id}


INVARIANTS: Mapping[str, Rule] = {
    "fund_entries_balance": entries_balance,
    "fund_balances_equal_entries": balances_equal_entries,
    "payments_equal_entries": payments_equal_entries,
}
