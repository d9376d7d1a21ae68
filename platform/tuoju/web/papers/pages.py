"""Papers to print: filled from the file, or blank for where there is no network."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import get_user, names_of
from tuoju.cases.errors import CaseNotFound, NoPolicy
from tuoju.cases.policies import Scheme, policy_for
from tuoju.cases.queries import get_case
from tuoju.database.records import now
from tuoju.documents.papers import board_papers, service_papers, society_papers
from tuoju.documents.papers.case_facts import CaseFacts, collect_case_facts
from tuoju.documents.papers.case_papers import CASE_PAPERS
from tuoju.documents.papers.file_paper import cover
from tuoju.documents.papers.request_papers import discovery
from tuoju.documents.papers.service_papers import ReferralFacts
from tuoju.documents.papers.summary_paper import blank_summary, monthly_summary
from tuoju.documents.papers.typesetting import Document, Field, to_pdf
from tuoju.documents.sheets.summary_book import SECTIONS
from tuoju.referrals import queries as referral_queries
from tuoju.referrals import service as referral_service
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import full_name, get_region
from tuoju.relief import notices
from tuoju.relief.queries import balance_on, get_fund, statement
from tuoju.relief.societies import society_of
from tuoju.reports import summaries
from tuoju.reports.models import MonthlySummary
from tuoju.residents.masking import age_band, masked
from tuoju.residents.models import Resident
from tuoju.residents.service import reveal
from tuoju.visits.queries import visits_of
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.rendering import render
from tuoju.words.labels import label
from tuoju.words.languages import use_language
from tuoju.words.reasons import reasons_for_paper

router = APIRouter()

BLANKS: Mapping[str, Callable[[], Document]] = {
    **{name: lambda paper=paper: paper(CaseFacts(), "") for name, paper in CASE_PAPERS.items()},  # type: ignore[misc]
    "discovery": lambda: discovery(CaseFacts()),
    "minutes": society_papers.minutes,
    "notice": lambda: board_papers.notice_sheet(None, []),
    "open_account": lambda: society_papers.open_account(None, None, []),
    "slip": lambda: service_papers.slip(ReferralFacts()),
    "service_record": lambda: service_papers.service_record(ReferralFacts(), []),
    "summary": lambda: blank_summary(SECTIONS),
    "cover": cover,
}


@router.get("/papers")
def index(request: Request, actor: CurrentActor) -> Response:
    """Every form, blank, for the pen."""
    return render(request, "papers/index.html", names=list(BLANKS))


@router.get("/papers/{name}.pdf")
def blank(actor: CurrentActor, name: str) -> Response:
    if name not in BLANKS:
        raise CaseNotFound
    return _pdf(BLANKS[name](), f"blank-{name}")


@router.get("/cases/{case_id}/papers/{name}.pdf")
def case_paper(session: WriteSession, actor: CurrentActor, case_id: PathId, name: str) -> Response:
    """A paper of a case in full; the reading of the file is on record."""
    case = get_case(session, actor, case_id)
    if name not in CASE_PAPERS:
        raise CaseNotFound
    with use_language("zh_CN"):
        return _pdf(CASE_PAPERS[name](collect_case_facts(session, actor, case), _foot(actor)), f"{case.number}-{name}")


@router.get("/board/{region_code}/sheet.pdf")
def notice_sheet(
    request: Request,
    session: ReadSession,
    region_code: str,
    paper: Annotated[str, Query(pattern="^a[34]$")] = "a4",
) -> Response:
    """What hangs on a village's board today, for the wall, A4 or A3; open to everybody, as the board is."""
    place = full_name(session, get_region(session, region_code).code)
    today = china_day(now())
    found = notices.on_board(session, region_code, today)
    policy = policy_for(session, Scheme.society_relief, region_code, today)
    with use_language("zh_CN"):
        sheet = board_papers.notice_sheet(
            place,
            found,
            address=_board(request, region_code),
            policy=policy,
            telephone=_telephone(session, region_code),
            large=paper == "a3",
        )
        return _pdf(sheet, f"notice-{region_code}")


@router.get("/board/{region_code}/poster.pdf")
def poster(request: Request, session: ReadSession, region_code: str) -> Response:
    """The code of the village's page, for the wall."""
    place = full_name(session, get_region(session, region_code).code)
    with use_language("zh_CN"):
        return _pdf(board_papers.poster(place, _board(request, region_code)), f"poster-{region_code}")


def _telephone(session: Session, region_code: str) -> str:
    society = society_of(session, region_code)
    return society.telephone if society else ""


def _board(request: Request, region_code: str) -> str:
    return f"{str(request.base_url).rstrip('/')}/board/{region_code}"


@router.get("/funds/{region_code}/account.pdf")
def open_account(
    session: ReadSession,
    actor: CurrentActor,
    region_code: str,
    first: Annotated[date | None, Query()] = None,
    last: Annotated[date | None, Query()] = None,
) -> Response:
    """收支公开表 of some days, by default of this month, for the wall: nobody who was helped is named."""
    fund = get_fund(session, actor, region_code)
    end = last or china_day(now())
    begin = first or end.replace(day=1)
    with use_language("zh_CN"):
        lines = [
            (f"{line.entry.occurred_on}", _side(line.other_side), _yuan(line.amount_fen, "+"), _yuan(line.balance_fen))
            for line in statement(session, fund, begin, end)
        ]
        before, at_end = balance_on(session, fund, begin - timedelta(days=1)), balance_on(session, fund, end)
        paper = society_papers.open_account(
            full_name(session, region_code), (begin, end), lines, _yuan(before), _yuan(at_end), _foot(actor)
        )
        return _pdf(paper, f"account-{region_code}")


def _side(account: str) -> str:
    kind, _colon, what = account.partition(":")
    return label("fund_source" if kind == "source" else "payment_way", what)


def _yuan(fen: int, sign: str = "") -> str:
    return format(fen / 100, f"{sign},.2f")


@router.get("/referrals/{referral_id}/slip.pdf")
def slip(session: WriteSession, actor: CurrentActor, referral_id: PathId) -> Response:
    with use_language("zh_CN"):
        facts = _referral_facts(session, actor, referral_id)
        return _pdf(service_papers.slip(facts, _foot(actor)), f"{facts.number}-slip")


@router.get("/referrals/{referral_id}/services.pdf")
def services(session: WriteSession, actor: CurrentActor, referral_id: PathId) -> Response:
    with use_language("zh_CN"):
        facts = _referral_facts(session, actor, referral_id)
        referral = referral_queries.get_referral(session, actor, referral_id)
        visits = [row for row in reversed(visits_of(session, referral)) if row[0].in_error_at is None]
        people = {
            each: masked(session.get_one(Resident, each), china_day(now())).name for row in visits for each in row[1]
        }
        # The person in full where the head of the paper names them in full too.
        subject = referral_queries.get_row(session, actor, referral_id)[3]
        people[subject.pk] = facts.person[0].value or ""
        rows = [(visit, [people[each] for each in served]) for visit, served in visits]
        return _pdf(service_papers.service_record(facts, rows, _foot(actor)), f"{facts.number}-services")


def _referral_facts(session: Session, actor: Actor, referral_id: int) -> ReferralFacts:
    """The facts of a referral. Its person in full only while it is served, whoever prints, since the paper goes to
    the charity; then the reading is audited. Raises NotPermitted for whoever may not read what people said."""
    require(actor, Action.read_need_texts)
    row = referral_queries.get_row(session, actor, referral_id)
    referral, need, case, resident, project, organization = row
    sender = get_user(session, referral.sent_by)
    wishes = [label("wished_time", each) for each in need.wished_times]
    wishes += [label("constraint", each) for each in need.constraints]
    visits = [each for each, _served in visits_of(session, referral) if each.in_error_at is None]
    answered = {ReferralState.rejected: "rejected", ReferralState.waitlisted: "waitlisted"}.get(referral.state)
    if answered is None and referral.state not in referral_queries.MINIMUM_ONLY:
        answered = "accepted"
    return ReferralFacts(
        number=referral.number,
        sent_on=china_day(referral.requested_at),
        urgency=label("urgency", need.urgency),
        sender=f"{full_name(session, case.region_code)}救急难互助社",
        sender_name=sender.display_name,
        organization=organization.name,
        project=project.name,
        person=_person(session, actor, referral, resident),
        category=label("service_type", need.category),
        text=need.text,
        wishes="、".join(wishes) or None,
        why="；".join(reasons_for_paper(session, referral)) or None,
        note=referral.note or None,
        consent=f"同意书编号 {referral.consent_id}" if referral.consent_id else "紧急转介，事后复核",
        answer_due=referral.answer_due_at,
        answered=answered,
        rejection=referral.rejection_reason,
        outcome=referral.outcome,
        ended_on=china_day(referral.ended_at) if referral.ended_at else None,
        visits=len(visits) if visits else None,
    )


def _person(session: Session, actor: Actor, referral: Referral, resident: Resident) -> list[Field]:
    shown, place = masked(resident, china_day(now())), full_name(session, resident.region_code)
    sex = label("sex_word", shown.sex)
    if referral.state in referral_queries.MINIMUM_ONLY:
        band = f"{sex} {age_band(shown.age)}"
        return [Field("服务对象", shown.name), Field("性别、年龄段", band), Field("所在村", place, 2)]
    if actor.organization_id is not None:
        told = referral_service.reveal(session, actor, referral)
    else:
        told = reveal(session, actor, resident, purpose="print")
    return [
        Field("服务对象", told.name),
        Field("性别、年龄", f"{sex} {shown.age or ''}"),
        Field("联系电话", told.phone),
        Field("监护人", " ".join(each for each in (told.guardian_name, told.guardian_phone) if each) or None),
        Field("住址", f"{place}{told.address or ''}", 2),
    ]


@router.get("/summaries/editions/{summary_id}/sheet.pdf")
def summary_sheet(session: ReadSession, actor: CurrentActor, summary_id: PathId) -> Response:
    summary = summaries.get_summary(session, actor, summary_id)
    people = names_of(session, (summary.prepared_by, summary.signed_by, summary.answered_by))
    with use_language("zh_CN"):
        place = full_name(session, summary.region_code)
        sheet = summaries.sheet_of(summary)
        rule = _summary_rule(session, summary)
        paper = monthly_summary(place, summary, sheet, SECTIONS, people, rule, _foot(actor))
        return _pdf(paper, f"summary-{summary.region_code}-{summary.month}-{summary.edition}")


def _summary_rule(session: Session, summary: MonthlySummary) -> str:
    try:
        policy = policy_for(session, Scheme.society_relief, summary.region_code, summary.first_day)
    except NoPolicy:
        return ""
    return f"{policy.title}（{policy.citation}）"


def _foot(actor: Actor) -> str:
    return f"{actor.display_name} {datetime.now(CHINA):%Y-%m-%d %H:%M} 打印"


def _pdf(document: Document, name: str) -> Response:
    """Shown in the browser, kept nowhere."""
    headers = {"content-disposition": f'inline; filename="{name}.pdf"', "cache-control": "no-store"}
    return Response(to_pdf(document), media_type="application/pdf", headers=headers)
