"""Society funds: what each holds, its statement, and money in."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name, get_region, names
from tuoju.relief import queries, service, societies
from tuoju.relief.inputs import IncomeInput, SocietyInput
from tuoju.relief.societies import low_funds, society_of
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.get("/funds")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Funds in scope, the lowest first: that is where money is missing."""
    funds = queries.find_funds(session, actor)
    own = get_region(session, actor.region_code or "")
    codes = {fund.region_code for fund, _balance in funds}
    return render(
        request,
        "relief/index.html",
        funds=funds,
        low=low_funds(session, {fund.region_code: balance for fund, balance in funds}),
        total=sum(balance for _fund, balance in funds),
        places=names(session, codes),
        to_open=own.code if own.level == "village" and own.code not in codes else "",
    )


@router.post("/funds/{region_code}")
def open_fund(request: Request, session: WriteSession, actor: CurrentActor, region_code: str, form: Form) -> Response:
    service.open_fund(session, actor, region_code)
    return redirect(request, f"/funds/{region_code}", _("The fund is open."))


@router.get("/funds/{region_code}")
def show(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    region_code: str,
    first: Annotated[date | None, Query()] = None,
    last: Annotated[date | None, Query()] = None,
) -> Response:
    today = china_day(now())
    days = (first or today.replace(month=1, day=1), last or today)
    return _page(request, session, actor, region_code, _no_income(), days)


def _no_income() -> BlankForm:
    return BlankForm({"occurred_on": china_day(now()).isoformat(), "source": "government"})


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    region_code: str,
    form: BlankForm | SubmittedForm[IncomeInput],
    days: tuple[date, date],
    status: int = 200,
    society_form: SubmittedForm[SocietyInput] | None = None,
) -> Response:
    fund = queries.get_fund(session, actor, region_code)
    first, last = days
    society = society_of(session, region_code)
    return render(
        request,
        "relief/show.html",
        status,
        fund=fund,
        place=full_name(session, region_code),
        purses=queries.earmarked_accounts_of(session, fund),
        lines=queries.statement(session, fund, first, last),
        before=queries.balance_on(session, fund, date.fromordinal(first.toordinal() - 1)),
        at_end=queries.balance_on(session, fund, last),
        first=first,
        last=last,
        other_side=_other_side,
        form=form,
        society_form=society_form or BlankForm(society.model_dump() if society else {}),
    )


def _other_side(account: str) -> str:
    """Where money came from or went to, in words."""
    kind, _colon, what = account.partition(":")
    return label("fund_source" if kind == "source" else "payment_way", what)


@router.post("/funds/{region_code}/income")
def receive(request: Request, session: WriteSession, actor: CurrentActor, region_code: str, form: Form) -> Response:
    fund = queries.get_fund(session, actor, region_code)
    filled = fill(form, IncomeInput)
    if filled.model is None:
        today = china_day(now())
        return _page(request, session, actor, region_code, filled, (today.replace(month=1, day=1), today), 422)
    service.receive(session, actor, fund, filled.model)
    return redirect(request, f"/funds/{region_code}", _("The money is in the fund."))


@router.post("/funds/{region_code}/society")
def record_society(
    request: Request, session: WriteSession, actor: CurrentActor, region_code: str, form: Form
) -> Response:
    fund = queries.get_fund(session, actor, region_code)
    filled = fill(form, SocietyInput)
    if filled.model is None:
        today = china_day(now())
        days = (today.replace(month=1, day=1), today)
        return _page(request, session, actor, region_code, _no_income(), days, 422, society_form=filled)
    societies.record_society(session, actor, fund.region_code, filled.model)
    return redirect(request, f"/funds/{region_code}#society", _("Saved."))
