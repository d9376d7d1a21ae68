"""Pages of monthly summaries: what is handed in, one month's sheet, and what each level does with it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.accounts.queries import names_of
from tuoju.accounts.request_limits import Expense
from tuoju.database.records import now
from tuoju.documents.sheets.summary_book import SocietyLine, summary_book
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import county_of, full_name, get_region, names
from tuoju.relief.queries import find_fund
from tuoju.reports import summaries
from tuoju.reports.models import MonthlySummary
from tuoju.reports.persons import relieved_persons
from tuoju.reports.summaries import HandInStatus, RegionSummary
from tuoju.residents.errors import ResidentNotFound
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import BareForm, CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.purposes import stated_purpose
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.reports.page_numbers import cut_page
from tuoju.web.reports.parameters import EditionQuery, MonthQuery, PageNumber, RegionQuery
from tuoju.web.reports.summary_views import (
    MonthNotCountedPage,
    SummaryFacts,
    SummaryListFilter,
    SummaryListPage,
    SummaryPage,
    SummaryPermissions,
    own_summaries_page,
    select_societies,
    society_rows,
    status_tiles,
    summary_chips,
    summary_page,
    summary_url,
    township_rows,
)
from tuoju.words.labels import label, reading_words
from tuoju.words.languages import gettext as _

router = APIRouter()
PER_PAGE = 100
XLSX_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/summaries", dependencies=[needs(Action.read_summaries)])
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    month: MonthQuery = "",
    region: RegionQuery = "",
    only: Annotated[HandInStatus | Literal[""], Query()] = "",
    page: PageNumber = 1,
) -> Response:
    """The months of an actor's own society; above the villages, who has handed in a month, the missing ones first."""
    require(actor, Action.read_summaries)
    home = actor.region_code or ""
    latest = summaries.last_month(session, home)
    if get_region(session, home).level is RegionLevel.village:
        own, has_fund = summaries.summaries_of(session, home), find_fund(session, home) is not None
        view = own_summaries_page(home, full_name(session, home), latest, own, has_fund=has_fund)
        return render(request, view)
    chosen = SummaryListFilter(month or latest, region or home, only)
    return render(request, _list_page(session, actor, chosen, latest, page))


def _list_page(
    session: Session, actor: Actor, chosen: SummaryListFilter, latest: str, page_number: int
) -> SummaryListPage:
    home = actor.region_code or ""
    lines = summaries.summaries_of_month(session, actor, chosen.month, chosen.region)
    townships = summaries.summaries_of_month(session, actor, chosen.month, chosen.region, RegionLevel.township)
    query = {"month": chosen.month, "region": chosen.region, "only": chosen.only}
    page = cut_page(select_societies(lines, chosen), page_number, PER_PAGE, query)
    places = names(session, {line.region_code for line in [*page.rows, *townships]})
    is_township = get_region(session, home).level is RegionLevel.township
    own = summaries.find_summary(session, home, chosen.month) if is_township else None
    return SummaryListPage(
        place=full_name(session, chosen.region),
        month=chosen.month,
        latest=latest,
        region="" if chosen.region == home else chosen.region,
        tiles=status_tiles(lines, chosen),
        own_url=summary_url(home, chosen.month) if is_township else "",
        own_chips=summary_chips(own),
        townships=township_rows([line for line in townships if line.region_code != home], chosen, places),
        only_words=label("summary_state", chosen.only) if chosen.only else "",
        all_url=chosen.url(),
        societies=society_rows(page.rows, chosen.month, places),
        numbers=page.numbers,
    )


@router.get("/summaries/{region_code}/{month}", dependencies=[needs(Action.read_summaries)])
def show(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    region_code: str,
    month: str,
    edition: EditionQuery = None,
) -> Response:
    """One edition of a month, the latest where none is named; or the offer to count a month that has none."""
    latest = summaries.find_summary(session, region_code, month)
    if latest is None:
        return render(request, _not_counted(session, actor, region_code, month))
    summary = summaries.get_summary(session, actor, latest.pk)
    return render(request, _summary_page(session, actor, summary, edition))


def _summary_page(session: Session, actor: Actor, latest: MonthlySummary, edition: int | None) -> SummaryPage:
    editions = summaries.editions_of(session, latest)
    chosen = next((summary for summary in editions if summary.edition == edition), latest)
    before = next((summary for summary in editions if summary.edition == chosen.edition - 1), None)
    sheet = summaries.sheet_of(chosen)
    people = {user for row in editions for user in (row.prepared_by, row.signed_by, row.answered_by)}
    facts = SummaryFacts(
        summary=chosen,
        editions=editions,
        place=full_name(session, chosen.region_code),
        people=names_of(session, people),
        changed=summaries.differences(summaries.sheet_of(before), sheet) if before else None,
        later=summaries.since_counted(session, chosen),
        tampered=summaries.digest_of(chosen) != chosen.digest or bool(summaries.recount(session, chosen)),
        reason=visible(actor, chosen, "reason"),
        return_reason=visible(actor, chosen, "return_reason"),
    )
    permissions = SummaryPermissions(
        may_hand_in=may(actor, Action.hand_in_summaries),
        may_answer=may(actor, Action.accept_summaries) and summaries.may_answer(actor, chosen),
        may_export_in_full=may(actor, Action.reveal_residents),
    )
    return summary_page(facts, permissions)


def _not_counted(session: Session, actor: Actor, region_code: str, month: str) -> MonthNotCountedPage:
    first, last = summaries.open_period(session, actor, region_code, month)
    return MonthNotCountedPage(
        place=full_name(session, region_code),
        month=month,
        first_day=first,
        last_day=last,
        is_over=last < china_day(now()),
        may_count=may(actor, Action.hand_in_summaries),
        count_url=summary_url(region_code, month),
    )


@router.post("/summaries/{region_code}/{month}", dependencies=[needs(Action.hand_in_summaries)])
def prepare(
    request: Request, session: WriteSession, actor: CurrentActor, region_code: str, month: str, form: Form
) -> Response:
    summaries.prepare(session, actor, region_code, month, reason=str(form.get("reason", "")))
    return redirect(request, summary_url(region_code, month), _("Counted. A second person must sign it."))


@router.post("/summaries/editions/{summary_id}/sign", dependencies=[needs(Action.hand_in_summaries)])
def sign(request: Request, session: WriteSession, actor: CurrentActor, summary_id: PathId, form: Form) -> Response:
    summary = summaries.sign(session, actor, summaries.get_summary(session, actor, summary_id))
    return _redirect_to(request, summary, _("Signed and submitted."))


@router.post("/summaries/editions/{summary_id}/accept", dependencies=[needs(Action.accept_summaries)])
def accept(request: Request, session: WriteSession, actor: CurrentActor, summary_id: PathId, form: Form) -> Response:
    summary = summaries.accept(session, actor, summaries.get_summary(session, actor, summary_id))
    return _redirect_to(request, summary, _("Accepted and filed."))


@router.post("/summaries/editions/{summary_id}/return", dependencies=[needs(Action.accept_summaries)])
def return_back(
    request: Request, session: WriteSession, actor: CurrentActor, summary_id: PathId, form: Form
) -> Response:
    summary = summaries.get_summary(session, actor, summary_id)
    summaries.return_back(session, actor, summary, reason=str(form.get("reason", "")))
    return _redirect_to(request, summary, _("Sent back to be corrected."))


def _redirect_to(request: Request, summary: MonthlySummary, message: str) -> Response:
    return redirect(request, summary_url(summary.region_code, summary.month), message)


@router.get(
    "/summaries/editions/{summary_id}/sheet.xlsx", dependencies=[needs(Action.read_summaries), costs(Expense.export)]
)
def export(request: Request, session: WriteSession, actor: CurrentActor, summary_id: PathId) -> Response:
    """The sheet and its persons, masked; the export is audited."""
    return _workbook(session, actor, summaries.get_summary(session, actor, summary_id), purpose="")


@router.post(
    "/summaries/editions/{summary_id}/sheet.xlsx",
    dependencies=[needs(Action.read_summaries), repeatable(READS), costs(Expense.export)],
)
def export_in_full(
    request: Request, session: WriteSession, actor: CurrentActor, summary_id: PathId, form: BareForm
) -> Response:
    """The same with names and numbers in full, for a purpose; the reading of every resident's file is audited."""
    purpose = stated_purpose(session, actor, form)
    return _workbook(session, actor, summaries.get_summary(session, actor, summary_id), purpose=purpose)


def _workbook(session: Session, actor: Actor, summary: MonthlySummary, *, purpose: str) -> Response:
    if purpose and not may(actor, Action.reveal_residents):
        raise ResidentNotFound
    scope = county_of(session, summary.region_code)
    audit.record(session, actor, "export_summary", summary, scope=scope, purpose=purpose)
    book = summary_book(
        _("Monthly summary of %(place)s") % {"place": full_name(session, summary.region_code)},
        summary,
        _society_lines(session, actor, summary),
        summaries.sheet_of(summary),
        relieved_persons(session, actor, summary, purpose=purpose),
        names_of(session, (summary.prepared_by, summary.signed_by, summary.answered_by)),
        _workbook_foot(actor, purpose),
    )
    name = f"summary-{summary.region_code}-{summary.month}-{summary.edition}.xlsx"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(book, media_type=XLSX_MEDIA_TYPE, headers=headers)


def _workbook_foot(actor: Actor, purpose: str) -> str:
    """Who exported the workbook, when, and whether it names people in full."""
    return _("Exported by %(name)s at %(time)s, %(how)s") % {
        "name": actor.display_name,
        "time": f"{datetime.now(CHINA):%Y-%m-%d %H:%M}",
        "how": _("in full, for: %(purpose)s") % {"purpose": reading_words(purpose)} if purpose else _("masked"),
    }


def _society_lines(session: Session, actor: Actor, summary: MonthlySummary) -> list[SocietyLine]:
    """The societies of the summary's region with what they have handed in; for a village its own line alone."""
    if get_region(session, summary.region_code).level is RegionLevel.village:
        state = label("summary_state", summary.state)
        return [SocietyLine(full_name(session, summary.region_code), state, summaries.sheet_of(summary))]
    lines = summaries.summaries_of_month(session, actor, summary.month, summary.region_code)
    places = names(session, {line.region_code for line in lines})
    return [_society_line(places[line.region_code], line) for line in lines]


def _society_line(place: str, line: RegionSummary) -> SocietyLine:
    if line.summary is None or line.missing:
        return SocietyLine(place, label("summary_state", line.status), None)
    zero = line.summary.nothing_happened
    state = _("Zero report") if zero else label("summary_state", line.status)
    return SocietyLine(place, state, summaries.sheet_of(line.summary))
