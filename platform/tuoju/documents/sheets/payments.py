"""Relief payments (发放台账) in and out of Excel. Imported rows are prepared; a second person confirms each."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, func, select

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor, visible_regions
from tuoju.accounts.queries import names_of
from tuoju.cases.models import Case
from tuoju.cases.status import CaseState
from tuoju.documents.sheets.list_sheet import EXPORT_BATCH, Batch, ListSheet
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import current_code
from tuoju.relief.errors import AboveGrant, AboveYearlyCap, FundNotFound, NotYetApproved
from tuoju.relief.inputs import PaymentInput
from tuoju.relief.models import Payment, PaymentWay
from tuoju.relief.queries import committed_fen, earmarked_accounts_of, find_fund
from tuoju.relief.service import prepare_payment
from tuoju.residents.masking import masked_name
from tuoju.residents.models import Resident
from tuoju.words.labels import label, options
from tuoju_projects.cells import fen, one_of
from tuoju_projects.sheets import Column, Sheet, as_text
from tuoju_text.inputs import Input


class PaymentRow(Input):
    """One payment as a row, from the general account of the society's fund."""

    case: str
    amount_fen: int = Field(ge=1)
    way: PaymentWay = PaymentWay.transfer
    goods: str = Field(default="", max_length=120)


def _sheet(_session: Session, _actor: Actor) -> Sheet[PaymentRow]:
    ways = {words: code for code, words in options("payment_way")}
    columns = [
        Column("case", ("个案编号", "Case"), as_text, True, example="110101001001-2026-0001", width=28),
        Column("amount_fen", ("金额（元）", "Amount (yuan)"), fen, True, example=500),
        Column("way", ("发放方式", "How"), one_of(ways), offered=list(ways), example=next(iter(ways))),
        Column("goods", ("物品", "Goods"), as_text, width=20),
        Column("name", ("姓名", "Name"), as_text),
        Column("state", ("状态", "State"), as_text),
        Column("day", ("日期", "Day"), as_text),
        Column("people", ("经办、复核", "Prepared, confirmed"), as_text, width=24),
    ]
    return Sheet("救助款物发放", columns, PaymentRow, lambda row: row.case)


def _case(session: Session, actor: Actor, row: PaymentRow) -> Case | None:
    visible = visible_regions(session, actor)
    return session.exec(select(Case).where(Case.number == row.case, col(Case.region_code).in_(visible))).first()


def _check(session: Session, actor: Actor, row: PaymentRow) -> Sequence[tuple[str, str]]:
    case = _case(session, actor, row)
    if case is None:
        return [("case", "unknown_case")]
    if case.state is not CaseState.approved:
        return [("case", "not_approved")]
    if committed_fen(session, case) + row.amount_fen > (case.granted_fen or 0):
        return [("amount_fen", "above_grant")]
    if row.way is PaymentWay.goods and not row.goods:
        return [("goods", "missing")]
    return [] if find_fund(session, current_code(session, case.region_code)) else [("case", "no_fund")]


def _add(session: Session, actor: Actor, row: PaymentRow) -> None:
    case = _case(session, actor, row)
    fund = find_fund(session, current_code(session, case.region_code)) if case else None
    if case is None or fund is None:
        raise FundNotFound
    payment = PaymentInput(
        account_id=earmarked_accounts_of(session, fund)[0].pk,
        way=row.way,
        amount_yuan=Decimal(row.amount_fen) / 100,
        goods=row.goods,
    )
    prepare_payment(session, actor, case, payment)


def _count(session: Session, actor: Actor) -> int:
    query = select(func.count(col(Payment.id))).join(Case, col(Case.id) == col(Payment.case_id))
    return session.exec(query.where(col(Case.region_code).in_(visible_regions(session, actor)))).one()


def _export_batch(session: Session, actor: Actor, _purpose: str, after: Any) -> Batch:
    """In the order of payments; a place is the id of the last."""
    query = (
        select(Payment, Case, Resident)
        .join(Case, col(Case.id) == col(Payment.case_id))
        .join(Resident, col(Resident.id) == col(Case.resident_id))
        .where(col(Case.region_code).in_(visible_regions(session, actor)), col(Payment.id) > (after or 0))
        .order_by(col(Payment.id))
        .limit(EXPORT_BATCH)
    )
    payments = session.exec(query).all()
    people = names_of(
        session, {who for payment, *_rest in payments for who in (payment.prepared_by, payment.confirmed_by)}
    )
    rows = [
        {
            "case": case.number,
            "amount_fen": payment.amount_fen / 100,
            "way": label("payment_way", payment.way),
            "goods": visible(actor, payment, "goods"),
            "name": masked_name(resident),
            "state": label("payment_state", payment.state),
            "day": china_day(payment.paid_at or payment.prepared_at).isoformat(),
            "people": "、".join(
                people[who] for who in (payment.prepared_by, payment.confirmed_by) if who is not None and who in people
            ),
        }
        for payment, case, resident in payments
    ]
    return Batch(rows, payments[-1][0].pk if len(payments) == EXPORT_BATCH else None)


PAYMENTS = ListSheet(
    sheet=_sheet,
    add=_add,
    check=_check,
    count=_count,
    export_batch=_export_batch,
    add_errors=(NotYetApproved, AboveGrant, AboveYearlyCap, FundNotFound),
    import_action=Action.keep_funds,
    export_action=Action.keep_funds,
    home="/cases?state=approved",
    is_personal=False,
)
