"""Society funds: what each holds, its statement, and money in."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import full_name, get_region, names
from tuoju.relief import queries, service, societies
from tuoju.relief.inputs import IncomeInput, SocietyInput
from tuoju.relief.models import Fund, Society
from tuoju.relief.societies import low_funds, society_of
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.edits import filled_from, merged, stored_fields
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.relief.views import FundPage, Statement, fund_list_page, fund_page
from tuoju.words.languages import gettext as _

router = APIRouter(dependencies=[needs(Action.keep_funds)])


@router.get("/funds")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Funds in scope, the lowest first: that is where money is missing."""
    funds = queries.find_funds(session, actor)
    own = get_region(session, actor.region_code or "")
    codes = {fund.region_code for fund, _balance in funds}
    can_open = own.level is RegionLevel.village and own.code not in codes
    view = fund_list_page(
        funds,
        low_funds(session, {fund.region_code: balance for fund, balance in funds}),
        names(session, codes),
        region_to_open=own.code if can_open else "",
    )
    return render(request, view)


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
    """The fund with its statement between two days, by default since New Year."""
    fund = queries.get_fund(session, actor, region_code)
    return render(request, _fund_page(session, actor, fund, first=first, last=last))


def _fund_page(
    session: Session,
    actor: Actor,
    fund: Fund,
    *,
    first: date | None = None,
    last: date | None = None,
    income_form: SubmittedForm[IncomeInput] | None = None,
    society_form: SubmittedForm[SocietyInput] | None = None,
) -> FundPage:
    """The page of a fund, with a form that was rejected as it was typed."""
    today = china_day(now())
    first, last = first or today.replace(month=1, day=1), last or today
    society = society_of(session, fund.region_code)
    statement = Statement(
        first=first,
        last=last,
        before_fen=queries.balance_before(session, fund, first),
        lines=queries.statement(session, fund, first, last),
        after_fen=queries.balance_on(session, fund, last),
    )
    return fund_page(
        actor,
        fund,
        full_name(session, fund.region_code),
        queries.earmarked_accounts_of(session, fund),
        statement,
        income_form=income_form
        or BlankForm({"occurred_on": today.isoformat(), "source": "government"}, required=required_of(IncomeInput)),
        society_form=society_form or filled_from(_stored(society), SocietyInput),
    )


def _stored(society: Society | None) -> dict[str, Any]:
    return stored_fields(society, SocietyInput) if society else dict.fromkeys(SocietyInput.model_fields)


@router.post("/funds/{region_code}/income")
def receive(request: Request, session: WriteSession, actor: CurrentActor, region_code: str, form: Form) -> Response:
    fund = queries.get_fund(session, actor, region_code)
    filled = fill(form, IncomeInput)
    if filled.model is None:
        return render(request, _fund_page(session, actor, fund, income_form=filled), 422)
    service.receive(session, actor, fund, filled.model)
    return redirect(request, f"/funds/{region_code}", _("The money has been added to the fund."))


@router.post("/funds/{region_code}/society")
def record_society(
    request: Request, session: WriteSession, actor: CurrentActor, region_code: str, form: Form
) -> Response:
    fund = queries.get_fund(session, actor, region_code)
    stored = _stored(societies.society_of(session, fund.region_code))
    edit = merged(form, stored, fill(form, SocietyInput).model)
    filled = edit.back(fill(edit.form, SocietyInput))
    if filled.model is None:
        page = _fund_page(session, actor, fund, society_form=filled)
        return render(request, page, 409 if edit.conflicts else 422)
    societies.record_society(session, actor, fund.region_code, filled.model)
    return redirect(request, f"/funds/{region_code}#society", _("Saved."))
