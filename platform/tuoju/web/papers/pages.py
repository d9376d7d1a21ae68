"""Papers to print as PDF: with the facts of a file, or blank for where there is no network."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import names_of
from tuoju.accounts.request_limits import Expense
from tuoju.cases.errors import NoPolicy
from tuoju.cases.policies import Scheme, policy_for
from tuoju.cases.queries import get_case
from tuoju.database.records import now
from tuoju.documents.errors import PaperNotFound
from tuoju.documents.papers import board_papers, service_papers, society_papers
from tuoju.documents.papers.blank_papers import BLANK_PAPERS
from tuoju.documents.papers.case_facts import collect_case_facts
from tuoju.documents.papers.case_papers import CASE_PAPERS
from tuoju.documents.papers.referral_facts import collect_referral_facts, visits_for_record
from tuoju.documents.papers.summary_paper import monthly_summary
from tuoju.documents.papers.typesetting import Document, to_pdf
from tuoju.documents.sheets.summary_book import SECTIONS
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import full_name, get_region
from tuoju.relief import notices
from tuoju.relief.societies import society_of
from tuoju.reports import summaries
from tuoju.reports.models import MonthlySummary
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import BareForm, CurrentActor, ReadSession, WriteSession, site_address
from tuoju.web.kit.gates import Audience, needs, open_to
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.purposes import stated_purpose
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import render
from tuoju.web.papers.views import BlankFormsPage
from tuoju.words.languages import use_language

router = APIRouter()


@router.get("/papers", dependencies=[needs(Action.use_application)])
def index(request: Request, actor: CurrentActor) -> Response:
    return render(request, BlankFormsPage(names=list(BLANK_PAPERS)))


@router.get("/papers/{name}.pdf", dependencies=[needs(Action.use_application), costs(Expense.paper)])
def blank(actor: CurrentActor, name: str) -> Response:
    if name not in BLANK_PAPERS:
        raise PaperNotFound(name)
    return _pdf(BLANK_PAPERS[name](), f"blank-{name}")


@router.post(
    "/cases/{case_id}/papers/{name}.pdf",
    dependencies=[needs(Action.reveal_residents), repeatable(READS), costs(Expense.paper)],
)
def case_paper(session: WriteSession, actor: CurrentActor, case_id: PathId, name: str, form: BareForm) -> Response:
    """A paper of a case in full; the reading of the file is audited."""
    case = get_case(session, actor, case_id)
    if name not in CASE_PAPERS:
        raise PaperNotFound(name)
    with use_language("zh_CN"):
        facts = collect_case_facts(session, actor, case, purpose=stated_purpose(session, actor, form))
        paper = CASE_PAPERS[name](facts, _foot(actor))
        return _pdf(paper, f"{case.number}-{name}")


@router.get(
    "/board/{region_code}/sheet.pdf",
    dependencies=[open_to(Audience.everybody, "the board of a village hangs in public, masked"), costs(Expense.paper)],
)
def notice_sheet(
    request: Request,
    session: ReadSession,
    region_code: str,
    paper: Annotated[str, Query(pattern="^a[34]$")] = "a4",
) -> Response:
    """The public notices of a village today, to hang up, on A4 or A3; open to everybody, like the board itself."""
    place = full_name(session, get_region(session, region_code).code)
    today = china_day(now())
    society = society_of(session, region_code)
    with use_language("zh_CN"):
        sheet = board_papers.notice_sheet(
            place,
            notices.on_board(session, region_code, today),
            address=_board_address(request, region_code),
            policy=policy_for(session, Scheme.society_relief, region_code, today),
            telephone=society.telephone if society else "",
            large=paper == "a3",
        )
        return _pdf(sheet, f"notice-{region_code}")


@router.get(
    "/board/{region_code}/poster.pdf",
    dependencies=[open_to(Audience.everybody, "the board of a village hangs in public, masked"), costs(Expense.paper)],
)
def poster(request: Request, session: ReadSession, region_code: str) -> Response:
    """A poster with the QR code of the village's board."""
    place = full_name(session, get_region(session, region_code).code)
    with use_language("zh_CN"):
        return _pdf(board_papers.poster(place, _board_address(request, region_code)), f"poster-{region_code}")


def _board_address(request: Request, region_code: str) -> str:
    return f"{site_address(request)}/board/{region_code}"


@router.get("/funds/{region_code}/account.pdf", dependencies=[needs(Action.keep_funds), costs(Expense.paper)])
def open_account(
    session: ReadSession,
    actor: CurrentActor,
    region_code: str,
    first: Annotated[date | None, Query()] = None,
    last: Annotated[date | None, Query()] = None,
) -> Response:
    """收支公开表 of a period, by default this month, to hang up: nobody who was helped is named."""
    end = last or china_day(now())
    with use_language("zh_CN"):
        facts = society_papers.collect_account(session, actor, region_code, first or end.replace(day=1), end)
        return _pdf(society_papers.open_account(facts, _foot(actor)), f"account-{region_code}")


@router.post(
    "/referrals/{referral_id}/slip.pdf",
    dependencies=[needs(Action.read_need_texts), repeatable(READS), costs(Expense.paper)],
)
def slip(session: WriteSession, actor: CurrentActor, referral_id: PathId, form: BareForm) -> Response:
    """转介单 of a referral; while the referral is served its person is named in full, which is audited."""
    purpose = stated_purpose(session, actor, form)
    with use_language("zh_CN"):
        facts = collect_referral_facts(session, actor, referral_id, purpose=purpose)
        return _pdf(service_papers.slip(facts, _foot(actor)), f"{facts.number}-slip")


@router.post(
    "/referrals/{referral_id}/services.pdf",
    dependencies=[needs(Action.read_need_texts), repeatable(READS), costs(Expense.paper)],
)
def services(session: WriteSession, actor: CurrentActor, referral_id: PathId, form: BareForm) -> Response:
    """服务记录表 of a referral; while the referral is served its person is named in full, which is audited."""
    purpose = stated_purpose(session, actor, form)
    with use_language("zh_CN"):
        facts = collect_referral_facts(session, actor, referral_id, purpose=purpose)
        visits = visits_for_record(session, actor, referral_id, facts)
        return _pdf(service_papers.service_record(facts, visits, _foot(actor)), f"{facts.number}-services")


@router.get(
    "/summaries/editions/{summary_id}/sheet.pdf", dependencies=[needs(Action.read_summaries), costs(Expense.paper)]
)
def summary_sheet(session: ReadSession, actor: CurrentActor, summary_id: PathId) -> Response:
    """月报 of one edition."""
    summary = summaries.get_summary(session, actor, summary_id)
    with use_language("zh_CN"):
        paper = monthly_summary(
            full_name(session, summary.region_code),
            summary,
            summaries.sheet_of(summary),
            SECTIONS,
            names_of(session, (summary.prepared_by, summary.signed_by, summary.answered_by)),
            reason=visible(actor, summary, "reason"),
            rule=_rule_of(session, summary),
            foot=_foot(actor),
        )
        return _pdf(paper, f"summary-{summary.region_code}-{summary.month}-{summary.edition}")


def _rule_of(session: Session, summary: MonthlySummary) -> str:
    """The policy in force at the beginning of the month, with its citation; empty if there was none."""
    try:
        policy = policy_for(session, Scheme.society_relief, summary.region_code, summary.first_day)
    except NoPolicy:
        return ""
    return f"{policy.title}（{policy.citation}）"


def _foot(actor: Actor) -> str:
    """Who printed it and when, for the foot of every page."""
    return f"{actor.display_name} {datetime.now(CHINA):%Y-%m-%d %H:%M} 打印"


def _pdf(document: Document, name: str) -> Response:
    """The document as a PDF that the browser shows and does not store."""
    headers = {"content-disposition": f'inline; filename="{name}.pdf"', "cache-control": "no-store"}
    return Response(to_pdf(document), media_type="application/pdf", headers=headers)
